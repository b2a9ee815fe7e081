import type { Handlers } from '@fairlead/protocol/contract.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { capabilities, type Capability, type HostPolicy, type policy } from '@fairlead/protocol/features/policy.ts'
import type { Say } from '../say.ts'
import { everyStep } from '../steps.ts'
import { tellChanges } from '../told.ts'
import { followFile, type Look } from './follow.ts'
import { followRules, type FoundRules, type RulesDeps } from './follow-rules.ts'
import { isOver, lockFile, parseLock, removeLock, reserveLock, type Lock } from './lock.ts'
import { refusedMethods } from './needs.ts'
import { narrowedFile, narrowFurther, parseNarrowed, writeNarrowed } from './narrowed.ts'
import { findProtected, parseProtected, protectedFile, type ContainerNames, type ProtectedContainer } from './protect.ts'
import { judgeCapability, lesserMode, type Narrowed, type Why } from './rules.ts'

/** What holds on this host at this moment. */
export interface InForce extends FoundRules {
  readonly lock: Lock | undefined
  readonly narrowed: Narrowed
  /** undefined: the list cannot be read, so all are. */
  readonly guarded: readonly ProtectedContainer[] | undefined
}

export interface Policy {
  /** Looks at the files first: what holds is what is there now. */
  inForce(): InForce
  /** `yes`, or what takes it away. */
  may(capability: Capability): 'yes' | Why
  view(): HostPolicy
  /** Told after every change, with what holds now. */
  onChange(listener: (now: InForce) => void): () => void
  readonly handlers: Handlers<typeof policy>
  stop(): void
}

export interface PolicyDeps extends RulesDeps {
  /** The agent's own container. */
  readonly own?: string | undefined
}

/** How often files are looked at when nobody asks for anything, nor says that they changed, as the CLI does: what is open ends by then, and consoles show it. */
const lookMs = 10_000

export function openPolicy(deps: PolicyDeps): Policy {
  const { stateDir, note, say, looksOnly = false } = deps
  const follow = {
    lock: followFile(lockFile(stateDir), looksOnly),
    narrowed: followFile(narrowedFile(stateDir), looksOnly),
    guarded: followFile(protectedFile(stateDir), looksOnly),
  }
  const readRules = followRules(deps)
  const readLock = remember(parseLock)
  const readNarrowed = remember(parseNarrowed)
  const readGuarded = remember((look) => withOwn(parseProtected(look), deps.own))
  const listeners = new Set<(now: InForce) => void>()
  let now: InForce | undefined

  function inForce(): InForce {
    const before = now
    const lock = readLock(follow.lock())
    const next: InForce = {
      ...readRules(),
      lock: lock === undefined || isOver(lock) ? undefined : lock,
      narrowed: readNarrowed(follow.narrowed()),
      guarded: readGuarded(follow.guarded()),
    }
    now = next
    if (before === undefined || isSame(before, next)) return next
    if (before.lock !== undefined && lock !== undefined && next.lock === undefined) endLock()
    for (const listener of listeners) listener(next)
    return next
  }

  function endLock(): void {
    say('info', 'the time of the lock is over: the policy holds again')
    note({ verb: 'lock_over', who: 'agent', outcome: 'ok', target: '', targetName: '', facts: {} })
    // Its file would be judged anew after a clock was set back.
    if (!looksOnly) removeLock(stateDir)
  }

  if (!looksOnly) reserve(stateDir, say)
  const may = (capability: Capability) => judge(inForce(), capability)
  const looks = everyStep(lookMs, inForce).unref()
  inForce()
  const view = () => describe(inForce())
  const onChange = (listener: (now: InForce) => void) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }
  return {
    inForce,
    may,
    view,
    onChange,
    handlers: {
      watch: (_input, { signal }) => tellChanges(view, onChange, signal),
      async narrow(more) {
        writeNarrowed(stateDir, narrowFurther(inForce().narrowed, more))
        return view()
      },
    },
    stop: looks.stop,
  }
}

export function judge({ rules, narrowed, lock }: InForce, capability: Capability): 'yes' | Why {
  return judgeCapability(capability, { rules, narrowed, locked: lock !== undefined })
}

/** Throws `forbidden` for one that nothing of the hub changes or enters. */
export function refuseProtected({ guarded }: InForce, container: ContainerNames): void {
  if (guarded === undefined)
    throw new FairleadError(
      'forbidden',
      'This host cannot read which of its containers are protected, so all are. On the host: fairlead-agent doctor.',
    )
  const found = findProtected(guarded, container)
  if (found === undefined) return
  const why = found.reason === '' ? '' : ` (${found.reason})`
  throw new FairleadError('forbidden', `Container ${container.name} is protected on its host${why}; only there can it be changed.`)
}

function reserve(stateDir: string, say: Say): void {
  try {
    reserveLock(stateDir)
  } catch (error) {
    say('warn', 'no room could be kept for a lock on a full disk', { error: String(error) })
  }
}

/** Of each look the answer is worked out once. */
function remember<T>(parse: (look: Look) => T): (look: Look) => T {
  let seen: { readonly look: Look; readonly value: T } | undefined
  return (look) => (seen?.look === look ? seen : (seen = { look, value: parse(look) })).value
}

function isSame(a: InForce, b: InForce): boolean {
  return (Object.keys(a) as (keyof InForce)[]).every((key) => a[key] === b[key])
}

const ownWords = { name: '', reason: 'the agent itself' }

function withOwn(all: readonly ProtectedContainer[] | undefined, own: string | undefined): readonly ProtectedContainer[] | undefined {
  return all === undefined || own === undefined ? all : [...all, { id: own, ...ownWords }]
}

function describe(now: InForce): HostPolicy {
  const { rules, source, problem, lock, narrowed, guarded } = now
  const may = Object.fromEntries(capabilities.map((one) => [one, judge(now, one)]))
  return {
    mode: lock === undefined ? lesserMode(rules.mode, narrowed.mode) : 'monitor',
    source,
    problem,
    lock: lock === undefined ? null : { sinceMs: lock.sinceMs, untilMs: lock.untilMs, reason: lock.reason, by: lock.by },
    narrowed: { mode: narrowed.mode, deny: [...narrowed.deny] },
    may,
    refused: refusedMethods((capability) => may[capability] === 'yes'),
    protected: (guarded ?? []).map((one) => ({ ...one })),
    files: { read: [...rules.files.read], write: [...rules.files.write] },
    registries: rules.registries === null ? null : [...rules.registries],
  }
}
