import { limits } from './limits.ts'
import type { Clock } from './transport.ts'

/** Tells a dead link from a quiet one. */
export interface Health {
  sent(): void
  received(): void
  acked(): void
  stop(): void
}

interface Listener {
  /** Nothing was sent for a heartbeat. */
  ping(): void
  /** Nothing came for too long, or what was sent is not acknowledged. */
  dead(): void
  unacked(): boolean
}

interface Watched {
  sentMs: number
  receivedMs: number
  ackedMs: number
  readonly heartbeatMs: number
  readonly listener: Listener
}

const tickMs = 1000

/** One wheel a clock, however many links: a timer for each would cost a hub of 10,000 more than the links do. */
const wheels = new WeakMap<Clock, Set<Watched>>()

export function watchHealth(clock: Clock, heartbeatMs: number, listener: Listener): Health {
  const now = clock.now()
  // Spread by a tenth either way, so that a fleet that connected at once does not beat at once.
  const watched: Watched = { sentMs: now, receivedMs: now, ackedMs: now, heartbeatMs: heartbeatMs * (0.9 + Math.random() * 0.2), listener }
  let wheel = wheels.get(clock)
  if (wheel === undefined) {
    wheel = new Set()
    wheels.set(clock, wheel)
  }
  wheel.add(watched)
  if (wheel.size === 1) turn(clock, wheel, now)
  return {
    sent: () => void (watched.sentMs = clock.now()),
    received: () => void (watched.receivedMs = clock.now()),
    acked: () => void (watched.ackedMs = clock.now()),
    stop: () => void wheel.delete(watched),
  }
}

function turn(clock: Clock, wheel: Set<Watched>, lastMs: number): void {
  clock.after(tickMs, () => {
    const now = clock.now()
    // This process itself stalled: nobody is dead for that, everybody gets another period.
    const stalledMs = now - lastMs - tickMs
    for (const watched of wheel) {
      if (stalledMs > 5000) watched.receivedMs = watched.ackedMs = now
      check(watched, now)
    }
    if (wheel.size > 0) turn(clock, wheel, now)
  })
}

function check(watched: Watched, now: number): void {
  const { listener, heartbeatMs } = watched
  if (!listener.unacked()) watched.ackedMs = now
  if (now - watched.receivedMs >= heartbeatMs * (limits.deadMs / limits.heartbeatMs) || now - watched.ackedMs >= limits.unackedMs)
    return listener.dead()
  if (now - watched.sentMs >= heartbeatMs || now - watched.receivedMs >= heartbeatMs) listener.ping()
}
