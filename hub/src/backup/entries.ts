import { createHash } from 'node:crypto'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Migration } from '../base/migrate.ts'

// Inside a backup, before it is packed and sealed: entries `length (4) | head, JSON | pieces, each length (4) | bytes, ended by an empty one`,
// the last of which says how many there were and their digest.

export interface Manifest {
  readonly kind: 'manifest'
  readonly madeMs: number
  readonly hub: string
  readonly migrations: readonly Migration[]
  /** The key encryption key of its secrets: fingerprint and salt, hex. Null: a hub that never started. */
  readonly kek: { readonly id: string; readonly salt: string | null } | null
  /** Made by the hub while it runs, not by a migration. */
  readonly partitions: readonly Partition[]
  /** What the hub was told by its environment; no secrets. */
  readonly settings: Readonly<Record<string, string>>
}

export interface Partition {
  readonly parent: string
  readonly name: string
  readonly lower: string
  readonly upper: string
}

type EntryHead =
  | Manifest
  | { readonly kind: 'table'; readonly name: string; readonly columns: readonly string[] }
  /** Below the data folder; `kek` is the key itself, where it was asked for. */
  | { readonly kind: 'file'; readonly path: string; readonly mode: number }
  | { readonly kind: 'end'; readonly entries: number; readonly sha256: string }

export interface Entry {
  readonly head: EntryHead
  /** To be read before the next entry; what is left of it is read over. */
  readonly bytes: AsyncIterable<Buffer>
}

export interface Source {
  readonly head: Exclude<EntryHead, { readonly kind: 'end' }>
  readonly bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}

const mostHeadBytes = 4 * 2 ** 20
const mostPieceBytes = 16 * 2 ** 20

export async function* writeEntries(sources: AsyncIterable<Source>): AsyncGenerator<Buffer> {
  const digest = createHash('sha256')
  let entries = 0
  const say = (bytes: Uint8Array) => {
    digest.update(bytes)
    return bytes as Buffer
  }
  for await (const { head, bytes } of sources) {
    entries++
    yield say(lengthAnd(Buffer.from(JSON.stringify(head))))
    for await (const part of bytes) if (part.length > 0) yield say(lengthAnd(part))
    yield say(Buffer.alloc(4))
  }
  const end: EntryHead = { kind: 'end', entries, sha256: digest.digest('hex') }
  yield Buffer.concat([lengthAnd(Buffer.from(JSON.stringify(end))), Buffer.alloc(4)])
}

function lengthAnd(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

const wrong = (what: string) => new FairleadError('invalid_input', `The backup cannot be read: ${what}. Nothing was changed.`)

/** Throws `invalid_input` unless it ends with the entry that counts all others. */
export async function* readEntries(plain: AsyncIterable<Buffer>): AsyncGenerator<Entry> {
  const digest = createHash('sha256')
  const iterator = plain[Symbol.asyncIterator]()
  let held: Buffer = Buffer.alloc(0)
  async function exactly(length: number): Promise<Buffer> {
    const parts = [held]
    for (let have = held.length; have < length;) {
      const next = await iterator.next()
      if (next.done === true) throw wrong('it has no end')
      parts.push(next.value)
      have += next.value.length
    }
    const all = parts.length === 1 ? held : Buffer.concat(parts)
    held = all.subarray(length)
    return all.subarray(0, length)
  }
  async function piece(most: number): Promise<Buffer> {
    const length = await exactly(4)
    const size = length.readUInt32BE()
    if (size > most) throw wrong('a part of it is too long')
    const bytes = await exactly(size)
    return Buffer.concat([length, bytes])
  }
  async function* pieces(): AsyncGenerator<Buffer> {
    for (;;) {
      const bytes = await piece(mostPieceBytes)
      digest.update(bytes)
      if (bytes.length === 4) return
      yield bytes.subarray(4)
    }
  }
  for (let entries = 0; ; entries++) {
    const said = await piece(mostHeadBytes)
    const head = JSON.parse(said.subarray(4).toString('utf8')) as EntryHead
    if (head.kind === 'end') {
      if (head.entries !== entries || head.sha256 !== digest.digest('hex')) throw wrong('its parts are not those that were written')
      // Its last piece was checked only when the file is over.
      if ((await exactly(4)).readUInt32BE() !== 0 || held.length > 0 || (await iterator.next()).done !== true)
        throw wrong('something follows its end')
      return
    }
    digest.update(said)
    const bytes = pieces()
    yield { head, bytes: keepOpen(bytes) }
    for await (const _rest of bytes);
  }
}

/** Whoever leaves an entry early ends the reading of it, not the file. */
function keepOpen(bytes: AsyncGenerator<Buffer>): AsyncIterable<Buffer> {
  return { [Symbol.asyncIterator]: () => ({ next: () => bytes.next() }) }
}
