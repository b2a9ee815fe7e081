import { codeOf } from '@fairlead/protocol/errors.ts'
import { decodeLogLines, type LogLines } from '@fairlead/protocol/wire/log-batch.ts'
import { heard, messageOf } from '../i18n/said.ts'
import { levelsOf } from './level.ts'
import { onlyNotice } from './notices.ts'

/** `live`: lines come as they are written. `waiting`: the host or the link is away. `stopped`: the container rests. */
export type FeedState = 'opening' | 'live' | 'waiting' | 'stopped' | 'gone' | 'failed'

export interface Feed {
  lines(lines: LogLines): void
  /** Where it goes on, should it be opened again. */
  at(cursor: Cursor): void
  /** Something the reader must know, said among the lines. */
  notice(what: 'away' | 'back' | 'again' | 'gone' | 'failed', detail: string): void
  state(state: FeedState, error?: unknown): void
}

/** What a feed needs of the hub. */
export interface FeedDoor {
  open(input: object, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>
  /** Resolves when the container runs again after the time; throws `not_found` once it is removed. */
  restarted(sinceMs: number, signal: AbortSignal): Promise<void>
  /** Until it is worth trying again, or the reader leaves. */
  rest(ms: number, signal: AbortSignal): Promise<void>
}

export interface Cursor {
  readonly timeMs: number
  readonly lines: number
}

const retryMs = 1000
const awayCodes = new Set(['lost', 'host_offline', 'refused', 'bad_upstream', 'deadline_exceeded'])

/**
 * Reads one container's log until the reader leaves or the container is gone: over lost links, hosts that were away, and
 * restarts, each said once. Nothing is read twice and nothing is left out: the cursor is the last time and how many lines had it.
 */
export async function feedLog(door: FeedDoor, tail: number, feed: Feed, signal: AbortSignal, cursor?: Cursor): Promise<void> {
  let after = cursor
  let away = false
  let ended: string | undefined
  let endedMs = 0
  feed.state('opening')
  while (!signal.aborted) {
    try {
      const stream = await door.open(after === undefined ? { tail } : { after }, signal)
      feed.state('live')
      for await (const payload of stream) {
        if (away) feed.notice('back', '')
        away = false
        const lines = decodeLogLines(payload)
        after = advance(after, lines)
        if (after !== undefined) feed.at(after)
        // Read again after a loss, a log that has ended says so again: once is enough.
        const said = onlyNotice(lines)
        if (said === undefined || said !== ended) feed.lines(withLevels(lines))
        ended = said
        if (lines.count > 0) endedMs = lines.times[lines.count - 1]!
      }
      if (signal.aborted) return
      feed.state('stopped')
      await door.restarted(endedMs, signal)
      if (signal.aborted) return
      feed.notice('again', '')
      ended = undefined
      feed.state('opening')
    } catch (error) {
      if (signal.aborted) return
      const code = codeOf(error)
      await heard()
      if (code === 'not_found') {
        feed.notice('gone', '')
        return feed.state('gone')
      }
      if (!awayCodes.has(code)) {
        feed.notice('failed', messageOf(error))
        return feed.state('failed', error)
      }
      if (!away) feed.notice('away', messageOf(error))
      away = true
      feed.state('waiting', error)
      await door.rest(retryMs, signal)
    }
  }
}

/** The agent's own notices have a time of their own and are not part of the log. */
export function advance(cursor: Cursor | undefined, { count, times, sources }: LogLines): Cursor | undefined {
  let timeMs = cursor?.timeMs ?? Number.NEGATIVE_INFINITY
  let lines = cursor?.lines ?? 0
  for (let i = 0; i < count; i++) {
    if (sources[i] === 2) continue
    // An earlier one changes nothing: two outputs are not always written down in the order of their times.
    if (times[i]! > timeMs) {
      timeMs = times[i]!
      lines = 1
    } else if (times[i] === timeMs) lines++
  }
  return Number.isFinite(timeMs) ? { timeMs, lines } : undefined
}

/** The same lines with levels read from what they say, instead of the agent's cheap guess. */
export function withLevels(lines: LogLines): LogLines {
  const levels = levelsOf(lines.text, lines.lengths.subarray(0, lines.count), lines.levels)
  for (let i = 0; i < lines.count; i++) if (lines.sources[i] === 2) levels[i] = 0
  return { ...lines, levels }
}

/** History: only what is older than the reader has. */
export function olderThan(lines: LogLines, timeMs: number): LogLines {
  let count = 0
  let bytes = 0
  while (count < lines.count && lines.times[count]! < timeMs && lines.sources[count] !== 2) bytes += lines.lengths[count++]!
  return { ...lines, count, text: lines.text.subarray(0, bytes) }
}
