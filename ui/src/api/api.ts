import { createSignal } from 'solid-js'
import type { Factor } from '@fairlead/protocol/api.ts'
import type { Client } from '@fairlead/protocol/contract.ts'
import type { hubFeatures } from '@fairlead/protocol/features/hub.ts'
import { codeOf, FairleadError, isCode } from '@fairlead/protocol/errors.ts'
import type { Me } from '@fairlead/protocol/features/logins.ts'
import { rightsChanged } from '@fairlead/protocol/rights-changed.ts'
import { systemClock } from '@fairlead/protocol/wire/clock.ts'
import { jsonCodec } from '@fairlead/protocol/wire/json-codec.ts'
import { webPacking } from '@fairlead/protocol/wire/pack-web.ts'
import { openSession, type OpenMeta, type Session, type WireStream } from '@fairlead/protocol/wire/session.ts'
import { overSocket, type SocketLike } from '@fairlead/protocol/wire/socket.ts'
import { t } from '../i18n/i18n.ts'
import { heard } from '../i18n/said.ts'

type Features = typeof hubFeatures
type Names<K extends keyof Features> = `${K}.${Extract<keyof Features[K], string>}`
type MethodName = { [K in keyof Features]: Names<K> }[keyof Features]
type Asked<N extends MethodName> = N extends `${infer F extends keyof Features & string}.${infer M}`
  ? Client<Features[F]>[M & keyof Features[F]]
  : never
type Call<N extends MethodName> =
  Asked<N> extends (input: infer I, ...rest: never[]) => infer R ? { readonly input: I; readonly answer: R } : never
type Input<N extends MethodName> = Call<N>['input'] & { readonly host?: string }
type Output<N extends MethodName> = Awaited<Call<N>['answer']>
type Item<N extends MethodName> = Call<N>['answer'] extends AsyncIterable<infer T> ? T : never

/** `up`: live. `lost` since a time. `ended`: the login is over. */
type LinkState = { readonly state: 'up' } | { readonly state: 'lost'; readonly sinceMs: number } | { readonly state: 'ended' }
const [link, setLink] = createSignal<LinkState>({ state: 'up' })
export { link }

/** Counts how often what this account may do was changed while the page was open. */
const [rightsChanges, setRightsChanges] = createSignal(0)
export { rightsChanges }

let session: Session | undefined
let current: WebSocket | undefined
let opening: Promise<Session> | undefined
let failures = 0
const packing = webPacking()
/** Counts sign-ins: what belongs to the one before has no say any more. */
let turn = 0

/** The one session of this page; opened when first needed, and again after every loss. */
function connected(): Promise<Session> {
  if (session?.alive === true) return Promise.resolve(session)
  if (opening !== undefined) return opening
  const own = dial(turn)
  const settle = () => {
    if (opening === own) opening = undefined
  }
  own.then(settle, settle)
  opening = own
  return own
}

