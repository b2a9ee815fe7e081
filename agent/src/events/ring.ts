import { randomBytes } from 'node:crypto'
import type { EventPlace, HostEvent } from '@fairlead/protocol/features/events.ts'
import { createKeep, type Chain } from '../keep.ts'
import { createSegments } from '../segments.ts'

/** What happened on this host in the last days, for a hub that was away and a person who comes later. On disk where there is one. */
export interface EventRing {
  readonly chain: string
  /** Handed to the kernel before it returns. Answers it with its place. */
  push(event: HostEvent): Kept
  /** After a number, oldest first, `most` or some more. */
  after(number: number, most: number): Kept[]
  /** Of the last one; 0: there is none. */
  readonly last: number
}

export type Kept = HostEvent & { readonly at: EventPlace }

export const eventLimits = {
  events: 100_000,
  diskBytes: 4 * 2 ** 20 - 2 ** 16,
  memoryBytes: 2 ** 19,
  /** What is read for the first one that somebody missed. */
  chainEvents: 250,
} as const

/** `folder` undefined: memory only. Never throws: a disk that takes nothing costs what memory cannot hold. */
export function openEventRing(folder: string | undefined, onProblem: (message: string) => void = () => undefined): EventRing {
  const { events: most, diskBytes, memoryBytes } = eventLimits
  const segments = folder === undefined ? undefined : createSegments(folder, 'events')
  const keep = createKeep({ what: 'Events', most, diskBytes, memoryBytes, segments, onProblem })
  const found = keep.chains.at(-1)
  const chain = found?.boot ?? randomBytes(16).toString('hex')
  let number = found?.lastSeq ?? 0
  let writer: Chain | undefined

  return {
    chain,
    get last() {
      return number
    },
    push(event) {
      if (writer === undefined || writer.count >= eventLimits.chainEvents)
        writer = { boot: chain, file: undefined, count: 0, lastSeq: number, waiting: [] }
      number++
      keep.add(writer, { seq: number, bytes: Buffer.from(JSON.stringify(event)) })
      return { ...event, at: { chain, number } }
    },
    after(after, wanted) {
      const read: Kept[] = []
      for (const one of keep.chains) {
        if (one.boot !== chain || one.lastSeq <= after) continue
        if (read.length >= wanted) break
        const entries = keep.read(one)
        for (const [index, bytes] of entries.entries()) {
          const own = one.lastSeq - entries.length + 1 + index
          const event = own > after ? parse(bytes) : undefined
          if (event !== undefined) read.push({ ...event, at: { chain, number: own } })
        }
      }
      return read
    },
  }
}

/** A file's bytes were checked; what is no event all the same is a gap. */
function parse(bytes: Uint8Array): HostEvent | undefined {
  try {
    return JSON.parse(Buffer.from(bytes).toString()) as HostEvent
  } catch {
    return undefined
  }
}
