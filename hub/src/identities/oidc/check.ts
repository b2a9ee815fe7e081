import { codeOf } from '@fairlead/protocol/errors.ts'
import type { TestStep } from '@fairlead/protocol/features/identities.ts'
import type { ServerMetadata } from 'openid-client'
import type { IdentitiesDeps } from '../identities.ts'
import { callbackPath, openSecret, type Row } from '../providers.ts'
import { allowedAlgs, discover, settingsOf, type ConfigurationOf } from './discover.ts'

const limits = { mostBytes: 256 * 1024, limitMs: 8000 }
const order = ['discovery', 'issuer', 'endpoints', 'algorithms', 'pkce', 'keys', 'client', 'callback'] as const
type Step = (typeof order)[number]

/** Everything that a sign-in asks of the provider, but for the person. Each step says by `why` what is wrong with it. */
export async function check(deps: IdentitiesDeps, configurationOf: ConfigurationOf, row: Row): Promise<TestStep[]> {
  const steps: TestStep[] = []
  const say = (step: Step, state: TestStep['state'], why = '', detail = '') =>
    void steps.push({ step, state, why, detail: detail.slice(0, 300) })
  const found = await discover(deps, settingsOf(row)).catch((error: unknown) => {
    const { details, message } = error as { details?: { step?: Step }; message: string }
    const at = details?.step ?? 'discovery'
    for (const step of order.slice(0, order.indexOf(at))) say(step, 'ok')
    // The guard's own words: closed to the hub, or not there.
    say(at, 'failed', codeOf(error) === 'invalid_input' ? 'closed' : at === 'discovery' ? 'unreachable' : at, message)
  })
  if (found !== undefined) {
    for (const step of ['discovery', 'issuer', 'endpoints', 'algorithms'] as const) say(step, 'ok')
    const methods = found.code_challenge_methods_supported
    if (methods === undefined) say('pkce', 'warn', 'pkce-unsaid')
    else say('pkce', methods.includes('S256') ? 'ok' : 'failed', methods.includes('S256') ? '' : 'pkce')
    await checkKeys(deps, found, say)
    await checkClient(deps, configurationOf, row, found, say)
    say('callback', 'warn', 'callback', `${deps.origins()[0]}${callbackPath(row.id)}`)
  }
  const said = new Set(steps.map(({ step }) => step))
  return [...steps, ...order.filter((step) => !said.has(step)).map((step): TestStep => ({ step, state: 'skipped', why: '', detail: '' }))]
}

type Say = (step: Step, state: TestStep['state'], why?: string, detail?: string) => void

async function checkKeys({ outbound }: IdentitiesDeps, { jwks_uri = '' }: ServerMetadata, say: Say): Promise<void> {
  try {
    const answer = await outbound.guardedFetch(jwks_uri, limits)
    const { keys } = (await answer.json()) as { keys?: unknown }
    const usable = Array.isArray(keys)
      ? keys.filter(({ kty, alg }) => kty !== 'oct' && (alg === undefined || allowedAlgs.has(alg as string)))
      : []
    say('keys', usable.length > 0 ? 'ok' : 'failed', usable.length > 0 ? '' : 'keys')
  } catch (error) {
    say('keys', 'failed', codeOf(error) === 'invalid_input' ? 'closed' : 'keys', hostOf(jwks_uri))
  }
}

/** A code that never was: whoever knows the client refuses the code, whoever does not refuses the client. */
async function checkClient(
  deps: IdentitiesDeps,
  configurationOf: ConfigurationOf,
  row: Row,
  found: ServerMetadata,
  say: Say,
): Promise<void> {
  const secret = await openSecret(deps, row)
  const client = await import('openid-client')
  const config = await configurationOf(row).catch(() => undefined)
  if (config === undefined) return say('client', 'skipped')
  const url = new URL(
    `${deps.origins()[0]}${callbackPath(row.id)}?${new URLSearchParams({ code: 'fairlead-test', state: 'test', iss: found.issuer }).toString()}`,
  )
  try {
    await client.authorizationCodeGrant(config, url, { expectedState: 'test', pkceCodeVerifier: client.randomPKCECodeVerifier() })
    say('client', 'warn', 'client-unsure')
  } catch (error) {
    const refusal = String((error as { error?: unknown }).error ?? '')
    const { status } = error as { status?: unknown }
    if (refusal === 'invalid_grant') return say('client', 'ok')
    if (refusal === 'invalid_client' || refusal === 'unauthorized_client' || status === 401)
      return say(
        'client',
        'failed',
        secret === undefined ? 'client-no-secret' : 'client',
        row.settings.kind === 'oidc' ? row.settings.clientId : '',
      )
    say('client', 'warn', 'client-unsure', hostOf(found.token_endpoint ?? ''))
  }
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : ''
}
