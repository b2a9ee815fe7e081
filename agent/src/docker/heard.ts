import { join } from 'node:path'
import type { HostEvent } from '@fairlead/protocol/features/events.ts'
import { readText, writeForAgent } from '../whole.ts'

/** Up to where the engine's events were heard, over starts of the agent: what came since is asked for. */
export interface Heard {
  /** Of the last one that was heard, also of one that is not kept; undefined: none ever was. */
  readonly lastMs: number | undefined
  /** Until when somebody listened, as far as is known. */
  readonly untilMs: number
  /** False: it was heard before. */
  hear(event: HostEvent): boolean
  /** Of one that nobody wants to keep: only that the engine's memory reached back to it counts. */
  pass(timeMs: number): void
  /** Nobody listens from now on. */
  leave(): void
}

/** What is not kept comes by the thousand: how far it was heard goes to the disk this often at most. */
const writeMs = 60_000
/** The engine writes events down a little out of order: those of so long before the last one may come again, and are known. */
export const overlapMs = 1000
const mostKnown = 4096

/** `kept`: the last events that are on this host's disk, the youngest last. */
export function openHeard(stateDir: string, kept: readonly HostEvent[], now: () => number = Date.now): Heard {
  const file = join(stateDir, 'events-heard')
  const known = new Map<string, number>()
  const written = read(file)
  let lastMs = written?.lastMs
  let untilMs = written?.untilMs ?? 0
  let writtenMs = 0

  function at(timeMs: number): void {
    lastMs = timeMs
    untilMs = Math.max(untilMs, timeMs)
  }

  function write(): void {
    writtenMs = now()
    try {
      writeForAgent(file, `${lastMs} ${untilMs}\n`)
    } catch {
      // What is kept says it too, a little less well.
    }
  }

  function remember(event: HostEvent): boolean {
    const key = `${event.timeMs} ${event.type} ${event.action} ${event.id}`
    if (known.has(key)) return false
    known.set(key, event.timeMs)
    for (const [first, timeMs] of known) {
      if (known.size <= mostKnown && timeMs >= event.timeMs - 2 * overlapMs) break
      known.delete(first)
    }
    at(event.timeMs)
    return true
  }

  for (const event of kept) if (event.type !== 'agent' && event.type !== 'engine') remember(event)
  // It heard of more than it keeps.
  if (written !== undefined && written.lastMs > (lastMs ?? 0)) lastMs = written.lastMs
  return {
    get lastMs() {
      return lastMs
    },
    get untilMs() {
      return untilMs
    },
    hear: remember,
    pass(timeMs) {
      at(timeMs)
      if (now() - writtenMs >= writeMs) write()
    },
    leave() {
      if (lastMs === undefined) return
      untilMs = Math.max(untilMs, now())
      write()
    },
  }
}

function read(file: string): { readonly lastMs: number; readonly untilMs: number } | undefined {
  try {
    const [lastMs, untilMs] = readText(file).trim().split(' ').map(Number)
    return Number.isFinite(lastMs) && Number.isFinite(untilMs) ? { lastMs: lastMs!, untilMs: untilMs! } : undefined
  } catch {
    return undefined
  }
}

/** For the engine: seconds, with nanoseconds as a fraction. */
export function engineTime(ms: number): string {
  const whole = Math.max(0, Math.floor(ms))
  return `${Math.floor(whole / 1000)}.${String(whole % 1000).padStart(3, '0')}000000`
}
