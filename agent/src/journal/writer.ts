import { close, fdatasync, fstat, ftruncate, open, rmSync, truncateSync, write } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { syncFolder } from '../whole.ts'
import type { Counts, Entry, Fresh } from './entry.ts'
import { listSegments, makeFolder, readSegment, segmentName, setAside } from './files.ts'
import { genesis, lineOf } from './segment.ts'

/** Not `node:fs/promises`: with what it brings it is three megabytes of each agent. */
const disk = {
  open: promisify(open),
  stat: promisify(fstat),
  truncate: promisify(ftruncate),
  write: promisify(write),
  sync: promisify(fdatasync),
  close: promisify(close),
}

export const journalLimits = {
  segmentBytes: 1024 * 1024,
  /** 16 MiB in all. */
  segments: 16,
} as const

/** Where the chain stands. */
interface State {
  chain: string
  hash: string
  seq: number
  counts: Counts
  /** Of the file that is written; '' before the first line of one. */
  segment: string
  bytes: number
}

/** Appends lines and forces them to the disk. One at a time: whoever calls waits for its end. */
export interface Writer {
  readonly chain: string
  readonly counts: Counts
  /** A chain of another name from the next line on, once a start: what somebody heard of this one is not what is here. False: not again. */
  renew(): boolean
  /** Answers the first one's `seq`. Throws what the disk says, and nothing of them is there. */
  append(news: readonly Fresh[]): Promise<number>
}

/** A torn end is cut off; a file that was changed is set aside, and the chain goes on from the last line that holds. */
export function openWriter(
  folder: string,
  onChanged: (aside: string) => void,
  limits: { readonly segmentBytes: number; readonly segments: number } = journalLimits,
): Writer {
  let state: State | undefined
  let renewed: string | undefined

  /** Opened at the first use that works: a disk that is full now is not for ever. */
  function ready(): State {
    if (state !== undefined) return state
    makeFolder(folder)
    return (state = findEnd(folder, onChanged))
  }

  async function save(now: State, segment: string, at: number, text: string): Promise<void> {
    const file = await disk.open(join(folder, segment), 'a', 0o600)
    try {
      // A disk that was full took a part of the line before.
      if ((await disk.stat(file)).size > at) await disk.truncate(file, at)
      for (let rest: Uint8Array = Buffer.from(text); rest.length > 0;) rest = rest.subarray((await disk.write(file, rest)).bytesWritten)
      await disk.sync(file)
    } catch (error) {
      await disk.truncate(file, at).catch(() => undefined)
      throw error
    } finally {
      await disk.close(file)
    }
    if (segment !== now.segment) syncFolder(folder)
  }

  return {
    get chain() {
      return renewed ?? ready().chain
    },
    get counts() {
      return ready().counts
    },
    renew() {
      if (renewed !== undefined) return false
      renewed = randomBytes(16).toString('hex')
      return true
    },
    async append(news) {
      const now = ready()
      const chain = renewed ?? now.chain
      const turn = now.segment === '' || now.bytes >= limits.segmentBytes || chain !== now.chain
      let { hash, seq, counts } = now
      const lines: string[] = []
      const add = (entry: Entry) => {
        const made = lineOf(hash, entry)
        hash = made.hash
        lines.push(made.line)
      }
      if (turn) add({ kind: 'head', seq: ++seq, timeMs: Date.now(), chain, before: hash, counts })
      const first = seq + 1
      for (const fresh of news) {
        counts = counted(counts, fresh)
        add({ seq: ++seq, ...fresh, ...(fresh.kind === 'local' ? { number: counts.local } : {}) } as Entry)
      }
      const text = lines.join('')
      const segment = turn ? segmentName(first - 1) : now.segment
      const at = turn ? 0 : now.bytes
      await save(now, segment, at, text)
      state = { chain, hash, seq, counts, segment, bytes: at + Buffer.byteLength(text) }
      if (turn) forget(folder, limits.segments)
      return first
    },
  }
}

function counted(counts: Counts, fresh: Fresh): Counts {
  if (fresh.kind === 'begun') return { ...counts, allowed: counts.allowed + 1 }
  if (fresh.kind === 'refused') return { ...counts, refused: counts.refused + 1 + (fresh.skipped ?? 0) }
  return fresh.kind === 'local' ? { ...counts, local: counts.local + 1 } : counts
}

function forget(folder: string, most: number): void {
  for (const name of listSegments(folder).slice(0, -most)) rmSync(join(folder, name), { force: true })
}

function findEnd(folder: string, onChanged: (aside: string) => void): State {
  const none: State = {
    chain: randomBytes(16).toString('hex'),
    hash: genesis,
    seq: 0,
    counts: { allowed: 0, refused: 0, local: 0 },
    segment: '',
    bytes: 0,
  }
  let highest = 0
  for (const name of listSegments(folder).toReversed()) {
    const { head, entries, hash, bytes, size, lines, changed } = readSegment(folder, name)
    // Of one that has not even its first line nothing was ever promised.
    if (head === undefined && !changed) {
      rmSync(join(folder, name), { force: true })
      continue
    }
    highest = Math.max(highest, Number.parseInt(name, 10) + (changed ? lines : entries.length) - 1)
    if (head === undefined || changed) {
      onChanged(setAside(folder, name))
      continue
    }
    if (size > bytes) truncateSync(join(folder, name), bytes)
    let { counts } = head
    for (const entry of entries) if (entry.kind !== 'head') counts = counted(counts, entry)
    // Numbers are never given twice, nor is a file that was set aside gone on with.
    const whole = highest === entries.at(-1)!.seq
    return { chain: head.chain, hash, seq: highest, counts, segment: whole ? name : '', bytes: whole ? bytes : 0 }
  }
  return { ...none, seq: highest }
}
