import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { codeOf } from '@fairlead/protocol/errors.ts'
import type { RulesState } from '@fairlead/protocol/features/rules.ts'
import type { Log } from '../base/log.ts'
import type { Fleet, LiveHost } from '../fleet/fleet.ts'
import { keepListening } from '../fleet/keep.ts'
import type { HostBook } from '../hosts/book.ts'
import type { HostRules, RuleBook } from './book.ts'

export interface FollowDeps {
  readonly fleet: Pick<Fleet, 'onAttach' | 'onDetach' | 'find'>
  readonly book: Pick<HostBook, 'hosts' | 'onChange'>
  readonly rules: RuleBook
  readonly log: Log
}

export interface Followed {
  /** What a live host says of its rules. */
  stateOf(host: string): RulesState | undefined
  /** Other rules count for it now, or may. */
  hand(organization: string, hosts: readonly string[]): Promise<void>
}

/** However often a host says something else, the others' turn comes as well. */
const pauseMs = 100

/**
 * Each host has the rules that count for it, whenever it comes and whatever is set. What it says it has is what is compared; handed down
 * once on each link, for one that makes something else of them would be told for ever.
 */
export function followRules({ fleet, book, rules, log }: FollowDeps): Followed {
  const states = new Map<string, RulesState>()
  const handed = new WeakMap<object, HostRules>()
  /** Links on which it was said already that a host takes no rules: one that says something else ten times a second fills no log. */
  const logged = new WeakSet<object>()
  const environments = new Map<string, string>()
  const listening = new Set<string>()

  function follow(host: LiveHost, ended: (error?: unknown) => void): void {
    const { session } = host
    host.clients.rules.watch({}).each(async (state) => {
      if (host.session !== session) return
      states.set(host.id, state)
      await hand(host)
      await sleep(pauseMs, undefined, { ref: false })
    }, ended)
  }

  const telling = { log, what: 'rules', run: follow }

  async function hand(host: LiveHost): Promise<void> {
    const { session } = host
    const state = states.get(host.id)
    const record = (await book.hosts(host.organization)).get(host.id)
    if (state === undefined || record === undefined || session === undefined || host.session !== session) return
    environments.set(host.id, record.environmentId)
    const wanted = await rules.effective(host.organization, record)
    if (isSame(state, wanted) || isDeepStrictEqual(handed.get(session), wanted)) return
    handed.set(session, wanted)
    try {
      states.set(host.id, await host.clients.rules.set({ counter: state.counter + 1, ...wanted }))
    } catch (error) {
      // It has others since, and says so in a moment: these are judged anew by then.
      handed.delete(session)
      if (codeOf(error) === 'conflict' || logged.has(session)) return
      logged.add(session)
      log('warn', 'a host did not take its rules', { host: host.id, error: String(error) })
    }
  }

  /** A host that goes to another environment comes under its rules. */
  function listen(organization: string): void {
    if (listening.has(organization)) return
    listening.add(organization)
    book.onChange(organization, (ids) => void book.hosts(organization).then((records) => moved([...ids], records)))
  }
  async function moved(ids: readonly string[], records: Awaited<ReturnType<HostBook['hosts']>>): Promise<void> {
    for (const id of ids) {
      const [before, host] = [environments.get(id), fleet.find(id)]
      const now = records.get(id)?.environmentId
      if (before !== undefined && now !== undefined && now !== before && host !== undefined) await hand(host)
    }
  }

  fleet.onAttach((host) => {
    states.delete(host.id)
    if (!host.features.includes('rules')) return
    listen(host.organization)
    keepListening(host, telling)
  })
  fleet.onDetach((host) => {
    states.delete(host.id)
    environments.delete(host.id)
  })
  return {
    stateOf: (host) => states.get(host),
    async hand(organization, hosts) {
      const live = hosts.map((id) => fleet.find(id)).filter((host) => host?.organization === organization)
      await Promise.all(live.map((host) => hand(host!)))
    },
  }
}

export function isSame({ heal, prune }: HostRules, wanted: HostRules): boolean {
  return isDeepStrictEqual({ heal, prune }, wanted)
}
