import 'reflect-metadata'
import { createPublicKey, webcrypto } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import * as x509 from '@peculiar/x509'
import { signOwn } from './test-authority.ts'

/** One answer, by its path, in place of the honest one; undefined: that one. */
export type Twist = Readonly<Record<string, (response: ServerResponse, asked: Asked) => void>>

export interface Asked {
  readonly path: string
  readonly header: Readonly<Record<string, unknown>>
  readonly payload: Readonly<Record<string, unknown>>
  /** As an honest authority goes on. */
  honest(): void
}

export interface Issue {
  readonly names?: readonly string[]
  readonly fromMs?: number
  readonly untilMs?: number
  /** Not the key that was asked for. */
  readonly otherKey?: boolean
}

export interface EvilAuthority {
  readonly base: string
  readonly ca: string
  readonly asked: Asked[]
  twist: Twist
  issue: Issue
  close(): void
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const dayMs = 86_400_000
export const token = 'abcdefghijklmnopqrstuvwxyz012345'

/** An authority that does all as it should but where `twist` says otherwise; it looks at no signature and at no port. */
export async function openEvilAuthority(): Promise<EvilAuthority> {
  const dir = mkdtempSync('/var/tmp/fairlead-evil-')
  signOwn(join(dir, 'cert'), join(dir, 'key'))
  const [cert, key] = [readFileSync(join(dir, 'cert'), 'utf8'), readFileSync(join(dir, 'key'), 'utf8')]
  rmSync(dir, { recursive: true })
  const state = { proved: false, chain: '', nonces: 0 }
  const server = createServer({ cert, key }, (request, response) => void answer(request, response).catch(() => response.destroy()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const base = `https://localhost:${(server.address() as AddressInfo).port}`
  const sign = await createSigner(() => evil.issue)
  const evil: EvilAuthority = { base, ca: cert, asked: [], twist: {}, issue: {}, close: () => void server.close() }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url!
    const body = request.method === 'POST' ? (JSON.parse(await text(request)) as { protected: string; payload: string }) : undefined
    const part = (value: string | undefined) => JSON.parse(Buffer.from(value || 'e30', 'base64url').toString()) as Record<string, unknown>
    response.setHeader('Replay-Nonce', `nonce-${state.nonces++}`)
    const honest = () => void tell(path, response, asked)
    const asked: Asked = { path, header: part(body?.protected), payload: part(body?.payload), honest }
    evil.asked.push(asked)
    const twist = Object.entries(evil.twist).find(([start]) => path.startsWith(start))?.[1]
    if (twist === undefined) honest()
    else twist(response, asked)
  }

  async function tell(path: string, response: ServerResponse, { payload }: Asked): Promise<void> {
    const order = (status: string) => ({
      status,
      authorizations: [`${base}/authorization`],
      finalize: `${base}/finalize`,
      ...(state.chain === '' ? {} : { certificate: `${base}/certificate` }),
    })
    switch (path) {
      case '/directory':
        return send(response, 200, directoryOf(base))
      case '/new-nonce':
        return void response.end()
      case '/new-account':
        return send(response, 201, { status: 'valid' }, { Location: `${base}/account/1` })
      case '/new-order':
        Object.assign(state, { proved: false, chain: '' })
        return send(response, 201, order('pending'), { Location: `${base}/order` })
      case '/authorization':
        return send(response, 200, authorizationOf(base, state.proved ? 'valid' : 'pending'))
      case '/challenge':
        state.proved = true
        return send(response, 200, {})
      case '/finalize':
        state.chain = await sign(String(payload['csr']))
        return send(response, 200, order('processing'))
      case '/order':
        return send(response, 200, order(state.chain === '' ? 'ready' : 'valid'))
      case '/certificate':
        return void response.end(state.chain)
      default:
        return send(response, 404, {})
    }
  }
  return evil
}

async function createSigner(issue: () => Issue): Promise<(csr: string) => Promise<string>> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const root = await x509.X509CertificateGenerator.createSelfSigned(
    { name: 'CN=evil', keys, signingAlgorithm: algorithm, extensions: [new x509.BasicConstraintsExtension(true)] },
    webcrypto as never,
  )
  return async (csr) => {
    const { names, fromMs = Date.now() - 3_600_000, untilMs = fromMs + 90 * dayMs, otherKey } = issue()
    const request = new x509.Pkcs10CertificateRequest(Buffer.from(csr, 'base64url'))
    const wanted = (request.getExtension('2.5.29.17') as x509.SubjectAlternativeNameExtension).names.items.map(({ value }) => value)
    const other = otherKey === true ? (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])).publicKey : undefined
    const made = await x509.X509CertificateGenerator.create(
      {
        subject: 'CN=made',
        issuer: root.subject,
        serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(8)))
          .toString('hex')
          .replace(/^./, '1'),
        notBefore: new Date(fromMs),
        notAfter: new Date(untilMs),
        signingAlgorithm: algorithm,
        signingKey: keys.privateKey,
        publicKey: other ?? (await request.publicKey.export(webcrypto as never)),
        extensions: [
          new x509.SubjectAlternativeNameExtension((names ?? wanted).map((value) => ({ type: 'dns' as const, value }))),
          await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey, false, webcrypto as never),
        ],
      },
      webcrypto as never,
    )
    return `${made.toString('pem')}\n${root.toString('pem')}\n`
  }
}

export function directoryOf(base: string): Record<string, unknown> {
  return { newNonce: `${base}/new-nonce`, newAccount: `${base}/new-account`, newOrder: `${base}/new-order` }
}

export function authorizationOf(base: string, status: string, more: object = {}): object {
  const challenge = { type: 'http-01', url: `${base}/challenge`, token, ...more }
  return { identifier: { type: 'dns', value: 'hub.example' }, status, challenges: [{ type: 'dns-01', url: `${base}/x`, token }, challenge] }
}

export function send(response: ServerResponse, status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(value))
}

/** What an authority says when it refuses. */
export function refuse(type: string, status = 400, headers: Readonly<Record<string, string>> = {}, more: object = {}) {
  return (response: ServerResponse) =>
    send(response, status, { type: `urn:ietf:params:acme:error:${type}`, detail: `about ${type}`, ...more }, headers)
}

/** The public half of a key in PEM. */
export function publicOf(pem: string): string {
  return createPublicKey(pem).export({ type: 'spki', format: 'pem' }).toString()
}
