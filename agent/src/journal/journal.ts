import { join } from 'node:path'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { journal, LocalEntry } from '@fairlead/protocol/features/journal.ts'
import { systemClock } from '@fairlead/protocol/wire/clock.ts'
import type { Clock } from '@fairlead/protocol/wire/transport.ts'
import type { Asked, Fresh, Local, LocalNews } from './entry.ts'
import { afterChanges, createChanges } from '../told.ts'
import { journalDir, listSegments } from './files.ts'
import { readInbox } from './inbox.ts'
import { openKeys, type Keys } from './keys.ts'
import { openQueue } from './queue.ts'
import { readRows } from './read.ts'
import { parseSegment } from './segment.ts'
import { journalLimits, openWriter, type Writer } from './writer.ts'
import { readPlain } from '../whole.ts'

export interface Journal {
  readonly handlers: Handlers<typeof journal>
  /** Before anything else of what has a key; `begin` follows, or `release`. */
  readonly keys: Pick<Keys, 'claim' | 'release'>
  /** On the disk before it is done. Throws `refused` where the disk takes nothing: then it is not done. */
  begin(asked: Asked, key?: string): Promise<Begun>
  /** A flood of these pushes nothing else out: beyond some a minute they are counted. */
  refuse(asked: Asked, why: string): void
  /** What the agent did or saw by itself. */
  note(news: LocalNews): void
  /** Takes in what other programs of this host handed in. */
  takeIn(): Promise<void>
  /** Everything is written that the disk takes. */
  settle(): Promise<void>
}

export interface Begun {
  /** Resolves once it is on the disk: whoever is told how it ended is told what a crash does not take back. A disk that is full is not waited for. */
  done(code: string, ms: number): Promise<void>
}

export interface JournalOptions {
  readonly stateDir: string
  readonly onProblem: (message: string, facts?: Readonly<Record<string, unknown>>) => void
  readonly clock?: Clock
  readonly limits?: typeof journalLimits | { readonly segmentBytes: number; readonly segments: number }
}

/** Refusals that get a line: a hundred at once, and ten a minute. */
const burst = 100
const perMinute = 10

/** What was asked of this host and what it answered, and what was done on it past the hub: lines that only grow, each hashed with the one before. */
export function openJournal({ stateDir, onProblem, clock = systemClock, limits = journalLimits }: JournalOptions): Journal {
  const folder = journalDir(stateDir)
  const writer = openWriter(
    folder,
    (aside) => onProblem('the journal was changed by somebody else; the file was set aside', { aside }),
    limits,
  )
  const queue = openQueue(writer, (message) => onProblem(message))
  const changes = createChanges()
  const room = createRoom(clock)
  const keys = openKeys(folder)
  let skipped = 0

  const local = (news: LocalNews): Fresh => ({ timeMs: Date.now(), kind: 'local', ...news })

  async function addLocal(news: LocalNews): Promise<void> {
    await queue.must(local(news))
    changes.tell()
  }

  /** Each once, though the agent died between its line and the end of its file. */
  async function takeIn(): Promise<void> {
    const waiting = readInbox(stateDir)
    if (waiting.length === 0) return
    const there = new Set(localsAfter(folder, 0).flatMap(({ id }) => id ?? []))
    for (const { news, taken } of waiting) {
      if (!there.has(news.id)) await addLocal(news)
      taken()
    }
  }

  let taking: Promise<void> = Promise.resolve()
  return {
    handlers: {
      watch: (input, { signal }) => watch(folder, () => placeOf(folder, writer, input, onProblem), afterChanges(changes.onChange, signal)),
      async read(input) {
        await queue.settle()
        return readRows(stateDir, input)
      },
    },
    keys,
    async begin(asked, key) {
      let of: number
      try {
        of = await queue.must({ timeMs: Date.now(), kind: 'begun', ...asked, ...(key === undefined ? {} : { key }) })
      } catch (cause) {
        if (key !== undefined) keys.release(key)
        const words =
          'This host cannot write down what is asked of it, so it does nothing that is: its disk takes no more. Free space there.'
        throw new FairleadError('refused', words, { cause })
      }
      return {
        async done(code, ms) {
          if (key !== undefined) keys.done(key, code)
          const line: Fresh = { timeMs: Date.now(), kind: 'done', of, code, ms: Math.round(ms) }
          await queue.must(line).catch(() => queue.may(line))
        },
      }
    },
    refuse(asked, why) {
      if (!room()) return void skipped++
      const left = skipped
      skipped = 0
      queue.may({ timeMs: Date.now(), kind: 'refused', ...asked, why, ...(left === 0 ? {} : { skipped: left }) })
    },
    note: (news) => void addLocal(news).catch(() => queue.may(local(news))),
    takeIn: () =>
      (taking = taking
        .then(takeIn)
        .catch((error: unknown) => onProblem('entries of the CLI were not taken into the journal', { error: String(error) }))),
    settle: queue.settle,
  }
}

function createRoom(clock: Clock): () => boolean {
  let tokens = burst
  let atMs = clock.now()
  return () => {
    const now = clock.now()
    tokens = Math.min(burst, tokens + ((now - atMs) / 60_000) * perMinute)
    atMs = now
    if (tokens < 1) return false
    tokens--
    return true
  }
}

interface Place {
  readonly chain: string
  readonly after: number
}

/** From where on a hub is told, that says what it heard last. */
function placeOf(folder: string, writer: Writer, heard: Place, onProblem: JournalOptions['onProblem']): Place {
  if (heard.chain !== writer.chain) return { chain: writer.chain, after: beganAfter(folder, writer, heard.chain) }
  if (heard.after <= writer.counts.local) return heard
  // Heard to the end of another past than this one: the host was put back to an earlier state, or somebody lied in its name. What is
  // written from now on counts; the hub says how much lies in between.
  if (writer.renew()) onProblem('the hub heard more of this journal than there is: it goes on under a name of its own')
  return { chain: writer.chain, after: writer.counts.local }
}

/** How many there were when this chain took the place of that one; 0: it did not, all of it is new. */
function beganAfter(folder: string, writer: Writer, former: string): number {
  let began = writer.counts.local
  for (const name of listSegments(folder).toReversed()) {
    const [head] = parseSegment(readPlain(join(folder, name))).entries
    if (head?.kind !== 'head') return 0
    if (head.chain === former) return began
    began = head.counts.local
  }
  return 0
}

async function* watch(folder: string, findPlace: () => Place, news: AsyncIterable<void>): AsyncGenerator<LocalEntry> {
  const { chain, after: heard } = findPlace()
  let after = heard
  for await (const _ of news)
    for (const { kind: _kind, seq: _seq, id: _id, ...entry } of localsAfter(folder, after)) {
      yield { chain, ...entry }
      after = entry.number
    }
}

/** From the files: what was told once is not held in memory for a hub that may never come. Files that are wholly before are not parsed. */
function localsAfter(folder: string, after: number): Local[] {
  const found: Local[][] = []
  for (const name of listSegments(folder).toReversed()) {
    const { entries } = parseSegment(readPlain(join(folder, name)))
    found.push(entries.filter((entry) => entry.kind === 'local').filter(({ number }) => number > after))
    const [head] = entries
    if (head?.kind === 'head' && head.counts.local <= after) break
  }
  return found.reverse().flat()
}
