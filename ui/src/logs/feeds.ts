import { createEffect, onCleanup, untrack } from 'solid-js'
import { createStore } from 'solid-js/store'
import type { LogLines } from '@fairlead/protocol/wire/log-batch.ts'
import { decodeLogLines } from '@fairlead/protocol/wire/log-batch.ts'
import { failedSinceMs } from '../api/api.ts'
import { decimal } from '../i18n/i18n.ts'
import { say } from '../i18n/observe.ts'
import { openDoor, skewOf } from './door.ts'
import { feedLog, olderThan, withLevels, type Cursor, type Feed, type FeedState } from './feed.ts'
import { sayNotices } from './notices.ts'
import { keyOf, type SourceRef } from './sources.ts'
import { mostSources, type LogStore } from './store.ts'

/** Lines of the past that each source of a view begins with. */
const firstTail = 2000
/** History is taken in stretches of time; a stretch of a very busy log ends after so many lines. */
const mostOlder = 50_000

export interface Source {
  ref: SourceRef
  readonly index: number
  state: FeedState
  error: unknown
  /** By how much its host's clock is ahead; taken off every time that is shown. */
  skewMs: number
}

/** Reads what is wanted into the store, for as long as it is wanted; keeps the place of what is not, should it be again. */
export function createFeeds(wanted: () => readonly SourceRef[], store: LogStore, changed: () => void) {
  const [sources, setSources] = createStore<Source[]>([])
  const running = new Map<string, AbortController>()
  // By the host's own clock.
  const oldest = new Map<number, number>()
  const cursors = new Map<number, Cursor>()
  let arrived = 0

  function add(index: number, lines: LogLines, older = false): void {
    if (lines.count === 0) return
    oldest.set(index, Math.min(oldest.get(index) ?? Number.POSITIVE_INFINITY, lines.times[0]!))
    const { skewMs } = sources[index]!
    store.append(index, skewMs === 0 ? lines : { ...lines, times: lines.times.map((timeMs) => timeMs - skewMs) }, older)
    if (!older) arrived += lines.count
    changed()
  }

  function start(ref: SourceRef): void {
    const key = keyOf(ref)
    const known = sources.findIndex((source) => keyOf(source.ref) === key)
    const index = known >= 0 ? known : sources.length
    if (index >= mostSources) return
    if (known < 0) setSources(index, { ref, index, state: 'opening', error: undefined, skewMs: 0 })
    const leaving = new AbortController()
    running.set(key, leaving)
    const feed: Feed = {
      lines: (lines) => add(index, sayNotices(lines, sources[index]!.ref)),
      notice: (what, detail) => (sayNotice(store, sources[index]!, what, detail), changed()),
      at: (cursor) => void cursors.set(index, cursor),
      state: (state, error) => setSources(index, { state, error }),
    }
    void follow(ref, index, feed, leaving.signal)
  }

  async function follow(ref: SourceRef, index: number, feed: Feed, signal: AbortSignal): Promise<void> {
    if (!cursors.has(index)) {
      const skewMs = await skewOf(ref.host)
      setSources(index, { skewMs })
      if (skewMs !== 0) saySkew(store, sources[index]!)
    }
    await feedLog(openDoor(ref), firstTail, feed, signal, cursors.get(index))
  }

  createEffect(() => {
    const now = new Map(wanted().map((ref) => [keyOf(ref), ref]))
    for (const [key, controller] of running)
      if (!now.has(key)) {
        controller.abort()
        running.delete(key)
      }
    untrack(() => {
      for (const [key, ref] of now) {
        // Names come later than ids, and change; the log does not begin anew for that.
        setSources((source) => keyOf(source.ref) === key, 'ref', ref)
        if (!running.has(key)) start(ref)
      }
    })
  })
  onCleanup(() => {
    for (const controller of running.values()) controller.abort()
  })

  return {
    sources,
    arrived: () => arrived,
    /** Time of the newest line that a source has sent, as shown; undefined before its first. */
    newest(index: number): number | undefined {
      const cursor = cursors.get(index)
      return cursor === undefined ? undefined : cursor.timeMs - sources[index]!.skewMs
    },
    retry(source: Source) {
      running.get(keyOf(source.ref))?.abort()
      start(source.ref)
    },
    /** Lines from a time on that are older than what a source has. Answers how many came. */
    older: (source: Source, shownMs: number) => readOlder(source, shownMs, oldest.get(source.index), store, add),
  }
}

function saySkew(store: LogStore, { index, ref, skewMs }: Source): void {
  const text = say('logs.notice.skew', { host: ref.hostName, seconds: decimal(skewMs / 1000) })
  store.notice(index, Date.now(), text, { passing: true })
}

function sayNotice(store: LogStore, { index, ref }: Source, what: Parameters<Feed['notice']>[0], detail: string): void {
  const text = say(`logs.notice.${what}`, { name: ref.name, host: ref.hostName, detail })
  // What was written while the host was away comes after the notice that it is back, and belongs before it.
  const passing = what === 'away' || what === 'back'
  store.notice(index, what === 'away' ? failedSinceMs() : Date.now(), text, { passing })
}

async function readOlder(
  { ref, index, skewMs }: Source,
  shownMs: number,
  oldestMs: number | undefined,
  store: LogStore,
  add: (index: number, lines: LogLines, older: boolean) => void,
): Promise<number> {
  const before = oldestMs ?? Date.now() + skewMs
  const sinceMs = Math.max(0, shownMs + skewMs)
  if (sinceMs >= before) return 0
  const leaving = new AbortController()
  const input = { follow: false, tail: -1, sinceMs, untilMs: before }
  let count = 0
  for await (const payload of await openDoor(ref).open(input, leaving.signal)) {
    const lines = olderThan(decodeLogLines(payload), before)
    add(index, withLevels(lines), true)
    count += lines.count
    if (count < mostOlder) continue
    store.notice(index, lines.times[lines.count - 1]! - skewMs, say('logs.notice.hole', { n: count }), { older: true })
    leaving.abort()
    break
  }
  return count
}
