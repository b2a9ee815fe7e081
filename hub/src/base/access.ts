import type { Endpoint, Factor, Scope } from '@fairlead/protocol/api.ts'
import { codeOf, FairleadError } from '@fairlead/protocol/errors.ts'
import { noRights, type Place, type Rights } from './rights.ts'
import type { Sight } from './sight.ts'

/** Who asks. */
export interface Caller {
  readonly account: string
  readonly name: string
  readonly organization: string
  readonly rights: Rights
  readonly login: string
  readonly ip: string
  readonly userAgent: string
  readonly trace: string
  /** Nobody signs in to the account: it is a service's own. */
  readonly service?: true
  /** The token that stands for the account; absent: a person's own login. */
  readonly token?: { readonly id: string; readonly expiresMs: number }
  /** The provider that the login came through: it stays in this organization, and runs nothing of the hub. */
  readonly through?: Through
  /** Of a person's login. Absent: whoever asks cannot prove anew who they are, and gets through no door that wants it. */
  readonly proof?: Proof
}

/** A provider of the caller's organization. */
export interface Through {
  readonly id: string
  readonly name: string
  readonly kind: string
  /** Who asks for the second factor. */
  readonly secondFactor: 'here' | 'provider'
  /** The account came to be with it and stands on it alone; else it is a person's own, and may belong to other organizations. */
  readonly own: boolean
}

/** What a login rests on. */
export interface Proof {
  /** By what it was proved last. */
  readonly factor: Factor
  /** Steady ms (`performance.now()`): until then doors with `stepUp` are open. */
  readonly untilMs: number
  /** What proves it anew, the strongest first. */
  readonly accepts: readonly Factor[]
  /** The organization asks for a second factor and this account has none: only what gives it one is open. */
  readonly mustEnrol?: true
  /** It began with the organization: until it ends it need not have one. */
  readonly grace?: true
}

/** What a handler of the hub gets beside its input. */
export interface HubContext {
  readonly caller: Caller
  /** The id of the host that was named, when the method is judged on one. */
  readonly host: string
  /** The id of the environment that was named; empty: none was. */
  readonly environment: string
  /** The hosts for which the caller may ask this, as it is now. What is answered of many hosts is made of these alone. */
  readonly sight: () => Promise<Sight>
  /**
   * What the trail calls what this is done to, where its id alone would tell a person nothing. Said before it is done, or with it.
   * `organization`: in whose trail it stands, when the caller's own goes with it.
   */
  readonly note: (targetName: string, organization?: string) => void
  /** What was otherwise before, and how it is now: for the trail, never of anything secret. What is alike is left out. */
  readonly changed?: (before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>) => void
  /** Under which this change is asked for, made the caller's own: its host does it once. Absent: one is drawn. */
  readonly key?: Uint8Array
  /** Of a stream whose reader may come back after a break and name what it saw last. */
  readonly resumable?: boolean
  /**
   * Of a stream that is saved as a file: its name, said before the first bytes, and its size where that is known: then whoever saves it
   * sees how far it is. What a file system dislikes is taken out of the name.
   */
  readonly saveAs?: (name: string, bytes?: number) => void
}

/** Endpoints that answer strangers. Anything else with `on: 'public'` keeps the hub from starting. */
export const publicEndpoints: ReadonlySet<string> = new Set([
  'accounts.accept',
  'accounts.invited',
  'identities.begin',
  'identities.signIn',
  'identities.offered',
  'logins.challenge',
  'logins.finish',
  'logins.setup',
  'logins.signIn',
  'logins.signInWithPasskey',
  'logins.welcome',
])

/** What a token may ask of its account: who it stands for. Its logins, factors and other tokens are nobody's but a person's. */
const tokenEndpoints: ReadonlySet<string> = new Set(['logins.me'])

/**
 * What a login through a provider may ask of an account that is a person's own: nothing by which whoever runs the provider would hold the
 * account itself, or get into another of its organizations.
 */
const throughEndpoints: ReadonlySet<string> = new Set([
  'factors.get',
  'identities.mine',
  'logins.me',
  'logins.proofChallenge',
  'logins.prove',
  'logins.setLanguage',
  'logins.signOut',
  'organizations.list',
])

/** And what not even one of an account that stands on the provider. */
const ownOnly: ReadonlySet<string> = new Set(['identities.link', 'identities.unlink', 'organizations.enter'])

/** What is open to a login that must get its second factor first. */
export const enrolEndpoints: ReadonlySet<string> = new Set([
  'logins.me',
  'logins.signOut',
  'logins.setLanguage',
  'logins.proofChallenge',
  'logins.prove',
  'factors.get',
  'factors.beginTotp',
  'factors.addTotp',
  'factors.beginPasskey',
  'factors.addPasskey',
])

function mustEnrol(): FairleadError {
  return new FairleadError('forbidden', 'Your organization asks for a second factor; add one to your account first.', {
    details: { enrol: ['passkey', 'totp'] },
  })
}

function mustProve(proof: Proof | undefined): FairleadError {
  if (proof === undefined) return new FairleadError('forbidden', 'This takes a person who proves who they are; no token can do it.')
  return new FairleadError('unproven', 'Prove that it is still you, then ask again.', { details: { stepUp: proof.accepts } })
}

