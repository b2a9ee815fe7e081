import { mostActs, type HealHere, type RuleAct } from '@fairlead/protocol/features/rules.ts'
import { keep, type ActDeps } from './acts.ts'
import type { HealMemory } from './heal-memory.ts'
import type { Done } from './kept.ts'
import type { Seen } from './look.ts'

/** What is done about a container that is not well, counted. */
export interface Treatments {
  treat(seen: Seen, by: 'unhealthy' | 'failed', rule: HealHere): Promise<void>
  /** It is well, or in somebody's hands. */
  relieve(id: string): void
  /** It is gone. */
  forget(id: string): void
}

export interface TreatDeps extends ActDeps {
  readonly start: (id: string) => Promise<unknown>
  readonly restart: (id: string) => Promise<unknown>
  /** Why nothing may be done to it; undefined: it may. */
  readonly why: (container: Seen) => string | undefined
}

const hourMs = 3_600_000
/** Between two tries, doubled with each; the first is made at once. */
const firstWaitMs = 10_000
const retryMs = 60_000
/** Of one that ran already no start is heard. */
const oursMs = 30_000

export function createTreatments(deps: TreatDeps, memory: HealMemory, later: (id: string, ms: number) => void): Treatments {
  const { done, now } = deps
  const held = new Map<string, string>()

  function giveUp({ id, name }: Seen, rule: HealHere): void {
    done.gaveUp[id] = { name: name.slice(0, 128), rule: rule.name, sinceMs: now() }
    dropOldest(done.gaveUp)
    keep(deps)
  }

  /** On the disk before it is made. */
  function count(id: string, tries: readonly number[]): boolean {
    done.tries[id] = [...tries, now()]
    if (keep(deps)) return true
    done.tries[id] = [...tries]
    return false
  }

  return {
    async treat(seen, by, rule) {
      const { id } = seen
      if (Object.hasOwn(done.gaveUp, id)) return
      const what = by === 'unhealthy' ? 'unhealthy' : seen.failure
      const said = (outcome: RuleAct['outcome'], why: string) => deps.tell(actOf(rule, seen, now(), outcome, why))
      const verdict = deps.why(seen)
      if (verdict !== undefined) {
        // Once for each time that it is not well.
        if (held.get(id) !== verdict) said('held', verdict)
        return void held.set(id, verdict)
      }
      held.delete(id)
      const tries = (done.tries[id] ?? []).filter((ms) => ms > now() - hourMs)
      if (tries.length >= rule.perHour) {
        giveUp(seen, rule)
        return said('gave_up', what)
      }
      const dueMs = tries.length === 0 ? 0 : tries.at(-1)! + firstWaitMs * 2 ** (tries.length - 1)
      if (dueMs > now()) return later(id, dueMs - now())
      if (!count(id, tries)) return later(id, retryMs)
      memory.begin(id)
      try {
        await (by === 'unhealthy' ? deps.restart(id) : deps.start(id))
        deps.after(oursMs, () => memory.done(id))
        said('ok', what)
      } catch (error) {
        memory.done(id)
        said('failed', `${what}: ${(error as Error).message}`)
        later(id, firstWaitMs * 2 ** tries.length)
      }
    },
    relieve(id) {
      held.delete(id)
      if (!Object.hasOwn(done.gaveUp, id)) return
      delete done.gaveUp[id]
      keep(deps)
    },
    forget(id) {
      held.delete(id)
      if (!Object.hasOwn(done.tries, id) && !Object.hasOwn(done.gaveUp, id)) return
      delete done.tries[id]
      delete done.gaveUp[id]
      keep(deps)
    },
  }
}

function actOf(rule: HealHere, { id, name }: Seen, timeMs: number, outcome: RuleAct['outcome'], why: string): RuleAct {
  const target = { target: id.slice(0, 64), targetName: name.slice(0, 128) }
  return { timeMs, kind: 'heal', rule: rule.name, from: rule.from, ...target, outcome, why: why.slice(0, 256) }
}

function dropOldest(gaveUp: Done['gaveUp']): void {
  const all = Object.entries(gaveUp).sort(([, a], [, b]) => a.sinceMs - b.sinceMs)
  for (const [id] of all.slice(0, Math.max(0, all.length - mostActs))) delete gaveUp[id]
}
