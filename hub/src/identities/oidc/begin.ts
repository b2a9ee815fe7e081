import { randomBytes } from 'node:crypto'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { and, eq, sql } from '../../base/drizzle.ts'
import { digestOf, secretOf } from '../../base/secret.ts'
import { identityProviders as providers } from '../../base/tables.ts'
import type { LoginContext } from '../../logins/logins.ts'
import type { IdentitiesDeps } from '../identities.ts'
import { callbackPath, type Row } from '../providers.ts'
import { settingsOf, type ConfigurationOf } from './discover.ts'

/** What is kept while somebody is away at the provider: five minutes, for one return of the browser that left. */
export interface Away {
  readonly organization: string
  readonly provider: string
  readonly origin: string
  readonly to: string
  readonly nonce: string
  readonly verifier: string
  /** Whoever was signed in here: the login that this one replaces, or the account that is linked. */
  readonly by?: { readonly account: string; readonly login: string; readonly link: boolean }
}

export interface Leaving {
  readonly organization: string
  readonly id: string
  readonly origin: string
  readonly to: string
}

/** Where the browser goes. `link`: to tie what comes back to the account that asks. */
export async function leave(
  { db, tickets, origins }: IdentitiesDeps,
  configurationOf: ConfigurationOf,
  { organization, id, origin, to }: Leaving,
  { caller, away, door }: LoginContext,
  link: boolean,
): Promise<{ url: string }> {
  if (!door.secure) throw new FairleadError('forbidden', door.insecureReason)
  if (away === undefined) throw new FairleadError('unsupported', 'A sign-in begins over HTTP.')
  const row = await findOpen(db, organization, id)
  // Never what the request calls the hub: the provider knows this one alone.
  if (origin !== origins()[0])
    throw new FairleadError('invalid_input', `Signing in through ${row.name} works at ${origins()[0]}; open the console there.`)
  const config = await configurationOf(row)
  const client = await import('openid-client')
  const [token, verifier, nonce] = [randomBytes(32).toString('base64url'), client.randomPKCECodeVerifier(), client.randomNonce()]
  const by = caller.account === '' || caller.token !== undefined ? {} : { by: { account: caller.account, login: caller.login, link } }
  const kept: Away = { organization, provider: row.id, origin, to, nonce, verifier, ...by }
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: `${origin}${callbackPath(row.id)}`,
    response_type: 'code',
    scope: settingsOf(row).scopes,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state: tickets.issue('oidc', holderOf(token), kept),
    nonce,
    // Who proves that it is still them, or links an account, does not do so by having been there this morning.
    ...('by' in by ? { prompt: 'login', max_age: '0' } : {}),
  })
  away.set(token)
  return { url: url.href }
}

/** Of the browser that left: the ticket is good in that one alone. */
export function holderOf(token: string): string {
  return digestOf(secretOf(token)).toString('hex')
}

export async function findOpen(db: IdentitiesDeps['db'], organization: string, id: string): Promise<Row> {
  const open = and(eq(sql`${providers.id}::text`, id), eq(providers.enabled, true))
  const [row] = /^[0-9a-f-]{36}$/.test(organization)
    ? await db.tx({ organization }, (_sql, orm) => orm.select().from(providers).where(open))
    : []
  if (row === undefined) throw new FairleadError('not_found', 'Nobody signs in through this provider now.')
  return row
}
