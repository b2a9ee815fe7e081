import type { HostEvent } from '@fairlead/protocol/features/events.ts'
import type { LocalVerb } from '@fairlead/protocol/features/journal.ts'
import { mostActs, type RuleAct, type RulesState } from '@fairlead/protocol/features/rules.ts'
import type { HeldOnes } from '../containers/held.ts'
import { ask, type Engine } from '../docker/engine.ts'
import type { EngineWatch } from '../docker/watch.ts'
import type { LocalNews } from '../journal/entry.ts'
import type { Policy } from '../policy/policy.ts'
import type { Say } from '../say.ts'
import { createHealer } from './heal.ts'
import { findUnused, removeImage } from './images.ts'
import { readDone, writeDone, type Done, type Kept } from './kept.ts'
import { listSuspects, lookAt } from './look.ts'
import { createPruner, keyOf, nextRun } from './prune.ts'

export interface RulesDeps {
  readonly stateDir: string
  readonly engine: Engine
  readonly watch: Pick<EngineWatch, 'onEvent' | 'facts'>
  /** The last events that are kept, the youngest last. */
  readonly recent: () => readonly HostEvent[]
  readonly rights: {
    readonly policy: Pick<Policy, 'may' | 'onChange'>
    readonly held: Pick<HeldOnes, 'why'>
    readonly journal: { note(news: LocalNews): void }
  }
  readonly tell: (event: HostEvent) => void
  readonly say: Say
}

/** Rules in force: this module and what it imports is loaded with the first one. */
export interface Runner {
  view(): Pick<RulesState, 'zone' | 'next' | 'gaveUp' | 'acts'>
  /** The policy is another one: what was held may be done now. */
  look(): void
  /** Others are in force. What is being done to a container goes on, and is still known to be of a rule. */
  change(kept: Kept): void
  close(): void
}

const hourMs = 3_600_000
/** For a container to end before it is killed. */
const graceSeconds = 10
/** It and what a busy engine takes beside. */
const engineMs = 120_000

export function openRunner(first: Kept, deps: RulesDeps & { readonly changed: () => void }): Runner {
  const { engine, stateDir, watch } = deps
  let kept = first
  const done = readDone(stateDir)
  forgetOld(done, kept)
  const save = () => writeDone(stateDir, done)
  const common = {
    done,
    save,
    now: Date.now,
    onProblem: (message: string, error: unknown) => deps.say('error', message, { error: String(error) }),
    after(ms: number, run: () => void) {
      const timer = setTimeout(run, ms).unref()
      return () => clearTimeout(timer)
    },
    tell(act: RuleAct) {
      tellAct(act, done, deps)
      try {
        save()
      } catch {
        // It is in the journal, which waits for its disk.
      }
      deps.changed()
    },
  }
  const healer = createHealer({
    ...common,
    rules: () => ({ heal: kept.heal, sinceMs: kept.healsSinceMs }),
    look: (id) => lookAt(engine, id),
    suspects: () => listSuspects(engine),
    start: (id) => engine.call(ask('POST /containers/{id}/start', { id }), { timeoutMs: engineMs }),
    restart: (id) => engine.call(ask('POST /containers/{id}/restart', { id }, { t: graceSeconds }), { timeoutMs: engineMs }),
    why: (container) => deps.rights.held.why(container),
  })
  const startPruner = () =>
    createPruner({
      ...common,
      prune: kept.prune,
      zone: zoneOf(kept),
      find: (rule) => findUnused(engine, rule, Date.now()),
      remove: (image) => removeImage(engine, image),
      why() {
        const verdict = deps.rights.policy.may('image.remove')
        return verdict === 'yes' ? undefined : verdict
      },
    })
  let pruner = startPruner()
  const stopEvents = watch.onEvent(healer.hear)
  healer.recall(deps.recent())
  if (watch.facts.up) void healer.look()
  return {
    view() {
      const zone = zoneOf(kept)
      return { zone, next: nextOf(kept, zone, done), gaveUp: gaveUpOf(done), acts: done.acts }
    },
    look: () => void healer.look(),
    change(next) {
      kept = next
      forgetOld(done, kept)
      pruner.close()
      pruner = startPruner()
      healer.change()
    },
    close() {
      stopEvents()
      healer.close()
      pruner.close()
    },
  }
}

const zoneOf = ({ prune }: Kept) => (prune.length === 0 ? '' : Intl.DateTimeFormat().resolvedOptions().timeZone)

/** Of rules that are gone, and of hours that are over. */
function forgetOld(done: Done, { prune }: Kept): void {
  const rules = new Set(prune.map(keyOf))
  const overMs = Date.now() - hourMs
  done.tries = Object.fromEntries(Object.entries(done.tries).filter(([, tries]) => tries.some((ms) => ms > overMs)))
  done.prunedMs = Object.fromEntries(Object.entries(done.prunedMs).filter(([key]) => rules.has(key)))
}

export function nextOf({ prune }: Pick<Kept, 'prune'>, zone: string, done: Done): RulesState['next'] {
  return prune.map((rule) => ({ rule: rule.name, timeMs: nextRun(rule, zone, done.prunedMs[keyOf(rule)], Date.now()) ?? null }))
}

export function gaveUpOf({ gaveUp }: Done): RulesState['gaveUp'] {
  return Object.entries(gaveUp)
    .map(([id, one]) => ({ id, ...one }))
    .slice(0, mostActs)
}

const verbs: Readonly<Record<RuleAct['kind'], Readonly<Record<RuleAct['outcome'], LocalVerb>>>> = {
  heal: { ok: 'heal', failed: 'heal', held: 'heal_held', gave_up: 'heal_gave_up' },
  prune: { ok: 'prune', failed: 'prune', held: 'prune_held', gave_up: 'prune' },
}

/** Into the journal, and from there to the trail of the hub; among the events; and for whoever looks at the rules. */
function tellAct(act: RuleAct, done: Done, { rights, tell }: RulesDeps): void {
  const { kind, rule, from, target, targetName, outcome, why, timeMs } = act
  done.acts = [act, ...done.acts].slice(0, mostActs)
  const verb = verbs[kind][outcome]
  const facts = { rule, from, why }
  const code = outcome === 'held' ? { code: 'forbidden' } : {}
  rights.journal.note({ verb, who: 'agent', outcome: outcome === 'ok' ? 'ok' : 'failed', target, targetName, facts: { ...facts, ...code } })
  tell({ timeMs, type: 'agent', action: verb, id: target || 'rules', name: targetName || rule, facts })
}
