import type { HostEvent } from '@fairlead/protocol/features/events.ts'
import type { UpdateState } from '@fairlead/protocol/features/updates.ts'
import type { LocalNews } from '../journal/entry.ts'
import type { Say } from '../say.ts'
import { createChanges } from '../told.ts'
import { version } from '../version.ts'
import { built } from './built.ts'
import { readMemory, readTaken, writeMemory, writeTaken, type Release } from './memory.ts'
import type { Own } from './own.ts'
import { forgetReturned, keepOnly, readReturned, readSlots, slotOf, slotOfFile, writeSlots, installed } from './slots.ts'

export interface StateDeps {
  readonly stateDir: string
  readonly own: Own
  readonly say: Say
  readonly note: (news: LocalNews) => void
  readonly tell: (event: HostEvent) => void
}

interface Now {
  readonly phase: UpdateState['phase']
  readonly next: Release | null
  readonly haveBytes: number
  readonly problem: string
}

/** Where this host is with its updates: on the disk what must outlive the agent, here what is shown of it. */
export interface State {
  /** Which program runs. */
  readonly slot: string
  view(): UpdateState
  onChange(listener: () => void): () => void
  set(now: Partial<Now>): void
  readonly now: Now
  /** The hash of what runs, once somebody read it. */
  knowOwn(sha256: string): void
  readonly sha256: string
  /** What another program is on the disk, once it is whole and starts here. */
  keepReady(slot: string, release: Release): void
  release(slot: string): Release | undefined
  /** On the disk, so that the starter tries it next. */
  startNext(slot: string): void
  /** The link is up: what was tried stays. */
  loggedIn(): void
}

export function openState(deps: StateDeps): State {
  const { stateDir, own } = deps
  const slot = own.target === null ? installed : slotOfFile(stateDir, own.file)
  const { tell, onChange } = createChanges()
  let sha256 = slot === installed ? '' : slot.slice(0, 64)
  let now = own.target === null ? idle : resume(deps, slot)
  const set = (more: Partial<Now>) => {
    now = { ...now, ...more }
    tell()
  }
  const release = (of: string) => readMemory(stateDir).slots[of]

  function view(): UpdateState {
    const before = own.target === null ? '' : readSlots(stateDir).before
    const known = before === '' ? undefined : release(before)
    const { phase, next, haveBytes, problem } = now
    return {
      version,
      kind: own.kind,
      target: own.target,
      sha256,
      counter: highest(stateDir),
      phase,
      next: next && { version: next.version, counter: next.counter, sha256: next.sha256, bytes: next.bytes, haveBytes },
      before: known === undefined ? null : { version: known.version, sha256: known.sha256 },
      problem: (problem === '' ? own.problem : problem).slice(0, 1024),
    }
  }

  return {
    slot,
    view,
    set,
    release,
    get now() {
      return now
    },
    get sha256() {
      return sha256
    },
    onChange,
    knowOwn(known) {
      sha256 = known
      set({})
    },
    keepReady(of, ready) {
      const memory = readMemory(stateDir)
      writeMemory(stateDir, { slots: { ...memory.slots, [of]: ready }, last: { phase: 'ready', slot: of, problem: '' } })
      set({ phase: 'ready', next: ready, haveBytes: ready.bytes, problem: '' })
    },
    startNext(of) {
      const next = release(of) ?? null
      letRun(stateDir, of, { slot, sha256 })
      set({ phase: 'trying', next, haveBytes: next?.bytes ?? 0, problem: '' })
    },
    loggedIn() {
      if (now.phase !== 'trying' || readSlots(stateDir).next !== slot) return
      try {
        keep(deps, slot)
        set({ phase: 'kept', problem: '' })
      } catch (error) {
        // The starter waits for it, and then brings the one before back.
        deps.say('error', 'that this update logged in cannot be written down: make room on the disk', { error: String(error) })
      }
    },
  }
}

const idle: Now = { phase: 'idle', next: null, haveBytes: 0, problem: '' }
const highest = (stateDir: string) => Math.max(readTaken(stateDir).counter, built.counter)

/** The last step is the one that counts: whoever dies before it has begun nothing. */
export function letRun(stateDir: string, next: string, running: { readonly slot: string; readonly sha256: string }): void {
  const { slots } = readMemory(stateDir)
  const release = slots[next]
  if (release !== undefined && release.counter > highest(stateDir))
    writeTaken(stateDir, { counter: release.counter, sha256: release.sha256 })
  const own = slots[running.slot] ?? { version, counter: built.counter, sha256: running.sha256, bytes: 0, expiresMs: 0 }
  writeMemory(stateDir, { slots: { ...slots, [running.slot]: own }, last: null })
  writeSlots(stateDir, { ...readSlots(stateDir), now: running.slot, next })
}

/** What an agent finds that was just started. */
function resume(deps: StateDeps, slot: string): Now {
  const { stateDir, own, say } = deps
  const slots = readSlots(stateDir)
  const memory = readMemory(stateDir)
  const shown = (of: string, phase: Now['phase'], problem = ''): Now => {
    const next = memory.slots[of] ?? null
    return { phase, next, haveBytes: next?.bytes ?? 0, problem }
  }
  if (slots.next === slot) return shown(slot, 'trying')
  try {
    const returned = readReturned(stateDir)
    if (returned !== undefined) {
      tellReturned(deps, returned.why, memory.slots[returned.slot]?.version ?? '')
      writeMemory(stateDir, { ...memory, last: { phase: 'returned', slot: returned.slot, problem: returned.why } })
      forgetReturned(stateDir)
      return shown(returned.slot, 'returned', returned.why)
    }
    // The starter did not take it up: nothing is to begin at a time that nobody chose.
    if (slots.next !== '') writeSlots(stateDir, { ...slots, next: '' })
  } catch (error) {
    say('error', 'what became of an update cannot be written down: make room on the disk', { error: String(error) })
  }
  const { last } = memory
  if (last === null) return idle
  if (last.phase === 'ready' && last.slot !== slotOf(last.slot.slice(0, 64), own.target === 'agent.cjs')) return idle
  return shown(last.slot, last.phase, last.problem)
}

function keep({ stateDir, say, note, tell }: StateDeps, slot: string): void {
  const before = readSlots(stateDir).now
  const memory = readMemory(stateDir)
  writeSlots(stateDir, { now: slot, before, next: '' })
  writeMemory(stateDir, { ...memory, last: { phase: 'kept', slot, problem: '' } })
  const facts = { version, from: memory.slots[before]?.version ?? '' }
  say('info', 'the update is kept', facts)
  note({ verb: 'update_kept', who: 'agent', outcome: 'ok', target: '', targetName: version, facts })
  tell({ timeMs: Date.now(), type: 'agent', action: 'updated', id: 'agent', name: 'agent', facts })
  keepOnly(stateDir, [slot, before])
}

function tellReturned({ say, note, tell }: StateDeps, why: string, of: string): void {
  const facts = { version: of, why: why.slice(0, 256) }
  say('warn', 'the update did not log in; this is the agent of before', facts)
  note({ verb: 'update_returned', who: 'agent', outcome: 'failed', target: '', targetName: of, facts })
  tell({ timeMs: Date.now(), type: 'agent', action: 'update_returned', id: 'agent', name: 'agent', facts })
}
