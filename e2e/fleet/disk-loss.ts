import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DiskOp } from './disk-trace.ts'

/** What is on a disk after its power failed: content by path; undefined: a folder. */
export type Left = ReadonlyMap<string, Buffer | undefined>

/** A state in which a disk may be left, and how many of the operations had been asked for by then. */
export interface Loss {
  readonly after: number
  readonly left: Left
}

/** A write, or whatever else changes what a file holds. */
type Change = (content: Buffer) => Buffer

interface Node {
  readonly folder: boolean
  /** What is surely there. */
  durable: Buffer
  /** Asked for since, each of which may be there or not. */
  pending: { readonly whole: Change; readonly torn: Change }[]
}

/** A change of names in one folder; whole or not at all. */
type Naming = readonly (readonly [path: string, node: Node | undefined])[]

/**
 * A disk that keeps nothing but what was synced: the content of a file by a sync of the file, a name by a sync of its folder. Of all else
 * each part may be there, be missing or be torn, in any order. No real file system is that bad; who survives it survives them.
 */
export function lose(ops: readonly DiskOp[], root: string, begin: Left): Loss[] {
  const names = new Map<string, Node>()
  for (const [path, content] of begin) names.set(path, { folder: content === undefined, durable: content ?? Buffer.alloc(0), pending: [] })
  const live = new Map(names)
  const namings = new Map<string, Naming[]>()
  const found = new Map<string, Loss>()
  const keep = (after: number) => {
    for (const left of leftOf(names, namings, root)) {
      // The last time counts: by then most was promised.
      found.set(idOf(left), { after, left })
    }
  }
  keep(0)
  for (const [at, op] of ops.entries()) {
    apply(op, { names, live, namings })
    keep(at + 1)
  }
  return [...found.values()]
}

interface Disk {
  /** By what is surely there. */
  readonly names: Map<string, Node>
  /** As programs see them. */
  readonly live: Map<string, Node>
  readonly namings: Map<string, Naming[]>
}

function apply(op: DiskOp, { names, live, namings }: Disk): void {
  const name = (path: string, naming: Naming) => {
    for (const [of, node] of naming)
      if (node === undefined) live.delete(of)
      else live.set(of, node)
    const folder = dirname(path)
    namings.set(folder, [...(namings.get(folder) ?? []), naming])
  }
  const change = (whole: Change, torn: Change = whole) => live.get(op.path)?.pending.push({ whole, torn })
  switch (op.kind) {
    case 'open':
      if (!live.has(op.path)) name(op.path, [[op.path, { folder: false, durable: Buffer.alloc(0), pending: [] }]])
      else if (op.empties) change(() => Buffer.alloc(0))
      return
    case 'folder':
      return name(op.path, [[op.path, { folder: true, durable: Buffer.alloc(0), pending: [] }]])
    case 'write':
      return void change(writing(op.at, op.bytes), writing(op.at, op.bytes.subarray(0, op.bytes.length >> 1), op.bytes.length))
    case 'copy': {
      const source = live.get(op.from)
      const bytes = (source === undefined ? readFileSync(op.from) : contentOf(source)).subarray(op.at, op.at + op.bytes)
      return void change(writing(undefined, bytes), writing(undefined, bytes.subarray(0, bytes.length >> 1), bytes.length))
    }
    case 'resize':
      return void change((content) => Buffer.concat([content, Buffer.alloc(Math.max(0, op.bytes - content.length))]).subarray(0, op.bytes))
    case 'rename': {
      const node = live.get(op.path)
      if (node === undefined || dirname(op.path) !== dirname(op.to)) throw new Error(`${op.path} to ${op.to} is not replayed yet`)
      return name(op.path, [
        [op.path, undefined],
        [op.to, node],
      ])
    }
    case 'remove':
      return name(op.path, [[op.path, undefined]])
    case 'sync': {
      const node = live.get(op.path)
      if (node !== undefined) Object.assign(node, { durable: contentOf(node), pending: [] })
      for (const naming of namings.get(op.path) ?? []) rename(names, naming)
      namings.delete(op.path)
    }
  }
}

/** `length`: what the file says that it has, though not all came: the rest is zeros. */
const writing =
  (at: number | undefined, bytes: Buffer, length = bytes.length): Change =>
  (content) => {
    const from = at ?? content.length
    const whole = Buffer.alloc(Math.max(content.length, from + length))
    content.copy(whole)
    bytes.copy(whole, from)
    return whole
  }

const contentOf = ({ durable, pending }: Node) => pending.reduce((content, { whole }) => whole(content), durable)

function rename(names: Map<string, Node>, naming: Naming): void {
  for (const [path, node] of naming)
    if (node === undefined) names.delete(path)
    else names.set(path, node)
}

/** All that may be left now. */
function* leftOf(names: ReadonlyMap<string, Node>, namings: ReadonlyMap<string, readonly Naming[]>, root: string): Generator<Left> {
  for (const some of partsOf([...namings.values()].flat())) {
    const named = new Map(names)
    for (const naming of some) rename(named, naming)
    let all: Map<string, Buffer | undefined>[] = [new Map()]
    for (const [path, node] of named) {
      // What was in a folder that is not there is not there.
      if (path !== root && named.get(dirname(path)) === undefined) continue
      const contents = node.folder ? [undefined] : contentsLeft(node)
      all = all.flatMap((left) => contents.map((content) => new Map(left).set(path, content)))
    }
    yield* all
  }
}

function contentsLeft({ durable, pending }: Node): Buffer[] {
  const changed = (changes: readonly Change[]) => changes.reduce((content, change) => change(content), durable)
  const torn = pending.map((one) => changed(pending.map((other) => (other === one ? other.torn : other.whole))))
  return [...partsOf(pending).map((some) => changed(some.map(({ whole }) => whole))), ...torn]
}

const mostAtOnce = 5

/** Those that made it to the disk: every choice of a few; of more than those the first ones, each alone, and all but each. */
function partsOf<T>(all: readonly T[]): T[][] {
  if (all.length <= mostAtOnce) return Array.from({ length: 2 ** all.length }, (_, bits) => all.filter((_one, at) => (bits >> at) & 1))
  const first = Array.from({ length: all.length + 1 }, (_, count) => all.slice(0, count))
  return [...first, ...all.map((one) => [one]), ...all.map((one) => all.filter((other) => other !== one))]
}

function idOf(left: Left): string {
  const hash = createHash('sha256')
  for (const [path, content] of [...left].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(`${path}\0`).update(content === undefined ? '' : hashOf(content))
  return hash.digest('hex')
}

const hashes = new WeakMap<Buffer, string>()

/** Most files are the same ones in most states. */
function hashOf(content: Buffer): string {
  const known = hashes.get(content) ?? createHash('sha256').update(content).digest('hex')
  hashes.set(content, known)
  return known
}
