import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { readPlain } from './whole.ts'

/** Bytes that read on from the ones before them in their file: a sample in the wire's delta form, an event as text. */
export interface Entry {
  readonly seq: number
  readonly bytes: Uint8Array
}

/** A file of entries, as it was found. */
export interface Found {
  readonly file: number
  readonly boot: string
  readonly count: number
  readonly lastSeq: number
}

/**
 * Files that only grow, in one folder, named by rising numbers. Every function throws what the disk says, and what was written before
 * stays as it was: an entry is there as a whole, or not at all.
 *
 *   "fairlead <what> 1 <boot>\n", then each entry: u32 length of its bytes, u32 CRC-32 of all that follows, f64 sequence number, bytes
 */
export interface Segments {
  /** Oldest first. What a crash left half written is cut off; a file without a beginning goes. */
  open(): Found[]
  /** A new file at its first entry. */
  append(file: number, boot: string, entry: Entry): void
  /** The bytes of its entries, in order. */
  read(file: number): Uint8Array[]
  drop(file: number): void
  /** What all files take of the disk, in whole blocks. */
  bytes(): number
}

/** Its module is loaded when there is something to check, not with the agent. */
const crc32 = (bytes: Uint8Array): number => process.getBuiltinModule('node:zlib').crc32(bytes)

const namePattern = /^([1-9]\d{0,14})\.ring$/
const headPattern = /^fairlead ([a-z]+) 1 ([!-~]{1,64})\n/
const entryHead = 16
const block = 4096
/** Beyond it no entry was ours. */
const mostEntryBytes = 2 ** 20

/** `what`: a file of something else is none. */
export function createSegments(folder: string, what: 'metrics' | 'events'): Segments {
  /** How long each file is up to the end of its last whole entry. */
  const lengths = new Map<number, number>()
  // One for all: buffers are not part of the heap, and garbage of them is noticed late.
  let scratch = Buffer.alloc(block)

  function frame(head: string, { seq, bytes }: Entry): Buffer {
    const end = head.length + entryHead + bytes.length
    if (scratch.length < end) scratch = Buffer.alloc(Math.ceil(end / block) * block)
    scratch.write(head, 'latin1')
    const framed = scratch.subarray(head.length, end)
    framed.writeUInt32LE(bytes.length, 0)
    framed.writeDoubleLE(seq, 8)
    framed.set(bytes, entryHead)
    framed.writeUInt32LE(crc32(framed.subarray(8)), 4)
    return scratch.subarray(0, end)
  }

  const path = (file: number) => join(folder, `${file}.ring`)
  return {
    open() {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      lengths.clear()
      const files = readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
        const number = entry.isFile() ? namePattern.exec(entry.name)?.[1] : undefined
        return number === undefined ? [] : [Number(number)]
      })
      return files
        .sort((a, b) => a - b)
        .flatMap((file) => {
          const { boot, entries, length } = parse(readPlain(path(file)), what)
          const last = entries.at(-1)
          if (last === undefined) {
            rmSync(path(file), { force: true })
            return []
          }
          lengths.set(file, length)
          return { file, boot, count: entries.length, lastSeq: last.seq }
        })
    },
    append(file, boot, entry) {
      const good = lengths.get(file) ?? 0
      const bytes = frame(good === 0 ? `fairlead ${what} 1 ${boot}\n` : '', entry)
      const handle = openIn(folder, path(file))
      try {
        // A disk that was full took a part of the entry before this one.
        if (fstatSync(handle).size > good) ftruncateSync(handle, good)
        for (let at = 0; at < bytes.length;) at += writeSync(handle, bytes, at)
      } finally {
        closeSync(handle)
      }
      lengths.set(file, good + bytes.length)
    },
    read: (file) => parse(readPlain(path(file)), what).entries.map(({ bytes }) => bytes),
    drop(file) {
      rmSync(path(file), { force: true })
      lengths.delete(file)
    },
    bytes: () => lengths.values().reduce((sum, length) => sum + Math.ceil(length / block) * block, block),
  }
}

/** Folders are there, but for what somebody removed: nothing is asked of them before. */
function openIn(folder: string, file: string): number {
  try {
    return openSync(file, 'a', 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    return openSync(file, 'a', 0o600)
  }
}

/** Whole entries up to the first that is none. */
function parse(file: Buffer, what: string): { boot: string; entries: Entry[]; length: number } {
  const head = headPattern.exec(file.toString('latin1', 0, 128))
  const entries: Entry[] = []
  let at = head?.[1] === what ? head[0].length : file.length
  while (file.length - at >= entryHead) {
    const length = file.readUInt32LE(at)
    const end = at + entryHead + length
    if (length > mostEntryBytes || end > file.length || crc32(file.subarray(at + 8, end)) !== file.readUInt32LE(at + 4)) break
    entries.push({ seq: file.readDoubleLE(at + 8), bytes: file.subarray(at + entryHead, end) })
    at = end
  }
  return { boot: head?.[2] ?? '', entries, length: at }
}
