import type { Handlers } from '@fairlead/protocol/contract.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { RuleSet, rulesApi } from '@fairlead/protocol/features/rules.ts'
import { noSuchHost, type HubContext } from '../base/access.ts'
import type { Database } from '../base/db.ts'
import type { Log } from '../base/log.ts'
import { featureOf } from '../fleet/feature.ts'
import type { Fleet } from '../fleet/fleet.ts'
import type { HostBook, HostRecord } from '../hosts/book.ts'
import { openRuleBook, type RuleBook } from './book.ts'
import { followRules, isSame, type Followed } from './follow.ts'

export interface RulesDeps {
  readonly db: Database
  readonly fleet: Pick<Fleet, 'onAttach' | 'onDetach' | 'find' | 'onHost'>
  readonly book: Pick<HostBook, 'hosts' | 'onChange'>
  readonly log: Log
}

/** What hosts do by themselves, set for one or for an environment. Each judges it by its own policy when the time comes. */
export function openRules({ db, fleet, book, log }: RulesDeps): { readonly handlers: Handlers<typeof rulesApi, HubContext> } {
  const rules = openRuleBook(db)
  const followed = followRules({ fleet, book, rules, log })

  const known = { fleet, book, rules, followed }
  return { handlers: { ...serveHost(known), ...serveEnvironment(known) } }
}

interface Known extends Pick<RulesDeps, 'fleet' | 'book'> {
  readonly rules: RuleBook
  readonly followed: Followed
}
type AllHandlers = Handlers<typeof rulesApi, HubContext>

function serveHost({ fleet, book, rules, followed }: Known): Omit<AllHandlers, 'environment' | 'setEnvironment'> {
  async function recordOf(organization: string, id: string): Promise<HostRecord> {
    const record = (await book.hosts(organization)).get(id)
    if (record === undefined) throw noSuchHost()
    return record
  }
  const clientOf = (host: string) => featureOf(fleet, host, 'rules', 'keep rules')
  return {
    async host(_input, { caller: { organization }, host }) {
      const record = await recordOf(organization, host)
      const state = followed.stateOf(host)
      return {
        environment: { id: record.environmentId, name: record.environment },
        own: await rules.ofHost(organization, host),
        inherited: await rules.ofEnvironment(organization, record.environmentId),
        state: state ?? null,
        reason: state !== undefined ? '' : isOld(fleet, host) ? 'old' : 'offline',
        current: state !== undefined && isSame(state, await rules.effective(organization, record)),
      }
    },
    watch: (_input, { host, signal, trace }) => clientOf(host).watch({}, { signal, trace }),
    preview: async (input, { host, signal, trace }) => clientOf(host).preview(input, { signal, trace }),
    async setHost({ rules: next }, { caller: { organization }, host, note, changed }) {
      const { name } = await recordOf(organization, host)
      note(name)
      refuseUnfit(next)
      const before = await rules.setHost(organization, host, next)
      changed?.(toldOf(before), { ...blank(toldOf(before)), ...toldOf(next) })
      await followed.hand(organization, [host])
      return { rules: next }
    },
  }
}

function serveEnvironment({ fleet, book, rules, followed }: Known): Pick<AllHandlers, 'environment' | 'setEnvironment'> {
  const hostsIn = async (organization: string, environment: string) =>
    [...(await book.hosts(organization)).values()].filter((one) => one.environmentId === named(environment))
  return {
    async environment(_input, { caller: { organization }, environment, sight }) {
      const seen = await sight()
      const there = (await hostsIn(organization, environment)).filter(({ id }) => seen.sees(id))
      const current = await Promise.all(
        there.map(async (record) => {
          const state = followed.stateOf(record.id)
          return state !== undefined && isSame(state, await rules.effective(organization, record))
        }),
      )
      return {
        rules: await rules.ofEnvironment(organization, environment),
        hosts: { all: there.length, current: current.filter(Boolean).length, old: there.filter(({ id }) => isOld(fleet, id)).length },
      }
    },
    async setEnvironment({ rules: next }, { caller: { organization }, environment, note, changed }) {
      const hosts = await hostsIn(organization, environment)
      note(hosts[0]?.environment ?? '')
      refuseUnfit(next)
      const before = await rules.setEnvironment(organization, environment, next)
      changed?.(toldOf(before), { ...blank(toldOf(before)), ...toldOf(next) })
      const ids = hosts.map(({ id }) => id)
      await followed.hand(organization, ids)
      return { rules: next }
    },
  }
}

function isOld(fleet: RulesDeps['fleet'], host: string): boolean {
  const live = fleet.find(host)
  return live?.session !== undefined && !live.features.includes('rules')
}

/** Rules of the whole organization there are none of. */
function named(environment: string): string {
  if (environment === '') throw new FairleadError('invalid_input', 'Name the environment.', { details: { field: 'environment' } })
  return environment
}

/** What no schema says. */
function refuseUnfit({ heal, prune }: RuleSet): void {
  for (const [kind, all] of [['heal', heal] as const, ['prune', prune] as const]) {
    const names = all.map(({ name }) => name)
    const twice = names.findIndex((name, at) => names.indexOf(name) !== at)
    if (twice >= 0) throw unfit(`${kind}.${twice}.name`, `Two rules here are called “${names[twice]}”; call one of them otherwise.`)
  }
  const idle = heal.findIndex(({ unhealthySeconds, failed }) => unhealthySeconds === null && !failed)
  if (idle >= 0)
    throw unfit(
      `heal.${idle}.unhealthySeconds`,
      `“${heal[idle]!.name}” would never do anything: let it look at health checks, at failures, or both.`,
    )
}

const unfit = (field: string, message: string) => new FairleadError('invalid_input', message, { details: { field } })

/** For the trail: each rule in one line of its own. */
function toldOf({ heal, prune }: RuleSet): Record<string, string> {
  return Object.fromEntries([
    ...heal.map((rule) => [`heal ${rule.name}`, lineOf(rule)] as const),
    ...prune.map((rule) => [`prune ${rule.name}`, lineOf(rule)] as const),
  ])
}

const blank = (told: Readonly<Record<string, string>>) => Object.fromEntries(Object.keys(told).map((key) => [key, '']))

function lineOf({ name: _name, ...rest }: RuleSet['heal'][number] | RuleSet['prune'][number]): string {
  return Object.entries(rest)
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `${key} ${Array.isArray(value) ? value.join(',') : String(value)}`)
    .join(', ')
}
