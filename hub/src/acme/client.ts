import { calculateJwkThumbprint, exportJWK, FlattenedSign, importPKCS8, type JWK } from 'jose'
import { createPublicKey } from 'node:crypto'
import type { AcmeSettings } from '../base/acme-settings.ts'
import { createOutbound, type GuardedInit } from '../base/outbound.ts'
import { AccountAnswer, Directory, ProblemAnswer, readAnswer, retryMsOf } from './answers.ts'
import { fault, faultFrom, faultOf } from './problem.ts'

/** One request to the authority; its answer, whatever it says. */
export type Ask = (address: string, init?: GuardedInit) => Promise<Response>

/** A chain of certificates has some 6 KiB, all else less. */
const mostBytes = 256 * 1024
const usualMs = 20_000
/** Of a nonce that was just given and is refused. */
const mostNonces = 6
const everywhere = ['0.0.0.0/0', '::/0']

/**
 * The directory is a setting of whoever runs the hub, so its host alone may be inside a private network. Other hosts that it names must be
 * public: an authority gets to nothing in the hub's network that it could not reach itself.
 */
export function createAsk(settings: Pick<AcmeSettings, 'directory' | 'ca'>, limitMs = usualMs): Ask {
  const own = new URL(settings.directory).host
  const [inside, outside] = [createOutbound({ allow: everywhere }), createOutbound({ allow: [] })]
  return async (address, init) => {
    const url = new URL(address)
    // Networks that are opened may be asked over http elsewhere; nothing of this may.
    if (url.protocol !== 'https:') throw fault('answer', 'The authority names an address that is not https')
    return (url.host === own ? inside : outside).guardedFetch(url, { ca: settings.ca, ...init, mostBytes, limitMs })
  }
}

export interface Client {
  readonly directory: Directory
  /** The account's own address, by which the authority knows it. */
  readonly account: string
  /** What our port must answer for a token. */
  keyAuthorization(token: string): string
  /** Signed; without a payload it only reads. Throws what the authority refuses it for. */
  post(address: string, payload?: object): Promise<Response>
}

interface ClientDeps {
  readonly ask: Ask
  readonly settings: Pick<AcmeSettings, 'directory' | 'email' | 'eab'>
  /** PEM of the account's key. */
  readonly key: string
  /** Of a run before, at this very directory. */
  readonly known: { readonly url: string; readonly email: string } | undefined
  readonly signal: AbortSignal
}

/** Finds the account, or has one made. */
export async function openClient({ ask, settings, key, known, signal }: ClientDeps): Promise<Client> {
  const first = await ask(settings.directory, { signal })
  if (!first.ok) throw await refusalOf(first)
  const directory = await readAnswer(Directory, first, 'the directory')
  const privateKey = await importPKCS8(key, 'ES256')
  const jwk = await exportJWK(createPublicKey(key))
  const thumbprint = await calculateJwkThumbprint(jwk)
  let nonce: string | undefined
  let account = known?.url ?? ''

  async function signed(url: string, payload: object | undefined): Promise<string> {
    nonce ??= await newNonce()
    const header = { alg: 'ES256', nonce, url, ...(account === '' ? { jwk } : { kid: account }) }
    nonce = undefined
    return JSON.stringify(await new FlattenedSign(bytesOf(payload)).setProtectedHeader(header).sign(privateKey))
  }

  async function newNonce(): Promise<string> {
    const answer = await ask(directory.newNonce, { method: 'HEAD', signal })
    const given = nonceOf(answer)
    if (given === undefined) throw fault('answer', 'The authority gives no nonce')
    return given
  }

  async function post(address: string, payload?: object): Promise<Response> {
    for (let tries = 1; ; tries++) {
      const body = await signed(address, payload)
      const answer = await ask(address, { method: 'POST', headers: { 'Content-Type': 'application/jose+json' }, body, signal })
      nonce = nonceOf(answer)
      if (answer.ok) return answer
      const refusal = await refusalOf(answer)
      if (faultOf(refusal).type !== 'badNonce' || tries >= mostNonces) throw refusal
    }
  }

  async function register(): Promise<void> {
    account = ''
    const binding = settings.eab === undefined ? {} : { externalAccountBinding: await bind(settings.eab, jwk, directory.newAccount) }
    const contact = settings.email === '' ? {} : { contact: [`mailto:${settings.email}`] }
    const answer = await post(directory.newAccount, { termsOfServiceAgreed: true, ...contact, ...binding })
    await readAnswer(AccountAnswer, answer, 'the account')
    account = answer.headers.get('location') ?? ''
    if (account.length > 2048 || !URL.canParse(account) || new URL(account).protocol !== 'https:') {
      throw fault('answer', 'The authority gives the account no address')
    }
  }

  if (account === '') await register()
  else if (known?.email !== settings.email) {
    const contact = settings.email === '' ? [] : [`mailto:${settings.email}`]
    await post(account, { contact })
  }
  return {
    directory,
    get account() {
      return account
    },
    keyAuthorization: (token) => `${token}.${thumbprint}`,
    post,
  }
}

/** That the account that is asked for belongs to one that the authority gave out elsewhere. */
async function bind({ kid, key }: NonNullable<AcmeSettings['eab']>, jwk: JWK, url: string): Promise<object> {
  return new FlattenedSign(bytesOf(jwk)).setProtectedHeader({ alg: 'HS256', kid, url }).sign(Buffer.from(key(), 'base64url'))
}

function bytesOf(payload: object | undefined): Uint8Array {
  return Buffer.from(payload === undefined ? '' : JSON.stringify(payload))
}

function nonceOf(answer: Response): string | undefined {
  return /^[\w-]{1,1024}$/.exec(answer.headers.get('replay-nonce') ?? '')?.[0]
}

async function refusalOf(answer: Response) {
  const retryMs = retryMsOf(answer, Date.now())
  const problem = ProblemAnswer.safeParse(await answer.json().catch(() => undefined))
  const told = problem.success ? faultFrom(problem.data, 'request', retryMs) : undefined
  if (told !== undefined && faultOf(told).type !== '') return told
  if (answer.status === 429) return fault('rate_limited', 'The authority answers 429', { retryMs })
  if (answer.status >= 500) return fault('unreachable', `The authority answers ${answer.status}`, { retryMs })
  return fault('answer', `The authority answers ${answer.status}`, { retryMs })
}