function dial(own: number): Promise<Session> {
  return new Promise((resolve, reject) => {
    const unreachable = new FairleadError('host_offline', t('error.noHub', { hub: location.host }))
    const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/api/session`, 'fairlead.1+json')
    socket.addEventListener('open', () => {
      if (own !== turn) {
        socket.close()
        return reject(unreachable)
      }
      failures = 0
      current = socket
      const transport = overSocket(socket as unknown as SocketLike)
      if (session === undefined)
        session = openSession(transport, {
          side: 'console',
          codec: jsonCodec,
          clock: systemClock,
          ...(packing === undefined ? {} : { packing }),
          onOpen: (stream) => stream.reset('unsupported'),
          onClose: (why) => own === turn && lost(why),
        })
      else session.resume(transport)
      const before = link()
      if (before.state === 'lost') [lostMs, backMs] = [before.sinceMs, Date.now()]
      setLink({ state: 'up' })
      resolve(session)
    })
    socket.addEventListener('error', () => {
      reject(unreachable)
      if (own !== turn) return
      failures++
      if (link().state === 'up') setLink({ state: 'lost', sinceMs: Date.now() })
      void stillHere(own)
    })
  })
}

let lostMs = 0
let backMs = 0
/** An outage is over, but what it interrupted is told only now. */
const settlingMs = 15_000

/** When what just failed was lost: with the link, if that was away till now, else this moment. ms since the epoch. */
export function failedSinceMs(): number {
  const now = link()
  if (now.state === 'lost') return now.sinceMs
  return Date.now() - backMs < settlingMs ? lostMs : Date.now()
}

function lost({ code }: { readonly code: number }): void {
  if (code === 4401) return void setLink({ state: 'ended' })
  // Another cookie may be on its way: who looks before it came would look with the old one.
  if (code === rightsChanged) void renewing.then(() => setRightsChanges((count) => count + 1))
  setLink({ state: 'lost', sinceMs: Date.now() })
  again(turn)
}

/** A browser does not say why a socket was refused: whether it is the login, the hub is asked. */
async function stillHere(own: number): Promise<void> {
  const code = await fetchJson('GET', '/me').then(() => undefined, codeOf)
  if (code === 'unauthenticated' && own === turn) setLink({ state: 'ended' })
}

function again(own: number): void {
  const delayMs = Math.min(10_000, 300 * 2 ** failures) * (0.5 + Math.random() / 2)
  setTimeout(() => {
    if (own !== turn || link().state !== 'lost') return
    renewing.then(connected).catch(() => again(own))
  }, delayMs)
}

export function retryNow(): void {
  connected().catch(() => undefined)
}

/** Whoever signs in next begins with a session of their own. */
export function forgetSession(): void {
  turn++
  session?.close(1000, 'signed out')
  session = undefined
  opening = undefined
  failures = 0
  setLink({ state: 'up' })
}

function random(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count))
}

let renewing: Promise<unknown> = Promise.resolve()

/** Asks what gives this login another cookie, and comes back with that one: the session of the old one is over. */
export async function renew<T>(asking: () => Promise<T>): Promise<T> {
  const answer = asking()
  renewing = Promise.allSettled([renewing, answer])
  const value = await answer
  if (session !== undefined && current?.readyState === WebSocket.OPEN) {
    const closed = new Promise((resolve) => current!.addEventListener('close', resolve, { once: true }))
    current.close(1000, 'another cookie')
    await closed
    await connected()
  }
  return value
}

/** A request that waits until its person proved that it is still them. */
export interface Wanted {
  readonly method: string
  readonly accepts: readonly Factor[]
  readonly settle: (proved: boolean) => void
}
const [wanted, setWanted] = createSignal<Wanted>()
export { wanted }
let proving: Promise<boolean> | undefined

/** Asks, and once more after a fresh proof where the hub wants one. Rejects with its refusal when the person gives none. */
export async function proven<T>(method: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    const { stepUp, enrol } = (error as Partial<FairleadError>).details ?? {}
    if (enrol !== undefined) setRightsChanges((count) => count + 1)
    if (codeOf(error) !== 'unproven') throw error
    const over = () => void (proving = setWanted(undefined))
    // Over the session a refusal has no details.
    const accepts = Array.isArray(stepUp) ? (stepUp as Factor[]) : await acceptedNow()
    proving ??= new Promise<boolean>((settle) => setWanted({ method, accepts, settle })).finally(over)
    if (!(await proving)) throw error
    return run()
  }
}

/** By what this account proves itself: a second factor if it has one, else the password. */
async function acceptedNow(): Promise<readonly Factor[]> {
  const { passkeys, totpSinceMs, recoveryCodesLeft } = await fetchJson<Output<'factors.get'>>('GET', '/factors')
  const second: readonly Factor[] = [
    ...(passkeys.length > 0 ? (['passkey'] as const) : []),
    ...(totpSinceMs === null ? [] : (['totp'] as const)),
  ]
  if (second.length === 0) return (await fetchJson<Me>('GET', '/me')).provider?.own === true ? ['provider'] : ['password']
  return [...second, ...(recoveryCodesLeft > 0 ? (['recovery'] as const) : [])]
}

/** What was refused because a second person must agree first. */
export interface ForTwo {
  readonly method: string
  readonly input: Readonly<Record<string, unknown>>
}
const [forTwo, setForTwo] = createSignal<ForTwo>()
export { forTwo, setForTwo }

/** One question over the session. */
export async function ask<N extends MethodName>(name: N, input: Input<N>): Promise<Output<N>> {
  try {
    return await proven(name, () => askOnce(name, input))
  } catch (error) {
    if (codeOf(error) === 'unapproved') setForTwo({ method: name, input })
    await heard()
    throw error
  }
}

async function askOnce<N extends MethodName>(name: N, input: Input<N>): Promise<Output<N>> {
  const stream = (await connected()).open(name, input, { deadlineMs: 60_000, idempotencyKey: random(16) })
  const answer = await stream.answered()
  if ('reply' in answer) return answer.reply as Output<N>
  const parts: Uint8Array[] = []
  for await (const part of stream) parts.push(part)
  return JSON.parse(await new Blob(parts as BlobPart[]).text()) as Output<N>
}

const decoder = new TextDecoder()

/** A live stream of JSON items, opened again after every loss with a fresh snapshot. Ends with the signal. */
export async function* follow<N extends MethodName>(name: N, input: Input<N>, signal: AbortSignal): AsyncGenerator<Item<N>> {
  for (;;) {
    try {
      const stream = (await connected()).open(name, input, { takesPacked: true })
      signal.addEventListener('abort', () => stream.reset('canceled'))
      for await (const payload of stream) yield JSON.parse(decoder.decode(payload)) as Item<N>
      return
    } catch (error) {
      if (signal.aborted) return
      if (codeOf(error) !== 'lost' && codeOf(error) !== 'host_offline' && codeOf(error) !== 'refused') {
        await heard()
        throw error
      }
      await new Promise((resolve) => setTimeout(resolve, 1000))
    }
  }
}

/** A raw stream that survives the loss of the link: terminals, logs. */
export async function openRaw(name: MethodName, input: object, meta: OpenMeta): Promise<WireStream> {
  return (await connected()).open(name, input, { resumeKey: random(16), ...meta })
}

/** Before there is a session: first run, sign-in, who am I. */
export async function fetchJson<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await fetch(`/api/v1${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
  }).then(
    (response) => response.json() as Promise<unknown>,
    () => undefined,
  )
  if (answer === undefined) throw new FairleadError('host_offline', t('error.noAnswer', { hub: location.host }))
  const value = answer as { error?: { code: string; message: string; details?: Record<string, unknown> } }
  if (value.error === undefined) return value as T
  const { code, message, details } = value.error
  await heard()
  throw new FairleadError(isCode(code) ? code : 'internal', message, details === undefined ? {} : { details })
}
