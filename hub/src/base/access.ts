import type { Endpoint } from '@fairlead/protocol/api.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'

/** Who asks. */
export interface Caller {
  readonly account: string
  readonly name: string
  readonly organization: string
  readonly permissions: ReadonlySet<string>
  readonly login: string
  readonly ip: string
  readonly userAgent: string
  readonly trace: string
}

/** What a handler of the hub gets beside its input. */
export interface HubContext {
  readonly caller: Caller
  /** The id of the host that was named, when the method is judged on one. */
  readonly host: string
}

/** Endpoints that answer strangers. Anything else with `on: 'public'` keeps the hub from starting. */
export const publicEndpoints: ReadonlySet<string> = new Set(['logins.welcome', 'logins.setup', 'logins.signIn'])

/** Default deny. `caller` undefined: nobody. Throws `unauthenticated` or `forbidden`. */
export function authorize(name: string, { door }: Endpoint, caller: Caller | undefined): void {
  if (door.on === 'public' && publicEndpoints.has(name)) return
  if (caller === undefined) throw new FairleadError('unauthenticated', 'Sign in first.')
  if (!caller.permissions.has(door.needs))
    throw new FairleadError('forbidden', `This needs the permission ${door.needs}. An owner of the organization can grant it.`)
}

/** The hub starts with no endpoint that anyone forgot to guard. */
export function checkEndpoints(endpoints: ReadonlyMap<string, Endpoint>): void {
  for (const [name, { door }] of endpoints) {
    if (door?.needs === undefined || door.on === undefined) throw new FairleadError('internal', `${name} has no permission or scope.`)
    if (!door.http.startsWith('GET ') && door.audit === undefined)
      throw new FairleadError('internal', `${name} changes something and has no name in the audit trail.`)
    if (door.on === 'public' && !publicEndpoints.has(name))
      throw new FairleadError('internal', `${name} is public and not on the list of public endpoints.`)
  }
}

export function nobody(ip: string, userAgent: string, trace: string): Caller {
  return { account: '', name: '', organization: '', permissions: new Set(), login: '', ip, userAgent, trace }
}
