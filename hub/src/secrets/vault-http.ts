import { FairleadError } from '@fairlead/protocol/errors.ts'

/** As `fetch`, of what is used here. */
export type VaultFetch = (
  url: string,
  init: {
    readonly method: string
    readonly headers: Readonly<Record<string, string>>
    readonly body?: string
    readonly redirect: 'manual'
    readonly signal: AbortSignal
  },
) => Promise<Pick<Response, 'status' | 'body'>>

export interface VaultAnswer {
  readonly status: number
  /** {} when it is no JSON object. */
  readonly body: Readonly<Record<string, unknown>>
}

interface Asked {
  /** Below /v1/, encoded already. */
  readonly path: string
  readonly token?: string
  readonly body?: object
  readonly signal: AbortSignal | undefined
}

const limitMs = 10_000
const mostBytes = 1024 * 1024

/** One request: no redirect is followed, it would take the token elsewhere. Throws `bad_upstream`. */
export async function askVault(
  { fetch, address, namespace }: { readonly fetch: VaultFetch; readonly address: string; readonly namespace?: string },
  { path, token, body, signal }: Asked,
): Promise<VaultAnswer> {
  const late = AbortSignal.timeout(limitMs)
  try {
    const answer = await fetch(new URL(`/v1/${path}`, address).href, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        Accept: 'application/json',
        // Wanted by agents and proxies of Vault, ignored by the rest.
        'X-Vault-Request': 'true',
        ...(token === undefined ? {} : { 'X-Vault-Token': token }),
        ...(namespace === undefined ? {} : { 'X-Vault-Namespace': namespace }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'manual',
      signal: signal === undefined ? late : AbortSignal.any([late, signal]),
    })
    return { status: answer.status, body: parse(await readAll(answer.body)) }
  } catch (cause) {
    if (cause instanceof FairleadError || signal?.aborted === true) throw cause
    const why = late.aborted ? `did not answer within ${limitMs / 1000} s` : 'cannot be reached'
    throw new FairleadError('bad_upstream', `Vault at ${new URL(address).host} ${why}.`, { cause })
  }
}

async function readAll(body: Pick<Response, 'body'>['body']): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of body ?? []) {
    bytes += part.length
    if (bytes > mostBytes) throw new FairleadError('bad_upstream', `Vault answered with more than ${mostBytes / 1024} KiB.`)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

function parse(bytes: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
  } catch {
    // Its status says enough; an error page of some proxy is nothing to show.
    return {}
  }
}
