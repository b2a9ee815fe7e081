import { createHash } from 'node:crypto'
import type { Configuration, CustomFetch, ServerMetadata } from 'openid-client'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { OidcSettings } from '@fairlead/protocol/features/identities.ts'
import type { IdentitiesDeps } from '../identities.ts'
import { openSecret, type Row } from '../providers.ts'

/** Signatures by a key that the provider alone has. Never `none`, and nothing made with a secret that both ends share. */
export const allowedAlgs: ReadonlySet<string> = new Set([
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
])
const keptMs = 600_000
const failedMs = 3000
const mostKept = 500
const mostBytes = 256 * 1024
const limitMs = 8000

export type ConfigurationOf = (row: Row) => Promise<Configuration>

/** What the library needs of a provider: asked of it once in ten minutes, by one question however many people come at once. */
export function createDiscovery(deps: Pick<IdentitiesDeps, 'outbound' | 'seal'>): ConfigurationOf {
  const kept = new Map<string, { readonly found: Promise<Configuration>; untilMs: number }>()

  return async (row) => {
    const secret = await openSecret(deps, row)
    const what = JSON.stringify([row.organizationId, row.id, row.settings, secret ?? ''])
    // Whatever of it changes, it is another one.
    const key = createHash('sha256').update(what).digest('base64')
    const known = kept.get(key)
    if (known !== undefined && known.untilMs > performance.now()) return known.found
    const entry = { found: configure(deps, settingsOf(row), secret), untilMs: performance.now() + keptMs }
    kept.delete(key)
    kept.set(key, entry)
    if (kept.size > mostKept) kept.delete(kept.keys().next().value!)
    // Strangers ask for it: what failed is not asked again by each of them.
    entry.found.catch(() => (entry.untilMs = performance.now() + failedMs))
    return entry.found
  }
}

export function settingsOf({ settings }: Row): OidcSettings {
  if (settings.kind !== 'oidc') throw new FairleadError('unsupported', 'This is no OpenID Connect provider.')
  return settings
}

async function configure({ outbound }: Pick<IdentitiesDeps, 'outbound'>, settings: OidcSettings, secret?: string): Promise<Configuration> {
  const client = await import('openid-client')
  const found = await discover({ outbound }, settings)
  const metadata = { client_id: settings.clientId, ...(secret === undefined ? {} : { client_secret: secret }) }
  const config = new client.Configuration(found, settings.clientId, metadata, await authOf(found, secret))
  config[client.customFetch] = guardedBy({ outbound })
  config.timeout = limitMs / 1000
  // The signature is looked at, though the token came over TLS: a proxy in between, or a stolen name, is then not enough.
  client.enableNonRepudiationChecks(config)
  if (settings.issuer.startsWith('http:')) client.allowInsecureRequests(config)
  return config
}

/** As the provider writes it, when it is who was meant. Throws `bad_upstream`; `details.step` says which part is wrong. */
export async function discover({ outbound }: Pick<IdentitiesDeps, 'outbound'>, { issuer }: OidcSettings): Promise<ServerMetadata> {
  const url = new URL(issuer)
  url.pathname = `${url.pathname.replace(/\/$/, '')}/.well-known/openid-configuration`
  const answer = await outbound.guardedFetch(url, { headers: { Accept: 'application/json' }, mostBytes, limitMs })
  if (answer.status !== 200) throw wrong('discovery', `${url.host} has no OpenID configuration there: it answered with ${answer.status}`)
  const found = (await answer.json().catch(() => undefined)) as Readonly<Record<string, unknown>> | undefined
  if (typeof found !== 'object' || found === null)
    throw wrong('discovery', `${url.host} answered with something that is no OpenID configuration`)
  // To the letter, but for the slash that stands for no path at all.
  if (typeof found['issuer'] !== 'string' || !URL.canParse(found['issuer']) || new URL(found['issuer']).href !== new URL(issuer).href)
    throw wrong('issuer', `${url.host} calls itself another issuer`)
  const metadata = { ...plainOf(found), issuer: found['issuer'] }
  for (const name of ['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const)
    if (!isAddress(metadata[name], issuer)) throw wrong('endpoints', `${url.host} names no usable ${name}`)
  const named = found['id_token_signing_alg_values_supported']
  const algs = (Array.isArray(named) ? named : ['RS256']).filter((alg): alg is string => allowedAlgs.has(alg as string))
  if (algs.length === 0) throw wrong('algorithms', `${url.host} signs in no way that is taken here`)
  return { ...metadata, id_token_signing_alg_values_supported: algs }
}

/** What is used of it, when it is of the right form. */
function plainOf(found: Readonly<Record<string, unknown>>) {
  const text = (name: string) => (typeof found[name] === 'string' ? { [name]: found[name] } : {})
  const list = (name: string) =>
    Array.isArray(found[name]) ? { [name]: found[name].filter((one) => typeof one === 'string').slice(0, 100) } : {}
  const advertised = found['authorization_response_iss_parameter_supported'] === true
  return {
    ...text('authorization_endpoint'),
    ...text('token_endpoint'),
    ...text('jwks_uri'),
    ...text('userinfo_endpoint'),
    ...list('token_endpoint_auth_methods_supported'),
    ...list('code_challenge_methods_supported'),
    ...list('response_types_supported'),
    ...(advertised ? { authorization_response_iss_parameter_supported: true } : {}),
  } as Partial<ServerMetadata>
}

/** The browser, or the hub with a secret, goes there: nowhere less safe than the issuer itself. */
function isAddress(url: unknown, issuer: string): boolean {
  if (typeof url !== 'string' || url.length > 2048 || !URL.canParse(url)) return false
  const { protocol } = new URL(url)
  return protocol === 'https:' || (protocol === 'http:' && issuer.startsWith('http:'))
}

/** In the way that the provider asks for; in the header where it says nothing. */
async function authOf(found: ServerMetadata, secret: string | undefined) {
  const client = await import('openid-client')
  if (secret === undefined) return client.None()
  const methods = found.token_endpoint_auth_methods_supported
  return methods === undefined || methods.includes('client_secret_basic')
    ? client.ClientSecretBasic(secret)
    : client.ClientSecretPost(secret)
}

function guardedBy({ outbound }: Pick<IdentitiesDeps, 'outbound'>): CustomFetch {
  return (url, { method, headers, body, signal }) =>
    outbound.guardedFetch(url, { method, headers, body: body as string | URLSearchParams | undefined, signal, mostBytes, limitMs })
}

function wrong(step: string, what: string): FairleadError {
  return new FairleadError('bad_upstream', `${what}.`, { details: { step } })
}
