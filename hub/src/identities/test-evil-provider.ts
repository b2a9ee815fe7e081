import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type JWTPayload } from 'jose'

/** What the next answers are; each may be made wrong. */
export interface Mood {
  /** Of the document that is found; `undefined` leaves a field out. */
  readonly discovery?: Readonly<Record<string, unknown>>
  readonly claims?: Readonly<Record<string, unknown>>
  readonly alg?: 'none' | 'HS256' | 'HS256-secret' | 'other-key'
  /** In place of the whole answer at a path. */
  readonly instead?: (path: string, response: ServerResponse) => boolean
  readonly userinfo?: Readonly<Record<string, unknown>>
}

export interface EvilProvider {
  readonly issuer: string
  mood: Mood
  /** What was asked for since, and with what. */
  readonly asked: { path: string; body: URLSearchParams }[]
  /** The nonce that the next token says. */
  nonce: string
  /** Forgets which codes were used: they are good again and again. */
  readonly codes: Set<string>
  close(): void
}

/** Speaks OpenID Connect as its documents say, until it is told to lie. */
export async function openEvilProvider(clientId: string, secret: string): Promise<EvilProvider> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
  const other = await generateKeyPair('RS256')
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }
  const server = createServer((request, response) => void answer(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const evil: { -readonly [K in keyof EvilProvider]: EvilProvider[K] } = {
    issuer,
    mood: {},
    asked: [],
    nonce: '',
    codes: new Set(),
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
  const document = () => ({
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    userinfo_endpoint: `${issuer}/me`,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    id_token_signing_alg_values_supported: ['RS256'],
    authorization_response_iss_parameter_supported: true,
    ...evil.mood.discovery,
  })

  async function token(): Promise<string> {
    const now = Math.floor(Date.now() / 1000)
    const claims = { iss: issuer, sub: 'ines', aud: clientId, iat: now, exp: now + 300, nonce: evil.nonce, name: 'Ines', groups: ['ops'] }
    const payload = Object.fromEntries(
      Object.entries({ ...claims, ...evil.mood.claims }).filter(([, value]) => value !== undefined),
    ) as JWTPayload
    const { alg } = evil.mood
    if (alg === 'none') return new UnsecuredJWT(payload).encode()
    // The classic: the public key, which everybody has, taken for a secret that both ends share.
    const shared = alg === 'HS256' ? JSON.stringify(jwk) : secret
    if (alg === 'HS256' || alg === 'HS256-secret')
      return new SignJWT(payload).setProtectedHeader({ alg: 'HS256', kid: 'one' }).sign(new TextEncoder().encode(shared))
    return new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: 'one' }).sign(alg === 'other-key' ? other.privateKey : privateKey)
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '', issuer).pathname
    let body = ''
    for await (const part of request) body += String(part)
    evil.asked.push({ path, body: new URLSearchParams(body) })
    if (evil.mood.instead?.(path, response) === true) return
    const say = (value: unknown, status = 200) =>
      void response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value))
    if (path.endsWith('/.well-known/openid-configuration')) return say(document())
    if (path === '/jwks') return say({ keys: [jwk] })
    if (path === '/me') return say({ sub: 'ines', ...evil.mood.userinfo })
    if (path !== '/token') return say({ error: 'nothing here' }, 404)
    return say({ access_token: 'a', token_type: 'Bearer', expires_in: 60, id_token: await token() })
  }
  return evil
}
