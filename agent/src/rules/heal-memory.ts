import type { HostEvent } from '@fairlead/protocol/features/events.ts'
import type { Seen } from './look.ts'

/** What was heard of containers that matters to whoever would restart them. */
export interface HealMemory {
  /** Each event, in order, those of before too. True: it is of a restart of our own. */
  hear(event: HostEvent): boolean
  /** It is being restarted here: its end and its start are nobody else's, until `done`. */
  begin(id: string): void
  done(id: string): void
  /** Since it began last. */
  wasStopped(id: string): boolean
  /** It ended, and nobody here knows of itself or by a person's will. */
  isUnsure(seen: Seen): boolean
}

/** HUP, USR1, USR2, WINCH: who sends them wants it to read its files anew, not to end. */
const gentle: ReadonlySet<string> = new Set(['1', '10', '12', '28', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'])

export function createMemory(): HealMemory {
  const stopped = new Set<string>()
  /** Its end was heard, and so whether somebody stopped it. */
  const ended = new Set<string>()
  const ours = new Set<string>()
  let lost = { fromMs: 0, toMs: 0 }

  function hearContainer({ action, id, facts }: HostEvent): boolean {
    const own = ours.has(id)
    if (['start', 'destroy', 'remove'].includes(action)) {
      for (const set of [stopped, ended, ours]) set.delete(id)
    } else if (!own) {
      if (action === 'kill' && !gentle.has(facts['signal'] ?? '')) stopped.add(id)
      if (action === 'die' || action === 'died') ended.add(id)
    }
    return own
  }

  return {
    hear(event) {
      const { type, action, id, facts } = event
      if (type === 'agent' && action === 'gap' && id === 'engine')
        lost = { fromMs: Date.parse(facts['from'] ?? '') || 0, toMs: Date.parse(facts['to'] ?? '') || 0 }
      return type === 'container' && hearContainer(event)
    },
    begin: (id) => void ours.add(id),
    done: (id) => void ours.delete(id),
    wasStopped: (id) => stopped.has(id),
    isUnsure({ id, signaled, finishedMs }) {
      if (ended.has(id)) return false
      return signaled || (finishedMs >= lost.fromMs && finishedMs <= lost.toMs)
    },
  }
}
