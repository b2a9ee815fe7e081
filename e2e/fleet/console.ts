import { randomBytes } from 'node:crypto'
import { Agent, request } from 'node:https'
import { WebSocket } from 'ws'
import { hubFeatures } from '@fairlead/protocol/features/hub.ts'
import { systemClock } from '@fairlead/protocol/wire/clock.ts'
import { jsonCodec } from '@fairlead/protocol/wire/json-codec.ts'
import { webPacking } from '@fairlead/protocol/wire/pack-web.ts'
import { openClient, type Clients } from '@fairlead/protocol/wire/rpc.ts'
import { openSession, type Session } from '@fairlead/protocol/wire/session.ts'
import { overSocket } from '@fairlead/protocol/wire/socket.ts'
import { codeOf, stepOf } from '../../hub/src/factors/codes.ts'
import { fromBase32 } from './base32.ts'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  readonly body: Record<string, unknown>
}

interface AskOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly rawBody?: string
}

/** A person at the console, over real HTTPS and a real WebSocket. */
export interface Person {
  ask(method: string, path: string, options?: AskOptions): Promise<Answer>
  /** Typed calls and streams for methods of the whole organization. */
  open(): Promise<{
    readonly session: Session
    readonly api: Clients<typeof hubFeatures>
    onHost(host: string): Clients<typeof hubFeatures>
    close(): void
  }>
  cookie: string
}

// Tests hold this process up for seconds (they build programs): a connection that was kept would be the hub's to close meanwhile.
const insecure = new Agent({ rejectUnauthorized: false, keepAlive: false })

export function createPerson(baseUrl: string): Person {
  const person: Person = {
    cookie: '',
    ask: (method, path, options = {}) =>
      new Promise((resolve, reject) => {
        const url = new URL(path, baseUrl)
        const data = options.rawBody ?? (options.body === undefined ? undefined : JSON.stringify(options.body))
        const headers = {
          Origin: url.origin,
          ...(person.cookie === '' ? {} : { Cookie: person.cookie }),
          ...(data === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(data)) }),
          ...options.headers,
        }
        const call = request(url, { method, headers, agent: insecure, timeout: 30_000 }, (response) => {
          const parts: Buffer[] = []
          response.on('data', (part: Buffer) => parts.push(part))
          response.on('error', reject)
          response.on('end', () => {
            const text = Buffer.concat(parts).toString('utf8')
            const set = response.headers['set-cookie']?.[0]?.split(';')[0]
            if (set !== undefined) person.cookie = set
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: parse(text) })
          })
        })
        call.on('error', reject)
        call.end(data)
      }),
    async open() {
      const url = new URL('/api/session', baseUrl)
      const socket = new WebSocket(url.href.replace(/^http/, 'ws'), 'fairlead.1+json', {
        rejectUnauthorized: false,
        headers: { Cookie: person.cookie, Origin: url.origin },
      })
      await new Promise<void>((resolve, reject) => {
        socket.once('open', () => resolve())
        socket.once('error', reject)
      })
      const session = openSession(overSocket(socket as never), {
        side: 'console',
        codec: jsonCodec,
        packing: webPacking()!,
        clock: systemClock,
        onOpen: (stream) => stream.reset('unsupported'),
      })
      const client = (params?: Record<string, unknown>) =>
        openClient(() => session, hubFeatures, {
          decodeReply: jsonCodec.decodeReply,
          randomBytes: (count) => randomBytes(count),
          ...(params === undefined ? {} : { params }),
        })
      return { session, api: client(), onHost: (host) => client({ host }), close: () => session.close(1000, 'done') }
    },
  }
  return person
}

/** Sets a new hub up and signs in as its owner. */
export async function createOwner(baseUrl: string, code: string): Promise<Person> {
  const person = createPerson(baseUrl)
  const answer = await person.ask('POST', '/api/v1/setup', {
    body: { code, name: 'Owner', email: 'owner@example.test', password: 'four unrelated words', organization: 'Example' },
  })
  if (answer.status !== 200) throw new Error(`setup: ${answer.status} ${answer.text}`)
  // Who signs in again would have to add a second factor first: tests of something else need none.
  await ok(api(person, 'PUT', '/factors/policy', { secondFactor: 'optional' }))
  return person
}

/** In the organization that somebody is in no second factor is asked for: with one, which they give up again. Their other logins end. */
export async function relax(person: Person): Promise<void> {
  const { step, secret } = await ok(api(person, 'POST', '/factors/totp/begin'))
  const code = codeOf(fromBase32(String(secret)), stepOf(Date.now()))
  await ok(api(person, 'POST', '/factors/totp', { step, code }))
  await ok(api(person, 'PUT', '/factors/policy', { secondFactor: 'optional' }))
  await ok(api(person, 'DELETE', '/factors/totp'))
}

/** Asks the API of the hub; `path` begins behind `/api/v1`. */
export function api(person: Person, method: string, path: string, body?: unknown): Promise<Answer> {
  return person.ask(method, `/api/v1${path}`, body === undefined ? {} : { body })
}

/** What was answered, when it went well; else it throws with what was said. */
export async function ok(answer: Promise<Answer>): Promise<Record<string, unknown>> {
  const { status, text, body } = await answer
  if (status !== 200) throw new Error(`${status} ${text}`)
  return body
}

/** Makes a one-time line for a host; answers its join string. */
export async function invite(owner: Person, address: string): Promise<string> {
  const answer = await owner.ask('POST', '/api/v1/invitations', { body: { address } })
  if (answer.status !== 200) throw new Error(`invitation: ${answer.status} ${answer.text}`)
  return String(answer.body['join'])
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return {}
  }
}
