import { setTimeout as sleep } from 'node:timers/promises'
import type { UpdateState } from '@fairlead/protocol/features/updates.ts'
import type { Log } from '../base/log.ts'
import type { Fleet, LiveHost } from '../fleet/fleet.ts'
import { keepListening } from '../fleet/keep.ts'

/** What each live host says of its own agent. */
export interface HostStates {
  of(host: string): UpdateState | undefined
  /** A host said something, or came: one that is too old to say anything also. */
  onNews(listener: (host: LiveHost) => void): void
  onGone(listener: (host: LiveHost) => void): void
}

/** However often a host says something else, the others' turn comes as well. */
const pauseMs = 100

export function followStates({ fleet, log }: { readonly fleet: Pick<Fleet, 'onAttach' | 'onDetach'>; readonly log: Log }): HostStates {
  const states = new Map<string, UpdateState>()
  const news: ((host: LiveHost) => void)[] = []
  const gone: ((host: LiveHost) => void)[] = []
  const tell = (host: LiveHost) => {
    for (const listener of news) listener(host)
  }

  function follow(host: LiveHost, ended: (error?: unknown) => void): void {
    const { session } = host
    host.clients.updates.watch({}).each(async (state) => {
      if (host.session !== session) return
      states.set(host.id, state)
      tell(host)
      await sleep(pauseMs, undefined, { ref: false })
    }, ended)
  }
  const listening = { log, what: 'updates', run: follow }

  fleet.onAttach((host) => {
    states.delete(host.id)
    if (host.features.includes('updates')) keepListening(host, listening)
    else tell(host)
  })
  fleet.onDetach((host) => {
    states.delete(host.id)
    for (const listener of gone) listener(host)
  })
  return {
    of: (host) => states.get(host),
    onNews: (listener) => void news.push(listener),
    onGone: (listener) => void gone.push(listener),
  }
}
