import { randomBytes } from 'node:crypto'
import type { Api, Endpoint } from '@fairlead/protocol/api.ts'
import { codeOf, FairleadError, isCanceled } from '@fairlead/protocol/errors.ts'
import { authorize, checkEndpoints, nobody, type Caller, type HubContext } from './access.ts'
import type { Audits } from './audit.ts'
import type { Log } from './log.ts'

/** Handlers of every feature of the hub; each record was checked against its contract where it was made. */
export type AnyHandlers = Readonly<Record<string, Readonly<Record<string, (input: never, context: never) => unknown>>>>

export interface ServeDeps {
  readonly features: Readonly<Record<string, Api>>
  readonly handlers: AnyHandlers
  readonly audits: Audits
  readonly log: Log
  /** Throws `not_found`. */
  readonly resolveHost: (organization: string, idOrName: string) => Promise<{ id: string; name: string }>
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
}

export function newTrace(): string {
  return randomBytes(8).toString('hex')
}

/** The one place where anything is let in. */
export function createDoors({ features, handlers, audits, log, resolveHost }: ServeDeps): Doors {
  const endpoints = new Map(
    Object.entries(features).flatMap(([feature, api]) =>
      Object.entries(api).map(([name, endpoint]) => [`${feature}.${name}`, endpoint] as const),
    ),
  )
  checkEndpoints(endpoints)

  return {
    endpoints,
    features,
    handlers,
    async admit({ name, endpoint, caller, params, about }) {
      const { door } = endpoint
      const row = (
        verb: string,
        outcome: 'started' | 'ok' | 'failed' | 'refused',
        host: { id: string; name: string } | undefined,
        code = '',
      ) => ({
        organization: caller?.organization ?? '',
        verb,
        outcome,
        actor: caller?.account ?? '',
        actorName: caller?.name ?? '',
        host: host?.id ?? '',
        hostName: host?.name ?? '',
        target: targetOf(params),
        code,
        ...about,
        userAgent: about.userAgent.slice(0, 200),
      })
      let host: { id: string; name: string } | undefined
      try {
        authorize(name, endpoint, caller)
        if (door.on === 'host') host = await resolveHost(caller!.organization, String(params['host'] ?? ''))
      } catch (error) {
        log('info', 'refused', { id: about.trace, method: name, caller: caller?.account ?? '', ip: about.ip, code: codeOf(error) })
        if (caller !== undefined && codeOf(error) === 'forbidden') await audits.write(row('access.refused', 'refused', undefined, name))
        throw error
      }
      // Work on a host is written down before it begins: the link may drop in between. Sign-in and set-up write their own rows.
      const audited = door.audit !== undefined && door.on !== 'public' && caller !== undefined
      if (audited && door.on === 'host') await audits.write(row(door.audit!, 'started', host))
      return {
        context: { caller: caller ?? nobody(about.ip, about.userAgent, about.trace), host: host?.id ?? '' },
        async done(error, ms) {
          const failed = error !== undefined && !isCanceled(error)
          if (failed && codeOf(error) === 'internal')
            log('error', 'unexpected', {
              id: about.trace,
              method: name,
              error: error instanceof Error ? (error.stack ?? error.message) : String(error),
            })
          log('info', 'request', {
            id: about.trace,
            caller: caller?.account ?? '',
            method: name,
            host: host?.name ?? '',
            ms: Math.round(ms),
            code: failed ? codeOf(error) : 'ok',
          })
          if (audited) await audits.write(row(door.audit!, failed ? 'failed' : 'ok', host, failed ? codeOf(error) : ''))
        },
      }
    },
  }
}

function targetOf(params: Readonly<Record<string, unknown>>): string {
  const target = params['id'] ?? params['container'] ?? params['name'] ?? ''
  return typeof target === 'string' ? target.slice(0, 256) : ''
}

/** What leaves: the code and a sentence for a person. The cause stays. */
export function publicError(error: unknown, trace: string): { code: string; message: string; details?: unknown; id: string } {
  if (error instanceof FairleadError && error.code !== 'internal')
    return { code: error.code, message: error.message, ...(error.details === undefined ? {} : { details: error.details }), id: trace }
  return { code: 'internal', message: `Something went wrong in the hub; its log has the reason under ${trace}.`, id: trace }
}
