import { randomBytes } from 'node:crypto'
import type { Api, Endpoint } from '@fairlead/protocol/api.ts'
import { codeOf, FairleadError, isCanceled } from '@fairlead/protocol/errors.ts'
import { authorize, checkEndpoints, isHidden, lacksProof, nobody, type Caller, type HubContext } from './access.ts'
import type { AuditEntry, Audits } from './audit.ts'
import type { Log } from './log.ts'
import { createHeld, createRates, rates, type Rates } from './rates.ts'
import type { Place } from './rights.ts'
import { differences, makeRow, type NameOf } from './serve-row.ts'
import { noSight, type Sight } from './sight.ts'
import { stripAnswers } from './strip.ts'

/** Handlers of every feature of the hub; each record was checked against its contract where it was made. */
export type AnyHandlers = Readonly<Record<string, Readonly<Record<string, (input: never, context: never) => unknown>>>>

interface ServeDeps {
  readonly features: Readonly<Record<string, Api>>
  readonly handlers: AnyHandlers
  readonly audits: Audits
  readonly log: Log
  readonly places: Places
  readonly nameOf?: NameOf
  readonly rates?: Rates
  readonly secondPerson?: SecondPerson
}

/** What a door with `secondPerson` is asked. */
export interface SecondPersonAsked extends Pick<Call, 'name' | 'endpoint' | 'params'> {
  readonly caller: Caller
  readonly host: HostRef | undefined
  readonly environment: string | undefined
  readonly place: Place
}

/** Throws `unapproved` where the organization asks for somebody else's yes and there is none, or it was used. */
export type SecondPerson = (asked: SecondPersonAsked) => Promise<void>

/** Where things are: what requests are judged by. */
export interface Places {
  /** Throws `not_found`. */
  host(organization: string, idOrName: string): Promise<HostRef>
  /** Throws `not_found`. */
  environment(organization: string, idOrName: string): Promise<{ readonly id: string }>
  /** The hosts at which a permission holds for somebody now. */
  sight(caller: Caller, permission: string): Promise<Sight>
}

/** `environment`: its id. */
export interface HostRef {
  readonly id: string
  readonly name: string
  readonly environment: string
  readonly tags: readonly string[]
}

export interface Call {
  readonly name: string
  readonly endpoint: Endpoint
  /** Who asks; undefined: nobody. */
  readonly caller: Caller | undefined
  readonly params: Readonly<Record<string, unknown>>
  readonly about: Pick<Caller, 'ip' | 'userAgent' | 'trace'>
}

export interface Admitted {
  readonly context: HubContext
  /** Says how it ended: the audit row of the outcome, and the log line. */
  done(error: unknown, ms: number): Promise<void>
}

export interface Doors {
  readonly endpoints: ReadonlyMap<string, Endpoint>
  readonly features: ServeDeps['features']
  readonly handlers: AnyHandlers
  /** Judges one request and writes down what must be: the same for HTTP, SSE and the console's session. */
  admit(call: Call): Promise<Admitted>
  /** Resolves when no call is under way, after so many ms at the latest. Streams are not waited for. */
  idle(ms: number): Promise<void>
  /** Requests answered, by code; `ok` for those that went well. */
  readonly answered: ReadonlyMap<string, number>
  readonly openStreams: number
}

export function newTrace(): string {
  return randomBytes(8).toString('hex')
}

export function endpointsOf(features: ServeDeps['features']): ReadonlyMap<string, Endpoint> {
  return new Map(
    Object.entries(features).flatMap(([feature, api]) =>
      Object.entries(api).map(([name, endpoint]) => [`${feature}.${name}`, endpoint] as const),
    ),
  )
}

/** The one place where anything is let in. */
export function createDoors(deps: ServeDeps): Doors {
  const { features, audits, log, places, rates: allowed = createRates(), nameOf } = deps
  const rowOf = makeRow(nameOf)
  const work = createWork()
  const { answered, count } = createCounts()
  const endpoints = checked(features)

  /** Who may, on what, and whether there is room for one more. */
  async function judge({ name, endpoint, caller, params, about }: Call): Promise<Found & { readonly release: () => void }> {
    if (caller === undefined) allowed.take('stranger', about.ip)
    else allowed.take('account', caller.account)
    allowed.take('hub', '')
    // First whether anywhere: whoever may it nowhere learns nothing of what there is.
    authorize(name, endpoint, caller, {})
    const found = caller === undefined ? {} : await findPlace(places, endpoint, caller, params)
    authorize(name, endpoint, caller, found)
    await askSecond(deps, { name, endpoint, caller, params, about }, found)
    const holders = { login: caller?.login ?? '', host: found.host?.id ?? '' }
    return { ...found, release: endpoint.kind === 'call' ? work.begin() : work.streams.open(holders) }
  }

  async function refused({ name, caller, about, ...call }: Call, error: unknown): Promise<void> {
    const code = codeOf(error)
    count(code)
    // A flood must not become a flood of lines.
    if (code === 'rate_limited') return
    log('info', 'refused', { id: about.trace, method: name, caller: caller?.account ?? '', ip: about.ip, code })
    if ((code !== 'forbidden' && code !== 'unproven' && code !== 'unapproved' && !isHidden(error)) || caller === undefined) return
    const how = lacksProof(error) ? { verb: 'access.step_up' } : { verb: 'access.refused' }
    await audits.write({ ...rowOf({ name, caller, about, ...call }), outcome: 'refused', code: name, ...how })
  }

  return {
    endpoints,
    features,
    handlers: stripAnswers(features, deps.handlers),
    answered,
    get openStreams() {
      return work.streams.total
    },
    idle: work.idle,
    async admit(call) {
      const { endpoint, caller } = call
      const { host, environment, release } = await judge(call).catch(async (error: unknown) => {
        await refused(call, error)
        throw error
      })
      const row = rowOf(call, host)
      let noted: Partial<Pick<AuditEntry, 'targetName' | 'organization' | 'before' | 'after'>> = {}
      // Work on a host is written down before it begins: the link may drop in between. Sign-in and set-up write their own rows.
      const audited = endpoint.door.audit !== undefined && endpoint.door.on !== 'public' && caller !== undefined
      try {
        if (audited && endpoint.door.on === 'host') await audits.write({ ...row, outcome: 'started' })
      } catch (error) {
        release()
        throw error
      }
      return {
        context: {
          ...contextOf(places, call, { host, environment }),
          note: (targetName, organization) =>
            void (noted = { ...noted, targetName: targetName.slice(0, 256), ...(organization === undefined ? {} : { organization }) }),
          changed: (before, after) => void (noted = { ...noted, ...differences(before, after) }),
        },
        async done(error, ms) {
          const code = error === undefined || isCanceled(error) ? 'ok' : codeOf(error)
          count(code)
          say(log, call, row.hostName, code, error, ms)
          // The answer of a call waits for its row, and a hub that stops waits for the answer: it leaves in the turn after that.
          const answers = audited && call.endpoint.kind === 'call'
          if (!answers) release()
          if (audited) await writeOutcome(deps, { ...row, ...noted, ...outcomeOf(call.endpoint, error) })
          if (answers) setImmediate(release)
        },
      }
    },
  }
}

