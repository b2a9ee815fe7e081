import { lookup } from 'node:dns/promises'
import { request as requestHttp, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { isOpened, kindOf, readNets } from './addresses.ts'

interface OutboundDeps {
  /** Networks inside that may be asked, as `10.1.2.0/24`: whoever runs the hub opened them. */
  readonly allow: readonly string[]
  /** All addresses of a name; the system's own way when absent. */
  readonly resolve?: (host: string) => Promise<readonly string[]>
}

/** Where a name leads, judged: whatever is connected to must be one of these, never the name again. */
export interface GuardedAddress {
  /** As it was asked for, without the brackets of IPv6: for SNI, `Host` and the certificate. */
  readonly host: string
  readonly port: number
  /** The first of `addresses`. */
  readonly address: string
  readonly family: 4 | 6
  readonly addresses: readonly { readonly address: string; readonly family: 4 | 6 }[]
  /** All of it is in networks that whoever runs the hub opened. */
  readonly opened: boolean
}

/** As for `fetch`, of what is used here; `redirect` is always `manual`. */
export interface GuardedInit {
  readonly method?: string | undefined
  readonly headers?: ConstructorParameters<typeof Headers>[0] | undefined
  readonly body?: string | Uint8Array | URLSearchParams | ArrayBuffer | null | undefined
  readonly signal?: AbortSignal | null | undefined
  readonly redirect?: string | undefined
  /** Bytes of the answer; 1 MiB when absent. */
  readonly mostBytes?: number | undefined
  /** From looking the name up to the last byte; 10 s when absent. */
  readonly limitMs?: number | undefined
  /** PEM of whoever may have signed the certificate, in place of those that the system trusts. */
  readonly ca?: string | undefined
}

/**
 * All that the hub asks of addresses that people gave it. Nothing else in the hub opens a connection to these. What is a setting of the hub
 * itself may be inside: of an ACME directory its own host, for which `acme/client.ts` makes one that is open to all but `never`.
 */
export interface Outbound {
  /**
   * `https:`, and `http:` to networks that were opened; no userinfo; no redirect is followed: it comes back as it is. Resolves when all of
   * the answer is there. Throws `invalid_input` for an address that is closed, `bad_upstream` when it does not answer as it should.
   */
  guardedFetch(url: string | URL, init?: GuardedInit): Promise<Response>
  /** For raw sockets: connect to `address`, say `host`. Throws as above. `limitMs`: of looking the name up; 5 s when absent. */
  guardedAddress(host: string, port: number, limitMs?: number): Promise<GuardedAddress>
}

const usual = { mostBytes: 1024 * 1024, limitMs: 10_000, lookupMs: 5000 } as const
const mostAddresses = 32

export function createOutbound({ allow, resolve = resolveByTheSystem }: OutboundDeps): Outbound {
  const opened = readNets(allow)

  async function guardedAddress(host: string, port: number, limitMs: number = usual.lookupMs): Promise<GuardedAddress> {
    const name = host.replace(/^\[|\]$/g, '')
    if (!Number.isInteger(port) || port < 1 || port > 65_535) throw refused(`${port} is no port`)
    const found = isIP(name) === 0 ? await look(resolve, name, limitMs) : [name]
    // All of them: whoever answers for the name chooses which one is first.
    const kinds = new Set(found.map((address) => kindOf(address, opened)))
    if (kinds.has('never')) throw refused(`${name} leads to an address that nothing may be asked of`)
    if (kinds.has('private'))
      throw refused(`${name} is inside a private network; whoever runs this hub can open it with FAIRLEAD_OUTBOUND_ALLOW`)
    const addresses = found.map((address) => ({ address, family: isIP(address) === 6 ? (6 as const) : (4 as const) }))
    return { host: name, port, ...addresses[0]!, addresses, opened: found.every((address) => isOpened(address, opened)) }
  }

  return {
    guardedAddress,
    async guardedFetch(address, init = {}) {
      const url = readUrl(address)
      const { limitMs = usual.limitMs } = init
      const late = AbortSignal.timeout(limitMs)
      try {
        const to = await guardedAddress(url.hostname, Number(url.port) || (url.protocol === 'https:' ? 443 : 80), limitMs)
        if (url.protocol === 'http:' && !to.opened) throw refused(`${url.host} must be asked over https://`)
        const signal = init.signal == null ? late : AbortSignal.any([late, init.signal])
        return await ask(url, to, init, signal)
      } catch (cause) {
        // Whoever asked gave up, and says why.
        init.signal?.throwIfAborted()
        if (cause instanceof FairleadError) throw cause
        const why = late.aborted ? `did not answer within ${limitMs / 1000} s` : `cannot be reached${codeOf(cause)}`
        throw new FairleadError('bad_upstream', `${url.host} ${why}.`, { cause })
      }
    },
  }
}

function readUrl(address: string | URL): URL {
  if (!URL.canParse(String(address))) throw refused('This is no address; it must look like https://sign-in.example')
  const url = new URL(String(address))
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refused('An address must begin with https://')
  if (url.username !== '' || url.password !== '') throw refused('An address must hold no user and no password')
  return url
}

/** One answer, read to its end. */
function ask(url: URL, to: GuardedAddress, init: GuardedInit, signal: AbortSignal): Promise<Response> {
  const { promise, resolve, reject } = Promise.withResolvers<Response>()
  const headers = new Headers(init.headers)
  const body = bodyOf(init.body, headers)
  headers.set('Accept-Encoding', 'identity')
  const options = {
    method: init.method ?? 'GET',
    headers: Object.fromEntries(headers),
    // A connection of its own, to what was judged: neither an open one nor another answer to the same question.
    agent: false as const,
    lookup: pinned(to),
    signal,
    ...(init.ca === undefined ? {} : { ca: init.ca }),
  }
  const asked = url.protocol === 'https:' ? requestHttps(url, options) : requestHttp(url, options)
  asked.on('error', reject)
  asked.on('response', (answer) => {
    readAll(answer, url.host, init.mostBytes ?? usual.mostBytes)
      .then((bytes) => resolve(responseOf(answer, bytes)))
      .catch((error: unknown) => {
        asked.destroy()
        reject(error)
      })
  })
  asked.end(body)
  return promise
}

function bodyOf(body: GuardedInit['body'], headers: Headers): Uint8Array | string | undefined {
  if (body === null || body === undefined) return undefined
  if (body instanceof ArrayBuffer) return new Uint8Array(body)
  if (!(body instanceof URLSearchParams)) return body
  if (!headers.has('Content-Type')) headers.set('Content-Type', 'application/x-www-form-urlencoded;charset=UTF-8')
  return body.toString()
}

function pinned({ addresses }: GuardedAddress): LookupFunction {
  return (_host, { all }, done) => {
    if (all === true) done(null, [...addresses])
    else done(null, addresses[0]!.address, addresses[0]!.family)
  }
}

async function readAll(answer: IncomingMessage, host: string, mostBytes: number): Promise<Buffer> {
  const tooLarge = () => new FairleadError('bad_upstream', `${host} answered with more than ${Math.ceil(mostBytes / 1024)} KiB.`)
  if (Number(answer.headers['content-length'] ?? 0) > mostBytes) throw tooLarge()
  const packed = answer.headers['content-encoding']
  if (packed !== undefined && packed !== 'identity')
    throw new FairleadError('bad_upstream', `${host} answered with ${mostOf(packed)} unasked.`)
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of answer as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > mostBytes) throw tooLarge()
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/** Whatever another wrote is not repeated but for what looks like a word. */
function mostOf(text: string): string {
  return /^[\w-]{1,16}$/.test(text) ? text : 'something'
}

function responseOf({ statusCode = 502, headersDistinct }: IncomingMessage, bytes: Buffer): Response {
  const headers = new Headers()
  for (const [name, values = []] of Object.entries(headersDistinct)) for (const value of values) headers.append(name, value)
  const empty = statusCode === 204 || statusCode === 205 || statusCode === 304
  // 1xx are not answers, and Response takes none beyond 599.
  return new Response(empty ? null : new Uint8Array(bytes), { status: statusCode >= 200 && statusCode <= 599 ? statusCode : 502, headers })
}

async function look(resolve: Required<OutboundDeps>['resolve'], name: string, limitMs: number): Promise<readonly string[]> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new FairleadError('bad_upstream', `The name ${name} was not found in time.`)), limitMs)
  try {
    const found = await Promise.race([resolve(name), late.promise])
    if (found.length === 0 || found.length > mostAddresses) throw new Error(`${found.length} addresses`)
    return found
  } catch (cause) {
    if (cause instanceof FairleadError) throw cause
    throw new FairleadError('bad_upstream', `The name ${name} is not known; check its spelling and the hub’s DNS.`, { cause })
  } finally {
    clearTimeout(timer)
  }
}

async function resolveByTheSystem(host: string): Promise<string[]> {
  return (await lookup(host, { all: true, order: 'verbatim' })).map(({ address }) => address)
}

function codeOf(cause: unknown): string {
  const code = (cause as { code?: unknown }).code
  return typeof code === 'string' && /^[A-Z_]{3,40}$/.test(code) ? ` (${code})` : ''
}

function refused(why: string): FairleadError {
  return new FairleadError('invalid_input', `${why}.`)
}