/** Whether it is a proof that is missing, not a right. */
export function lacksProof(error: unknown): boolean {
  return codeOf(error) === 'unproven'
}

/** What a request is about, as far as it was found. */
export interface Target {
  /** Undefined: of all that the caller may see. */
  readonly place?: Place | undefined
}

/**
 * Default deny. `caller` undefined: nobody. Throws `unauthenticated` or `forbidden`; `not_found` for a host of which the caller may not
 * even know.
 */
export function authorize(
  name: string,
  { door }: Endpoint,
  caller: Caller | undefined,
  { place }: Target,
  nowMs: number = performance.now(),
): void {
  if (door.on === 'public' && publicEndpoints.has(name)) return
  if (caller === undefined) throw new FairleadError('unauthenticated', 'Sign in first.')
  if (door.on !== 'self') judge(door, caller, place)
  // One's own login and account: nobody grants these. A token that was found by somebody must not make itself another one.
  else if (caller.token !== undefined && !tokenEndpoints.has(name))
    throw new FairleadError('forbidden', 'A token cannot do this; it takes a person who is signed in.')
  else if (caller.through !== undefined && (caller.through.own ? ownOnly.has(name) : !throughEndpoints.has(name)))
    throw new FairleadError(
      'forbidden',
      `You came in through ${caller.through.name}, which this organization runs; sign in with your own password or passkey for this.`,
    )
  if (door.standard !== undefined && caller.service !== true)
    throw new FairleadError('forbidden', 'This is for service accounts: make one under Access, and use its token.')
  if (caller.proof?.mustEnrol === true && !enrolEndpoints.has(name)) throw mustEnrol()
  if (door.stepUp === true && !(caller.proof !== undefined && nowMs < caller.proof.untilMs)) throw mustProve(caller.proof)
}

function judge(door: Endpoint['door'], { rights }: Caller, place: Place | undefined): void {
  if (place === undefined ? rights.somewhere(door.needs) : rights.can(door.needs, place)) return
  if (place?.host !== undefined && !rights.can('hosts:read', place)) throw noSuchHost(hidden)
  throw new FairleadError('forbidden', `This needs the permission ${door.needs}${whereOf(door.on)}. Who manages access can grant it.`)
}

/** Alike for what is absent, what is another organization's, and what this caller may not see. */
export function noSuchHost(cause?: typeof hidden): FairleadError {
  return new FairleadError('not_found', 'There is no such host.', { cause })
}

/** Why it is not found: it is there, and not for this caller. Never leaves the hub; the trail has it as the refusal that it is. */
const hidden = Symbol('hidden')

export function isHidden(error: unknown): boolean {
  return error instanceof FairleadError && error.cause === hidden
}

function whereOf(scope: Scope): string {
  return scope === 'host' ? ' on this host' : scope === 'hosts' ? ' on some host' : ''
}

const scopes: ReadonlySet<string> = new Set<Scope>(['host', 'hosts', 'environment', 'organization', 'self', 'public'])

/** The hub starts with no endpoint that anyone forgot to guard: what the compiler refuses is refused here once more. */
export function checkEndpoints(endpoints: ReadonlyMap<string, Endpoint>): void {
  const addresses = new Set<string>()
  for (const [name, endpoint] of endpoints) {
    const flaw = flawOf(name, endpoint)
    if (flaw !== undefined) throw new FairleadError('internal', `${name} ${flaw}.`)
    // The first would answer for both, with its own permission.
    const address = endpoint.door.http.replaceAll(/:\w+/g, ':')
    if (addresses.has(address)) throw new FairleadError('internal', `${name} has the address of another method, ${endpoint.door.http}.`)
    addresses.add(address)
  }
}

/** A contract may come past the compiler: by a cast, by an untyped file. */
function flawOf(name: string, endpoint: Endpoint): string | undefined {
  const { door, kind, input } = endpoint
  if (!/^[\w-]+:[\w-]+$/.test(door?.needs ?? '') || !scopes.has(door.on)) return 'has no permission or scope'
  if (!/^(GET|POST|PUT|PATCH|DELETE) \/\S+$/.test(door.http)) return 'has no address'
  if (!door.http.startsWith('GET ') && !/^\w+\.\w+/.test(door.audit ?? '')) return 'changes something and has no name in the audit trail'
  if (door.on === 'public' && !publicEndpoints.has(name)) return 'is public and not on the list of public endpoints'
  if (!isSchema(input)) return 'has no schema of what it is asked'
  if (kind === 'call' ? !isSchema(endpoint.output) : typeof endpoint.down?.decode !== 'function') return 'has no schema of what it answers'
  if (door.on === 'public' && door.stepUp !== undefined) return 'wants a proof of a stranger'
  if (kind === 'duplex' && typeof endpoint.up?.decode !== 'function') return 'has no schema of what it is sent'
  return undefined
}

function isSchema(schema: { readonly safeParse?: unknown } | undefined): boolean {
  return typeof schema?.safeParse === 'function'
}

export function nobody(ip: string, userAgent: string, trace: string): Caller {
  return { account: '', name: '', organization: '', rights: noRights, login: '', ip, userAgent, trace }
}
