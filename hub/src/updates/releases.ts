import { lstat, readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { blockBytes, Manifest, mostBlocks, targets, type Target } from '@fairlead/protocol/features/updates.ts'
import type { Release } from '@fairlead/protocol/features/updates-api.ts'
import { digestFile, openFile, type Digests } from './blocks.ts'

/** A release on this hub's disk. Hosts believe its signature; the hub only looks whether it is whole. */
export interface HeldRelease extends Release {
  readonly dir: string
  readonly manifest: string
  readonly signature: string
}

export interface ReleaseFile extends Digests {
  readonly path: string
}

export interface Releases {
  /** What is there now, the newest first; what is in a folder and cannot be offered says why. */
  list(): Promise<readonly HeldRelease[]>
  /** undefined: it has none of that name. Throws when it is not what the manifest says any more. */
  file(release: HeldRelease, target: Target): Promise<ReleaseFile | undefined>
}

const mostManifest = 8192
const mostSignature = 2048
const mostFolders = 64
const mostBytes = mostBlocks * blockBytes

/** `own`: what this hub's own tree built. `dir`: a folder of folders. Looked at whenever asked: what is copied in is there. */
export function openReleases({ own, dir }: { readonly own: string; readonly dir: string }): Releases {
  const digests = createDigests()

  async function read(folder: string): Promise<HeldRelease | undefined> {
    const path = join(folder, 'manifest.json')
    const manifest = await readText(path, mostManifest)
    const base = { folder: basename(folder), dir: folder, manifest: manifest ?? '' }
    if (manifest === undefined) {
      const there = await lstat(path).catch(() => undefined)
      if (there === undefined) return undefined
      return { ...base, ...unknown, problem: `manifest.json is no readable file of at most ${mostManifest} characters.` }
    }
    const said = readManifest(manifest)
    if (said === undefined) return { ...base, ...unknown, problem: 'manifest.json is not what a release says of itself.' }
    const { version, counter, issuedMs, expiresMs } = said
    const files = Object.entries(said.files).map(([name, { bytes }]) => ({ name, bytes }))
    const release = { ...base, version, counter, issuedMs, expiresMs, files }
    const signature = await readText(join(folder, 'manifest.json.minisig'), mostSignature)
    if (signature === undefined)
      return {
        ...release,
        signature: '',
        problem: 'It is not signed: there is no manifest.json.minisig beside it, and hosts take nothing else.',
      }
    for (const name of targets) {
      const problem = await faultOf(folder, name, said.files[name])
      if (problem !== '') return { ...release, signature, problem }
    }
    return { ...release, signature, problem: '' }
  }

  async function faultOf(folder: string, name: Target, said: Manifest['files'][string] | undefined): Promise<string> {
    if (said === undefined) return ''
    const found = await digests(join(folder, name)).catch(() => undefined)
    if (found === undefined) return `${name} is not there.`
    if (found.bytes !== said.bytes) return `${name} has ${found.bytes} bytes, and its manifest says ${said.bytes}.`
    return found.sha256 === said.sha256 ? '' : `${name} is another file than the one its manifest says.`
  }

  return {
    async list() {
      const held: HeldRelease[] = []
      for (const folder of [own, ...(await foldersIn(dir))]) {
        const release = await read(folder)
        // The same one twice is one.
        if (release !== undefined && !held.some(({ manifest, problem }) => manifest === release.manifest && problem === ''))
          held.push(release)
      }
      return withoutTwins(held.sort((a, b) => b.counter - a.counter))
    },
    async file({ dir: folder, manifest }, target) {
      const said = readManifest(manifest)?.files[target]
      if (said === undefined) return undefined
      const problem = await faultOf(folder, target, said)
      if (problem !== '') throw new Error(problem)
      const path = join(folder, target)
      return { path, ...(await digests(path)) }
    },
  }
}

/** A wave and a host know a release by its counter: of two that have the same one, the first that is whole is offered. */
function withoutTwins(held: readonly HeldRelease[]): readonly HeldRelease[] {
  const offered = new Map<number, HeldRelease>()
  return held.map((release) => {
    if (release.problem !== '') return release
    const first = offered.get(release.counter)
    if (first === undefined) {
      offered.set(release.counter, release)
      return release
    }
    return {
      ...release,
      problem: `It has the counter of ${first.version} (${release.counter}), which is offered. Each release needs a counter of its own.`,
    }
  })
}

const unknown = { version: '0.0.0', counter: 0, issuedMs: 0, expiresMs: 0, files: [], signature: '' }

/** Once for each file, as long as it stays the one that it was. */
function createDigests(): (path: string) => Promise<Digests> {
  const known = new Map<string, { readonly mark: string; readonly digests: Promise<Digests> }>()
  return async (path) => {
    const file = await openFile(path)
    try {
      const { size, mtimeMs, ino, dev } = await file.stat()
      const mark = [size, mtimeMs, ino, dev].join()
      const before = known.get(path)
      if (before?.mark === mark) return await before.digests
      const digests = digestFile(file, mostBytes)
      known.set(path, { mark, digests })
      digests.catch(() => known.delete(path))
      return await digests
    } finally {
      await file.close()
    }
  }
}

async function foldersIn(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(dir, name))
    .sort()
    .slice(0, mostFolders)
}

/** undefined: it is not there, or no such small file. */
async function readText(path: string, mostChars: number): Promise<string | undefined> {
  const found = await lstat(path).catch(() => undefined)
  if (found?.isFile() !== true || found.size > mostChars * 4) return undefined
  const text = await readFile(path, 'utf8').catch(() => undefined)
  return text === undefined || text.length > mostChars ? undefined : text
}

function readManifest(text: string): Manifest | undefined {
  try {
    return Manifest.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
