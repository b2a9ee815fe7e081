import { FairleadError } from '../errors.ts'
import { limits } from './limits.ts'

/**
 * The hub's clock as one link knows it: what the welcome said, and the steady time since. Nobody who sets a clock moves it, on either
 * end. `steadyMs` also counts while a machine sleeps: what waited in its sockets meanwhile is late.
 */
export function hubTimeFrom(welcomeMs: number, steadyMs: () => number, slow = 0): () => number {
  const startMs = steadyMs()
  return () => welcomeMs + (steadyMs() - startMs) * (1 - slow)
}

/**
 * What a host takes off each second: two crystals differ by less, and a link may last for months. It errs to the side of what comes in
 * time: by 17 s a day, which is little against what a request may be late that is worth refusing.
 */
export const hostClockSlow = 0.0002

/** Until when a mutation may begin that a hub opens now. `deadlineMs` 0: it takes as long as it takes, and begins soon all the same. */
export function notAfter(nowMs: number, deadlineMs = 0): number {
  return nowMs + Math.min(deadlineMs > 0 ? deadlineMs : usualMs, limits.notAfterMs)
}

const usualMs = 30_000

/** One mutation, on the host that was asked for it. */
export interface InTime {
  /** Throws `expired` once it is too late to begin. */
  check(): void
}

/** A hub that names a time far away gets an hour; one that names none gets nothing done. */
export function beginBy(saidMs: number | undefined, hubNowMs: () => number): InTime {
  if (saidMs === undefined) return { check: refuseUndated }
  const endMs = Math.min(saidMs, hubNowMs() + limits.notAfterMs)
  return {
    check() {
      const lateMs = hubNowMs() - endMs
      if (lateMs <= 0) return
      throw new FairleadError(
        'expired',
        `This came ${Math.ceil(lateMs / 1000)} s after the time until which it might begin, so nothing of it was done. Ask anew, if it is still wanted.`,
      )
    },
  }
}

function refuseUndated(): void {
  throw new FairleadError(
    'invalid_input',
    'What changes something must say until when it may begin; the hub may be too old for this agent.',
  )
}
