import { isUtf8 } from 'node:buffer'
import { lstat, opendir, readlink, type BigIntStats, type Dir } from 'node:fs'
import { promisify } from 'node:util'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { FileEntry, FileKind, FolderPage } from '@fairlead/protocol/features/files.ts'
import { refusalOf, type Place } from './beneath.ts'
import type { Owners } from './owners.ts'

const factsOf = promisify(lstat) as (path: Buffer, options: { bigint: true }) => Promise<BigIntStats>
const targetOf = promisify(readlink) as (path: Buffer) => Promise<string>
const openedDir = promisify(opendir) as unknown as (path: string, options: { encoding: 'buffer' }) => Promise<Dir>

interface Name {
  readonly bytes: Buffer
  readonly text: string
  readonly folder: boolean
}

interface Wanted {
  readonly from: number
  readonly limit: number
  /** What is read of the folder. */
  readonly most: number
  readonly owners: Owners
  readonly signal: AbortSignal
}

const mostTargetChars = 512
const mostMs = 8.64e15

/** What is in a folder, a page of it. What goes while it is looked at is left out. */
export async function listFolder(folder: Place, { from, limit, most, owners, signal }: Wanted): Promise<Omit<FolderPage, 'path' | 'root'>> {
  if (!folder.facts.isDirectory()) throw new FairleadError('invalid_input', 'This is no folder; ask for its content.')
  const { names, cut } = await namesIn(folder, most, signal)
  names.sort((a, b) => Number(b.folder) - Number(a.folder) || (a.text < b.text ? -1 : 1))
  const entries: FileEntry[] = []
  for (const { bytes, text } of names.slice(from, from + limit)) {
    if (signal.aborted) throw new FairleadError('canceled', 'It was left.')
    const path = Buffer.concat([Buffer.from(`${folder.link}/`), bytes])
    const facts = await factsOf(path, { bigint: true }).catch(ifThere)
    if (facts === undefined) continue
    const pointsTo = facts.isSymbolicLink() ? ((await targetOf(path).catch(ifThere)) ?? '') : ''
    const unnamed = !isUtf8(bytes)
    const entry = entryOf(text, facts, owners)
    const kind = entry.kind === 'folder' && facts.dev !== folder.facts.dev ? 'mount' : entry.kind
    entries.push({ ...entry, kind, pointsTo: pointsTo.slice(0, mostTargetChars), unnamed })
  }
  return { entries, next: from + limit < names.length ? from + limit : null, total: names.length, cut }
}

export function entryOf(name: string, facts: BigIntStats, owners: Owners): FileEntry {
  return {
    name,
    kind: kindOf(facts),
    // A file with nothing in it may say more than a number can, and would hide its folder.
    sizeBytes: Math.min(Number.MAX_SAFE_INTEGER, Number(facts.size)),
    changedMs: Math.min(mostMs, Math.max(-mostMs, Number(facts.mtimeMs))),
    owner: owners.user(facts.uid),
    group: owners.group(facts.gid),
    mode: Number(facts.mode & 0o7777n),
    pointsTo: '',
    unnamed: false,
  }
}

function kindOf(facts: BigIntStats): FileKind {
  if (facts.isFile()) return 'file'
  if (facts.isDirectory()) return 'folder'
  if (facts.isSymbolicLink()) return 'link'
  if (facts.isSocket()) return 'socket'
  if (facts.isFIFO()) return 'pipe'
  return facts.isBlockDevice() || facts.isCharacterDevice() ? 'device' : 'other'
}

async function namesIn({ link }: Place, most: number, signal: AbortSignal): Promise<{ readonly names: Name[]; readonly cut: boolean }> {
  const names: Name[] = []
  const dir = await openedDir(link, { encoding: 'buffer' }).catch((error: unknown) => {
    throw refusalOf(error)
  })
  try {
    for (;;) {
      const one = await dir.read()
      if (one === null) return { names, cut: false }
      if (names.length === most) return { names, cut: true }
      if (signal.aborted) throw new FairleadError('canceled', 'It was left.')
      const bytes = one.name as unknown as Buffer
      names.push({ bytes, text: bytes.toString(), folder: one.isDirectory() })
    }
  } finally {
    await dir.close()
  }
}

function ifThere(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw refusalOf(error)
}
