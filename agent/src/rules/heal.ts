import { codeOf } from '@fairlead/protocol/errors.ts'
import type { HostEvent } from '@fairlead/protocol/features/events.ts'
import type { HealHere } from '@fairlead/protocol/features/rules.ts'
import { createMemory, type HealMemory } from './heal-memory.ts'
import type { Seen } from './look.ts'
import { createTreatments, type TreatDeps } from './treat.ts'
import { ruleFor } from './which.ts'

/** What is in force now. */
export interface HealRules {
  readonly heal: readonly HealHere[]
  /** What ended before was so when containers began to be looked after, and stays. */
  readonly sinceMs: number
}

export interface HealDeps extends TreatDeps {
  readonly rules: () => HealRules
  readonly look: (id: string) => Promise<Seen>
  readonly suspects: () => Promise<readonly string[]>
}

export interface Healer {
  /** Each event of the engine, in order. */
  hear(event: HostEvent): void
  /** What happened before: who stopped what. */
  recall(events: readonly HostEvent[]): void
  /** All that might not be well: at the start, when the engine is back, when the policy is another one. */
  look(): Promise<void>
  /** The rules are others. What is being done goes on, and what was heard and told stays. */
  change(): void
  close(): void
}

/** The engine says that a container died before it knows whether it brings it back. */
const settleMs = 1000

/** Restarts what is not well, by the engine's events; nothing is polled. */
export function createHealer(deps: HealDeps): Healer {
  const memory = createMemory()
  const timers = createTimers(deps.after, (id) => void consider(id))
  const treatments = createTreatments(deps, memory, timers.later)
  const busy = new Set<string>()

  /** Looks how it is; what is unhealthy gets its time. */
  async function examine(id: string): Promise<void> {
    const seen = await find(id)
    if (seen === undefined || timers.has(id)) return
    const rule = seen.running && seen.unhealthy ? ruleFor(deps.rules().heal, seen, 'unhealthy') : undefined
    if (rule !== undefined) timers.later(id, rule.unhealthySeconds! * 1000)
    else if (seen.failure !== '') await consider(id, seen)
  }

  async function find(id: string): Promise<Seen | undefined> {
    try {
      return await deps.look(id)
    } catch (error) {
      // One that is gone needs nobody; an engine that is gone says so when it is back, and then all are looked at.
      if (codeOf(error) === 'not_found') forget(id)
      return undefined
    }
  }

  function forget(id: string): void {
    timers.cancel(id)
    treatments.forget(id)
  }

  async function consider(id: string, found?: Seen): Promise<void> {
    if (busy.has(id) || timers.closed || deps.rules().heal.length === 0) return
    busy.add(id)
    try {
      const seen = found ?? (await find(id))
      const by = seen === undefined ? undefined : ailmentOf(seen, memory, deps.rules().sinceMs)
      const rule = by === undefined ? undefined : ruleFor(deps.rules().heal, seen!, by)
      if (rule !== undefined && !timers.closed) await treatments.treat(seen!, by!, rule)
    } finally {
      busy.delete(id)
    }
  }

  async function look(): Promise<void> {
    const ids: readonly string[] = await deps.suspects().catch(() => [])
    for (const id of ids) if (!timers.closed) await examine(id)
    for (const id of Object.keys(deps.done.gaveUp)) if (!ids.includes(id) && (await find(id))?.running === true) treatments.relieve(id)
  }

  function hearContainer({ action, id, facts }: HostEvent, ours: boolean): void {
    if (action === 'health_status' || action === 'health_status: unhealthy') return void examine(id)
    if (action === 'destroy' || action === 'remove') return forget(id)
    const isWell = action === 'health_status: healthy'
    if (!isWell && !['start', 'die', 'died', 'pause'].includes(action)) return
    timers.cancel(id)
    if (ours || action === 'pause') return
    const isOver = action.startsWith('die') && (memory.wasStopped(id) || facts['exitCode'] === '0')
    if (isWell || action === 'start' || isOver) treatments.relieve(id)
    else timers.later(id, settleMs)
  }

  return {
    hear(event) {
      const ours = memory.hear(event)
      if (event.type === 'engine' && event.action === 'up') void look()
      if (event.type === 'container') hearContainer(event, ours)
    },
    recall(events) {
      for (const event of events) memory.hear(event)
    },
    look,
    change() {
      // Each waits as long as its rule said.
      timers.cancelAll()
      void look()
    },
    close: timers.close,
  }
}

function ailmentOf(seen: Seen, memory: HealMemory, sinceMs: number): 'unhealthy' | 'failed' | undefined {
  if (seen.running) return seen.unhealthy ? 'unhealthy' : undefined
  const isOurs = seen.failure !== '' && !seen.engineBrings && seen.finishedMs >= sinceMs
  return isOurs && !memory.wasStopped(seen.id) && !memory.isUnsure(seen) ? 'failed' : undefined
}

/** One for each container. */
function createTimers(after: HealDeps['after'], run: (id: string) => void) {
  const timers = new Map<string, () => void>()
  let closed = false
  const cancel = (id: string) => {
    timers.get(id)?.()
    timers.delete(id)
  }
  const cancelAll = () => {
    for (const id of timers.keys()) cancel(id)
  }
  return {
    get closed() {
      return closed
    },
    has: (id: string) => timers.has(id),
    cancel,
    cancelAll,
    later(id: string, ms: number): void {
      cancel(id)
      if (closed) return
      const due = () => {
        timers.delete(id)
        run(id)
      }
      timers.set(id, after(ms, due))
    },
    close() {
      closed = true
      cancelAll()
    },
  }
}
