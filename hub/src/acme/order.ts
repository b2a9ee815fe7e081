// The certificate library's own library wants it, and asks no nicer.
import 'reflect-metadata'
import { setTimeout as sleep } from 'node:timers/promises'
import { createPrivateKey, createPublicKey, webcrypto, X509Certificate } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { checkPair } from '../base/certificate-watch.ts'
import { Authorization, Order, readAnswer, retryMsOf } from './answers.ts'
import type { Client } from './client.ts'
import { fault, faultFrom } from './problem.ts'
import { isFor } from './schedule.ts'

export interface OrderDeps {
  readonly client: Client
  readonly domains: readonly string[]
  /** PEM; it never leaves this machine. */
  readonly key: string
  /** Answers for a token on the port that the authority asks, until what it gives back is called. */
  readonly offer: (token: string, answer: string) => () => void
  /** What an authority calls the certificate in whose place this one comes. */
  readonly replaces: string | undefined
  readonly signal: AbortSignal
}

const mostChainChars = 100_000
const mostChain = 10

/** From the order to a chain in PEM that was judged. Ends only with it, by throwing, or with `signal`. */
export async function orderCertificate(deps: OrderDeps): Promise<string> {
  const { client, domains, key, replaces } = deps
  const identifiers = domains.map((value) => ({ type: 'dns', value }))
  const asked = await client.post(client.directory.newOrder, { identifiers, ...(replaces === undefined ? {} : { replaces }) })
  const at = asked.headers.get('location') ?? ''
  let order = await readAnswer(Order, asked, 'the order')
  if (!URL.canParse(at) || at.length > 2048) throw fault('answer', 'The authority gives the order no address')
  if (order.authorizations.length > domains.length) throw fault('answer', 'The authority asks for more than was ordered')
  for (const address of order.status === 'pending' ? order.authorizations : []) await prove(deps, address)
  order = await settled(deps, at, (now) => now.status !== 'pending')
  if (order.status === 'ready') await client.post(order.finalize, { csr: await requestFor(domains, key) })
  order = await settled(deps, at, (now) => now.status !== 'ready' && now.status !== 'processing')
  if (order.status !== 'valid' || order.certificate === undefined)
    throw order.error === undefined ? fault('answer', `The order is ${order.status}`) : faultFrom(order.error, 'challenge')
  const chain = readChain(await (await client.post(order.certificate)).text())
  judge(chain, key, domains)
  return chain
}

/** One name: our port answers while the authority looks. */
async function prove({ client, domains, offer, signal }: OrderDeps, address: string): Promise<void> {
  const read = async () => {
    const answer = await client.post(address)
    return { now: await readAnswer(Authorization, answer, 'the authorization'), retryMs: retryMsOf(answer, Date.now()) }
  }
  const { now: first } = await read()
  const { type, value } = first.identifier
  if (type !== 'dns' || !domains.includes(value.toLowerCase())) throw fault('answer', 'The authority asks for a name that was not ordered')
  if (first.status === 'valid') return
  const wanted = first.challenges.find((one) => one.type === 'http-01')
  if (wanted === undefined) throw fault('rejected', `The authority does not take an answer on port 80 for ${value}`)
  const token = /^[\w-]{16,256}$/.exec(wanted.token ?? '')?.[0]
  if (token === undefined) throw fault('answer', 'The authority gives no token that can be one')
  const withdraw = offer(token, client.keyAuthorization(token))
  try {
    if (first.status === 'pending') await client.post(wanted.url, {})
    for (let turn = 0; ; turn++) {
      const { now, retryMs } = await read()
      if (now.status === 'valid') return
      if (now.status !== 'pending') {
        const error = now.challenges.find((one) => one.error !== undefined)?.error
        throw faultFrom(error ?? { detail: `The authority says ${now.status} of ${value}` }, 'challenge')
      }
      await pause(turn, retryMs, signal)
    }
  } finally {
    withdraw()
  }
}

async function settled({ client, signal }: OrderDeps, address: string, is: (order: Order) => boolean): Promise<Order> {
  for (let turn = 0; ; turn++) {
    const answer = await client.post(address)
    const order = await readAnswer(Order, answer, 'the order')
    if (is(order)) return order
    await pause(turn, retryMsOf(answer, Date.now()), signal)
  }
}

/** As long as the authority says, within reason: a quarter of a second at first, half a minute at most. */
async function pause(turn: number, retryMs: number, signal: AbortSignal): Promise<void> {
  await sleep(Math.min(Math.max(retryMs, 250 * 2 ** Math.min(turn, 5)), 30_000), undefined, { signal })
}

async function requestFor(domains: readonly string[], key: string): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const { subtle } = webcrypto
  const [secret, open] = [createPrivateKey(key), createPublicKey(key)]
  const keys = {
    privateKey: await subtle.importKey('pkcs8', secret.export({ type: 'pkcs8', format: 'der' }), algorithm, false, ['sign']),
    publicKey: await subtle.importKey('spki', open.export({ type: 'spki', format: 'der' }), algorithm, true, ['verify']),
  }
  const names = domains.map((value) => ({ type: 'dns' as const, value }))
  const made = await x509.Pkcs10CertificateRequestGenerator.create(
    { keys, signingAlgorithm: algorithm, extensions: [new x509.SubjectAlternativeNameExtension(names)] },
    webcrypto as never,
  )
  return Buffer.from(made.rawData).toString('base64url')
}

/** The certificates alone: nothing else of what came is ever in the file. */
function readChain(text: string): string {
  const found =
    text.length > mostChainChars ? [] : (text.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g) ?? [])
  if (found.length === 0 || found.length > mostChain) throw fault('certificate', 'What the authority gave is no chain of certificates')
  return `${found.join('\n')}\n`
}

function judge(chain: string, key: string, domains: readonly string[]): void {
  try {
    checkPair({ cert: chain, key })
  } catch (cause) {
    throw fault('certificate', (cause as Error).message, { cause })
  }
  const found = new X509Certificate(chain)
  const missing = domains.filter((domain) => !isFor(found, domain))
  if (missing.length > 0) throw fault('certificate', `The certificate is not for ${missing.join(', ')}`)
}