/** Throws `unapproved` where an organization wants two people, and the second has not agreed. */
async function askSecond({ secondPerson }: ServeDeps, { name, endpoint, caller, params }: Call, found: Found): Promise<void> {
  if (endpoint.door.secondPerson !== true || caller === undefined) return
  const { host, environment, place = {} } = found
  await secondPerson?.({ name, endpoint, caller, params, host, environment, place })
}

function checked(features: ServeDeps['features']): ReadonlyMap<string, Endpoint> {
  const endpoints = endpointsOf(features)
  checkEndpoints(endpoints)
  return endpoints
}

function createCounts() {
  const answered = new Map<string, number>()
  return { answered, count: (code: string) => void answered.set(code, (answered.get(code) ?? 0) + 1) }
}

/** Leaving a stream is how one ends it. Of a call that its asker gave up nobody knows that it went well. */
function outcomeOf({ kind }: Endpoint, error: unknown): Pick<AuditEntry, 'outcome' | 'code'> {
  const over = error === undefined || (kind !== 'call' && isCanceled(error))
  return over ? { outcome: 'ok', code: '' } : { outcome: 'failed', code: isCanceled(error) ? 'canceled' : codeOf(error) }
}

async function writeOutcome({ audits, log }: ServeDeps, row: AuditEntry): Promise<void> {
  try {
    await audits.write(row)
  } catch (cause) {
    // It is done: that its row could not be written changes nothing of that, and must not be lost.
    log('error', 'an audit row was not written', { ...row, error: String(cause) })
  }
}

function contextOf(
  places: Places,
  { endpoint, caller, about }: Call,
  { host, environment = '' }: Found,
): Omit<HubContext, 'note' | 'changed'> {
  return {
    caller: caller ?? nobody(about.ip, about.userAgent, about.trace),
    host: host?.id ?? '',
    environment,
    sight: async () => (caller === undefined ? noSight : places.sight(caller, endpoint.door.needs)),
  }
}

export interface Found {
  readonly host?: HostRef | undefined
  readonly environment?: string | undefined
  /** Undefined: of all that the caller may see. */
  readonly place?: Place
}

/** What a request is about: of `hosts` no place, but all that one sees. */
export async function findPlace(places: Places, { door }: Endpoint, { organization }: Caller, params: Call['params']): Promise<Found> {
  if (door.on === 'host') {
    const host = await places.host(organization, String(params['host'] ?? ''))
    return { host, place: { host: host.id, environment: host.environment, tags: host.tags } }
  }
  const named = door.on === 'environment' ? params['environment'] : undefined
  if (named !== undefined) {
    const { id: environment } = await places.environment(organization, String(named))
    return { environment, place: { environment } }
  }
  return door.on === 'hosts' ? {} : { place: {} }
}

/** What is under way: calls, which the hub waits for when it stops, and streams, which it counts. */
function createWork() {
  const streams = createHeld('streams', rates.streams)
  const calls = new Set<object>()
  let whenIdle: (() => void) | undefined
  return {
    streams,
    begin() {
      const own = {}
      calls.add(own)
      return () => {
        calls.delete(own)
        if (calls.size === 0) whenIdle?.()
      }
    },
    async idle(ms: number) {
      if (calls.size === 0) return
      const late = setTimeout(() => whenIdle?.(), ms)
      await new Promise<void>((resolve) => (whenIdle = resolve))
      clearTimeout(late)
    },
  }
}

/** One line a request; what nobody expected with its stack. */
function say(log: Log, { name, caller, about }: Call, host: string, code: string, error: unknown, ms: number): void {
  const id = about.trace
  if (code === 'internal')
    log('error', 'unexpected', { id, method: name, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  log('info', 'request', { id, caller: caller?.account ?? '', method: name, host, ms: Math.round(ms), code })
}

/** What leaves: the code and a sentence for a person. The cause stays. */
export function publicError(error: unknown, trace: string): { code: string; message: string; details?: unknown; id: string } {
  if (error instanceof FairleadError && error.code !== 'internal')
    return { code: error.code, message: error.message, ...(error.details === undefined ? {} : { details: error.details }), id: trace }
  return { code: 'internal', message: `Something went wrong in the hub; its log has the reason under ${trace}.`, id: trace }
}
