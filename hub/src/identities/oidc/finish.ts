import type { Configuration, IDToken } from 'openid-client'
import { codeOf, FairleadError } from '@fairlead/protocol/errors.ts'
import type { OidcSettings } from '@fairlead/protocol/features/identities.ts'
import type { LoginContext } from '../../logins/logins.ts'
import { arrive, type Arrived } from '../arrive.ts'
import type { IdentitiesDeps } from '../identities.ts'
import { tie } from '../own.ts'
import { callbackPath } from '../providers.ts'
import { findOpen, holderOf, type Away } from './begin.ts'
import { settingsOf, type ConfigurationOf } from './discover.ts'

/** What the provider sent back with the browser. */
export interface Returned {
  /** As in the address that was called. */
  readonly provider: string
  /** `?code=…&state=…` */
  readonly search: string
  /** Of the cookie that the browser left with. */
  readonly token: string | undefined
}

/** Where the browser goes on: an address of the console, with what it is to be told behind `#`. */
export interface Landing {
  readonly to: string
}

/** Why it did not come to a login, for words of the console's own: what the provider wrote is repeated nowhere. */
type Reason = 'late' | 'refused' | 'failed' | 'unreachable' | 'no-role' | 'unknown' | 'closed' | 'taken'

/** Somebody comes back. Never throws: whatever went wrong, they are led to where they can begin again. */
export async function finish(
  deps: IdentitiesDeps,
  configurationOf: ConfigurationOf,
  { provider, search, token }: Returned,
  context: LoginContext,
): Promise<Landing> {
  const state = new URLSearchParams(search).get('state') ?? ''
  // Taken whatever comes of it: an answer is looked at once.
  const away = token === undefined ? undefined : deps.tickets.take<Away>(state, 'oidc', holderOf(token))?.data
  if (away === undefined) return { to: told('/', { reason: 'late' }) }
  try {
    // An answer is good at the address of whom it was asked of.
    if (away.provider !== provider) throw new FairleadError('forbidden', 'This is the answer to another question.')
    const arrived = await verify(deps, configurationOf, away, { search, state })
    return { to: await go(deps, away, arrived, context) }
  } catch (error) {
    const reason = reasonOf(error)
    deps.log('info', 'a sign-in through a provider came to nothing', { provider: away.provider, reason, error: said(error) })
    return { to: told(away.to, { reason }) }
  }
}

async function go(deps: IdentitiesDeps, away: Away, arrived: Arrived, context: LoginContext): Promise<string> {
  const { ip, userAgent, trace } = context.caller
  const before = away.by === undefined ? undefined : await deps.logins.stillOf(away.by.login, { ip, userAgent, trace })
  if (away.by?.link === true) {
    if (before === undefined || before.organization !== away.organization)
      throw new FairleadError('unauthenticated', 'Your login has ended.')
    await tie(deps, arrived, before)
    return away.to
  }
  const answer = await arrive(deps, arrived, context)
  if ('step' in answer) return told(away.to, { step: answer.step, accepts: answer.accepts.join() })
  // The browser has another cookie now: nobody could sign the old login out.
  if (before !== undefined) await deps.logins.endLogin(before)
  return away.to
}

/** Of whoever proves anew, or links: when they proved themselves there, where the provider says when that was. */
const freshSeconds = 330

/** Who it is, when the answer is what was asked for, of the one who was asked, to this browser, signed and in time. */
async function verify(
  { db }: IdentitiesDeps,
  configurationOf: ConfigurationOf,
  { organization, provider, origin, nonce, verifier, by }: Away,
  { search, state }: { readonly search: string; readonly state: string },
): Promise<Arrived> {
  const client = await import('openid-client')
  const row = await findOpen(db, organization, provider)
  const config = await configurationOf(row)
  const url = new URL(`${origin}${callbackPath(provider)}${search}`)
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true }
  const tokens = await client.authorizationCodeGrant(config, url, checks)
  const claims = tokens.claims()
  if (claims === undefined || typeof claims.sub !== 'string' || claims.sub === '')
    throw new FairleadError('bad_upstream', 'Nobody was named.')
  if (by !== undefined && typeof claims.auth_time === 'number' && Date.now() / 1000 - claims.auth_time > freshSeconds)
    throw new FairleadError('forbidden', 'The provider did not ask again who it is.')
  const settings = settingsOf(row)
  const more = await moreOf(config, settings, tokens.access_token, claims)
  const all = { ...more, ...claims }
  const text = (...names: readonly string[]) =>
    names.map((name) => all[name]).find((value) => typeof value === 'string' && value !== '') as string | undefined
  return {
    organization,
    provider,
    // The issuer has no space in it: no two pairs make the same text.
    subject: `${claims.iss} ${claims.sub}`,
    name: text('name', 'preferred_username', 'email') ?? claims.sub,
    email: text('email'),
    called: { ids: [claims.sub, text('oid') ?? ''], userName: text('preferred_username') },
    groups: groupsOf(claim(claims, settings.groupsClaim) ?? claim(more, settings.groupsClaim)),
  }
}

type Claims = Readonly<Record<string, unknown>>

/** Many providers say groups and names only when they are asked once more. */
async function moreOf(config: Configuration, { groupsClaim }: OidcSettings, access: string, claims: IDToken): Promise<Claims> {
  const complete = claim(claims, groupsClaim) !== undefined && claims['name'] !== undefined
  if (complete || config.serverMetadata().userinfo_endpoint === undefined) return {}
  const client = await import('openid-client')
  return client.fetchUserInfo(config, access, claims.sub)
}

/** By its name; where there is none of that name, by names inside one another: `realm_access.roles`. */
function claim(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name]
  return name.split('.').reduce<unknown>((at, part) => {
    return typeof at === 'object' && at !== null && Object.hasOwn(at, part) ? (at as Claims)[part] : undefined
  }, claims)
}

function groupsOf(value: unknown): string[] {
  const all = Array.isArray(value) ? value : [value]
  return all.filter((one): one is string => typeof one === 'string' && one !== '' && one.length <= 256).slice(0, 1000)
}

function reasonOf(error: unknown): Reason {
  if ((error as { error?: unknown }).error === 'access_denied') return 'refused'
  const { signIn } = error instanceof FairleadError ? (error.details ?? {}) : {}
  if (signIn === 'no-role' || signIn === 'unknown') return signIn
  const code = codeOf(error)
  if (code === 'not_found' || code === 'unauthenticated') return 'closed'
  if (code === 'conflict') return 'taken'
  const cause = (error as { cause?: unknown }).cause
  return code === 'bad_upstream' || codeOf(cause) === 'bad_upstream' ? 'unreachable' : 'failed'
}

/** For the log: our own words, or the code of the library's; never what came from outside. */
function said(error: unknown): string {
  if (error instanceof FairleadError) return error.message
  const { code, name } = error as { code?: unknown; name?: unknown }
  return `${String(name ?? 'Error').slice(0, 40)} ${String(code ?? '').slice(0, 60)}`.replaceAll(/[^\w ]/g, '')
}

/** Behind `#`: no server and no log on the way sees it. */
function told(to: string, what: Readonly<Record<string, string>>): string {
  const words = new URLSearchParams(Object.entries(what).map(([key, value]): [string, string] => [`signin-${key}`, value]))
  return `${to.split('#')[0]}#${words.toString()}`
}
