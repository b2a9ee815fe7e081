import { BlockList, isIP } from 'node:net'
import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { Welcome } from '@fairlead/protocol/features/logins.ts'
import { secretOf, type Secret } from './secret.ts'
import { readToken } from './token-form.ts'

/** On every document and every answer. Trusted Types enforcement is not possible with the console's framework. */
export const safeHeaders: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=()',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
}

/** What is known of a connection: believed from `X-Forwarded-*` only when a trusted proxy says it. */
export interface Peer {
  readonly ip: string
  readonly tls: boolean
  /** It never left this machine. */
  readonly loopback: boolean
}

export function createPeerReader(trustedProxies: readonly string[]): (request: IncomingMessage) => Peer {
  const trusted = new BlockList()
  for (const entry of trustedProxies) {
    const [address = '', bits] = entry.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) trusted.addAddress(address, family)
    else trusted.addSubnet(address, Number(bits), family)
  }
  const isTrusted = (ip: string) => isIP(ip) !== 0 && trusted.check(ip, isIP(ip) === 6 ? 'ipv6' : 'ipv4')
  return (request) => {
    const direct = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '')
    const tls = (request.socket as Partial<TLSSocket>).encrypted === true
    if (!isTrusted(direct)) return { ip: direct, tls, loopback: /^(127\.|::1$)/.test(direct) }
    // From the right: each trusted proxy says who came to it. The first that is none is the visitor; what stands before, he wrote himself.
    const said = String(request.headers['x-forwarded-for'] ?? '')
      .split(',')
      .map((part) => part.trim())
    let ip = direct
    for (const hop of said.toReversed()) {
      if (isIP(hop) === 0) break
      ip = hop
      if (!isTrusted(hop)) break
    }
    return { ip, tls: request.headers['x-forwarded-proto'] === 'https', loopback: false }
  }
}

/**
 * A request that a page of another origin made is refused. `Sec-Fetch-Site` where the browser sends it, else the exact Origin.
 * Programs send neither and no cookie; with a cookie and neither, it is refused. A page that came unencrypted under the name of a hub
 * that is asked over TLS may be anybody's.
 */
export function sameOrigin(request: IncomingMessage, hasCookie: boolean, tls: boolean): boolean {
  const site = request.headers['sec-fetch-site']
  const { origin, host } = request.headers
  if (origin !== undefined) {
    // Exactly as browsers write one: nothing before the host, nothing behind it.
    if (!URL.canParse(origin) || new URL(origin).host !== host || new URL(origin).origin !== origin) return false
    if (tls && !origin.startsWith('https:')) return false
    return site === undefined || site === 'same-origin'
  }
  if (site !== undefined) return site === 'same-origin' || (site === 'none' && request.method === 'GET')
  return !hasCookie
}

export const cookieName = '__Host-fairlead'

/** Who somebody says to be: from here on only the digest of it goes around. */
export function readCookie(request: IncomingMessage): Secret | undefined {
  const token = new RegExp(`(?:^|;\\s*)${cookieName}=([A-Za-z0-9_-]{43})(?:;|$)`).exec(request.headers.cookie ?? '')?.[1]
  return token === undefined ? undefined : secretOf(token)
}

/** Whether a token of the API was shown, and which; without `token`: what was shown can be none. */
export function readBearer(request: IncomingMessage): { readonly token?: Secret } | undefined {
  const { authorization } = request.headers
  if (authorization === undefined) return undefined
  const text = /^Bearer +(\S{1,128})$/i.exec(authorization)?.[1] ?? ''
  return readToken(text) === undefined ? {} : { token: secretOf(text) }
}

const deviceName = '__Host-fairlead-device'
const deviceSeconds = 400 * 24 * 3600

/** By what a browser is known again when somebody signs in; it opens nothing. */
export function readDevice(request: IncomingMessage): Secret | undefined {
  const token = new RegExp(`(?:^|;\\s*)${deviceName}=([A-Za-z0-9_-]{43})(?:;|$)`).exec(request.headers.cookie ?? '')?.[1]
  return token === undefined ? undefined : secretOf(token)
}

export function deviceCookie(token: string): string {
  return `${deviceName}=${token}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=${deviceSeconds}`
}

const awayName = '__Host-fl_oidc'
export const awaySeconds = 300

/** Of a browser that is away at a sign-in provider, whose site leads it back: it alone is shown then, and opens nothing by itself. */
export function readAway(request: IncomingMessage): string | undefined {
  return new RegExp(`(?:^|;\\s*)${awayName}=([A-Za-z0-9_-]{43})(?:;|$)`).exec(request.headers.cookie ?? '')?.[1]
}

export function awayCookie(token: string, maxAgeSeconds: number): string {
  return `${awayName}=${token}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}`
}

export function cookie(token: string, maxAgeSeconds: number): string {
  return `${cookieName}=${token}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}`
}

/** Whether a login may live on this connection, and where it could if not. */
export function createDoorReader(
  publicUrl: string | undefined,
): (request: IncomingMessage, peer: Peer) => Pick<Welcome, 'secure' | 'insecureReason' | 'secureUrl'> {
  return (_request, peer) => {
    const secure = peer.tls || peer.loopback
    const insecureReason = secure
      ? ''
      : 'A login must not travel unencrypted: open the console over https, on the hub’s TLS port or behind your proxy with FAIRLEAD_TRUSTED_PROXIES set.'
    return { secure, insecureReason, secureUrl: publicUrl ?? '' }
  }
}
