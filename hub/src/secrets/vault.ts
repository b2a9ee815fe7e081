import { FairleadError } from '@fairlead/protocol/errors.ts'
import { askVault, type VaultAnswer, type VaultFetch } from './vault-http.ts'
import type { ProvidedRef, SecretProvider } from './provider.ts'

/** How the hub shows who it is. What is secret of it is a function: neither JSON nor a log line shows it. */
export type VaultAuth =
  | { readonly kind: 'token'; readonly token: () => string }
  | { readonly kind: 'approle'; readonly roleId: string; readonly secretId: () => string; readonly mount?: string }

interface VaultDeps {
  /** Guarded by whoever hands it over: which addresses may be asked is not this file's business. */
  readonly fetch: VaultFetch
  /** An origin: https://vault.example:8200 */
  readonly address: string
  /** Of the KV store, version 2: `secret`, say. */
  readonly mount: string
  readonly namespace?: string
  readonly auth: VaultAuth
  /** Steady ms, for the life of a login. */
  readonly now?: () => number
}

/** HashiCorp Vault and OpenBao, whose KV version 2 is the same. */
export function openVault(deps: VaultDeps): SecretProvider {
  const { auth, mount, now = () => performance.now() } = deps
  let held: { readonly token: string; readonly untilMs: number } | undefined

  async function login(signal: AbortSignal | undefined): Promise<string> {
    if (auth.kind === 'token') return auth.token()
    if (held !== undefined && now() < held.untilMs) return held.token
    const body = { role_id: auth.roleId, secret_id: auth.secretId() }
    const answer = await askVault(deps, { path: `auth/${pathOf(auth.mount ?? 'approle')}/login`, body, signal })
    const { client_token: token, lease_duration: seconds } = (answer.body['auth'] ?? {}) as {
      client_token?: unknown
      lease_duration?: unknown
    }
    if (answer.status !== 200 || typeof token !== 'string' || typeof seconds !== 'number')
      throw refused(answer, 'did not take the role id and secret id')
    // A fifth is left for what is under way when it ends. 0: it does not end.
    held = { token, untilMs: seconds === 0 ? Infinity : now() + seconds * 800 }
    return token
  }

  /** A login may be ended there at any time: once more, then, with a new one. */
  async function ask(path: string, signal: AbortSignal | undefined): Promise<VaultAnswer> {
    const token = await login(signal)
    const mine = held
    const answer = await askVault(deps, { path, token, signal })
    if (answer.status !== 403 || auth.kind === 'token' || held !== mine) return answer
    held = undefined
    return askVault(deps, { path, token: await login(signal), signal })
  }

  return {
    async read({ path, field, version }, signal) {
      const query = version === undefined ? '' : `?version=${version}`
      const answer = await ask(`${pathOf(mount)}/data/${pathOf(path)}${query}`, signal)
      return valueOf(answer, { path, field })
    },
    async check(signal) {
      const answer = await ask('auth/token/lookup-self', signal)
      if (answer.status !== 200) throw refused(answer, 'does not let this hub in')
    },
  }
}

function valueOf(answer: VaultAnswer, { path, field }: ProvidedRef): { value: string; version: number } {
  const { data, metadata } = (answer.body['data'] ?? {}) as {
    readonly data?: Readonly<Record<string, unknown>> | null
    readonly metadata?: { readonly version?: unknown; readonly destroyed?: unknown; readonly deletion_time?: unknown }
  }
  // A version that was deleted there is answered with 404 as well, and says so.
  if (answer.status === 404 && metadata !== undefined)
    throw new FairleadError('not_found', `What is at ${path} in Vault was deleted there; restore that version, or write a new one.`)
  if (answer.status === 404) throw new FairleadError('not_found', `There is nothing at ${path} in Vault.`)
  if (answer.status !== 200 || typeof metadata?.version !== 'number') throw refused(answer, `does not give out ${path}`)
  const value = data !== null && data !== undefined && Object.hasOwn(data, field) ? data[field] : undefined
  if (typeof value === 'string') return { value, version: metadata.version }
  if (value === undefined) throw new FairleadError('not_found', `What is at ${path} in Vault has no field ${field}.`)
  throw new FairleadError('bad_upstream', `The field ${field} at ${path} in Vault is no text; write it as one.`)
}

/** By the status, never by what it wrote: that may repeat what it was sent. */
function refused({ status }: VaultAnswer, what: string): FairleadError {
  const why: Readonly<Record<number, string>> = {
    400: 'it calls the request wrong; check mount and namespace',
    403: 'its policy does not allow that, or the token has ended',
    429: 'it asks for fewer requests',
    503: 'it is sealed, or in maintenance',
  }
  return new FairleadError('bad_upstream', `Vault ${what}: ${why[status] ?? `it answered with ${status}`}.`)
}

/** Each part by itself: no path leads out of the store that was named. */
function pathOf(path: string): string {
  const parts = path.replace(/^\/|\/$/g, '').split('/')
  if (path.length > 512 || parts.some((part) => part === '' || part === '.' || part === '..' || !part.isWellFormed()))
    throw new FairleadError(
      'invalid_input',
      'A path in Vault is names with a / between them, none of them empty or made of dots, of 512 characters at most.',
    )
  return parts.map(encodeURIComponent).join('/')
}
