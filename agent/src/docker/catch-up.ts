import type { HostEvent } from '@fairlead/protocol/features/events.ts'
import { ask, type Engine } from './engine.ts'
import { readJsonLines } from './frames.ts'
import { engineTime, overlapMs, type Heard } from './heard.ts'
import { timeOf, type RawEvent } from './raw-event.ts'

/** An engine that does not come to an end is not waited for. */
const mostMs = 10_000

/**
 * What happened while nobody listened. What the engine has forgotten of that is told as a gap: it keeps 256 events, and none over its own
 * start.
 */
export async function catchUp(
  engine: Engine,
  { lastMs, untilMs }: Heard,
  { tell, hear }: { readonly tell: (event: HostEvent) => void; readonly hear: (raw: RawEvent) => void },
): Promise<void> {
  if (lastMs === undefined) return
  const nowMs = Date.now()
  // A clock that was set back: all that there is, since what was heard of it is known.
  const since = engineTime(lastMs > nowMs ? 0 : lastMs - overlapMs)
  const socket = await engine.stream(ask('GET /events', {}, { since, until: engineTime(nowMs) }))
  const late = setTimeout(() => socket.destroy(), mostMs).unref()
  let reaches = false
  try {
    for await (const raw of readJsonLines(socket) as AsyncGenerator<RawEvent>) {
      if (!reaches && timeOf(raw) > lastMs) tell(gapOf(untilMs, timeOf(raw)))
      reaches = true
      hear(raw)
    }
  } finally {
    clearTimeout(late)
  }
  if (!reaches) tell(gapOf(untilMs, nowMs))
}

function gapOf(fromMs: number, toMs: number): HostEvent {
  const facts = { missing: 'unknown', from: new Date(Math.min(fromMs, toMs)).toISOString(), to: new Date(toMs).toISOString() }
  return { timeMs: toMs, type: 'agent', action: 'gap', id: 'engine', name: 'engine', facts }
}
