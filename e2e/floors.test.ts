import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { describe, it } from 'node:test'

const root = join(import.meta.dirname, '..')
const sources: string[] = []
for await (const file of glob('{protocol,agent,hub,ui,e2e}/**/*.{ts,tsx}', {
  cwd: root,
  exclude: (path) => /node_modules|dist/.test(path),
}))
  sources.push(file)

interface Import {
  readonly from: string
  readonly to: string
  readonly typeOnly: boolean
  /** Asked for by code that runs. */
  readonly late: boolean
}

describe('floors', () => {
  it('hub, agent and ui never import one another, and protocol imports none of them', () => {
    const crossing = imports(production()).filter(({ from, to }) => {
      const [here, there] = [owner(from), owner(to)]
      return there !== undefined && here !== there && here !== 'e2e' && there !== 'protocol'
    })
    assert.deepEqual(crossing, [])
  })

  it('nothing but a test imports e2e', () => {
    assert.deepEqual(
      imports(production()).filter(({ from, to }) => owner(from) !== 'e2e' && owner(to) === 'e2e'),
      [],
    )
  })

  it('protocol has no node: import at run time and opens no socket', () => {
    const bad = imports(production()).filter(({ from, to, typeOnly }) => owner(from) === 'protocol' && /^(node:|ws$)/.test(to) && !typeOnly)
    assert.deepEqual(bad, [])
  })

  it('the console takes only types from contracts: no schema library and no msgpack in the browser', () => {
    const bad = imports(production()).filter(
      ({ from, to, typeOnly }) =>
        owner(from) === 'ui' && !typeOnly && (/^(zod|msgpackr)/.test(to) || /^protocol\/src\/(features|api)/.test(to)),
    )
    assert.deepEqual(bad, [])
  })

  it('imports go down inside protocol: wire knows no feature', () => {
    const bad = imports(production()).filter(
      ({ from, to, typeOnly }) => /^protocol\/src\/(wire|noise)\//.test(from) && to.startsWith('protocol/src/features/') && !typeOnly,
    )
    assert.deepEqual(bad, [])
  })

  it('imports go down inside hub, agent and console: the ground knows no feature, and no feature the tables of contents', () => {
    const bad = imports(production()).filter(({ from, to, typeOnly }) => {
      if (owner(from) !== owner(to) || typeOnly) return false
      return storey(to) > storey(from)
    })
    assert.deepEqual(bad, [])
  })

  it('nothing that is loaded waits for itself, over however many files', () => {
    const files = production()
    const loaded = imports(files).filter(({ typeOnly, late }) => !typeOnly && !late)
    const to = Map.groupBy(loaded, ({ from }) => from)
    const reaches = (from: string, seen = new Set<string>()): Set<string> => {
      for (const next of to.get(from) ?? []) if (!seen.has(next.to)) reaches(next.to, seen.add(next.to))
      return seen
    }
    assert.deepEqual(
      files.filter((file) => reaches(file).has(file)),
      [],
    )
  })

  it('a feature of the hub or the agent imports another one only by its face', () => {
    const bad = imports(production()).filter(({ from, to, typeOnly }) => {
      const [here, there] = [feature(from), feature(to)]
      if (here === undefined || there === undefined || here.path === there.path || typeOnly) return false
      return !to.endsWith(`/${there.name}.ts`) && !to.endsWith('/tables.ts')
    })
    assert.deepEqual(bad, [])
  })
})

/** A test may reach for anything; what ships may not. */
function production(): string[] {
  return sources.filter((file) => !/\.test\.tsx?$/.test(file) && !/(^|\/)test(-|\/|db)/.test(file))
}

function imports(files: readonly string[]): Import[] {
  return files.flatMap((from) => {
    const text = readFileSync(join(root, from), 'utf8')
    return [...text.matchAll(/^\s*(?:import|export)\s+(type\s+)?[^'"`;]*?from\s+'([^']+)'|\bimport\('([^']+)'\)/gm)].map((match) => ({
      from,
      to: resolve(from, match[2] ?? match[3] ?? ''),
      typeOnly: match[1] !== undefined,
      late: match[3] !== undefined,
    }))
  })
}

function resolve(from: string, to: string): string {
  if (to.startsWith('.')) return normalize(join(dirname(from), to))
  return to.replace(/^@fairlead\/(\w+)\//, '$1/src/')
}

function owner(path: string): string | undefined {
  return /^(protocol|agent|hub|ui|e2e)\//.exec(path)?.[1]
}

const ground = new Set(['base', 'fleet', 'docker', 'proxmox', 'kit', 'shell', 'api', 'i18n'])

/** The floor of a file of hub, agent or console, as in ARCHITECTURE.md; all else is below them. */
function storey(path: string): number {
  if (
    /^(hub\/src\/(hub|main|people|serving|commands\/.*)|agent\/src\/(run|rights|enrol|main|cli\/.*)|ui\/src\/(app|main)|ui\/src\/gallery\/.*)\.tsx?$/.test(
      path,
    )
  )
    return 4
  const folder = /^(?:hub|agent|ui)\/src\/([a-z0-9-]+)\//.exec(path)?.[1]
  return folder === undefined || ground.has(folder) ? 2 : 3
}

function feature(path: string): { path: string; name: string } | undefined {
  const match = /^(hub|agent)\/src\/([a-z-]+)\//.exec(path)
  return match && match[2] !== 'commands' && match[2] !== 'cli' && !ground.has(match[2]!)
    ? { path: `${match[1]}/${match[2]}`, name: match[2]! }
    : undefined
}
