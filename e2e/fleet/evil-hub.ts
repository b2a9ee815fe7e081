import * as crypto from 'node:crypto'
import * as zlib from 'node:zlib'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { isCode, type Code } from '@fairlead/protocol/errors.ts'
import type { Welcome } from '@fairlead/protocol/hello.ts'
import { respond } from '@fairlead/protocol/noise/secure.ts'
import { nodeSuite, rawPublicKey } from '@fairlead/protocol/noise/suite.ts'
import { systemClock } from '@fairlead/protocol/wire/clock.ts'
import { encodeValue, msgpackCodec } from '@fairlead/protocol/wire/codec.ts'
import { nodePacking } from '@fairlead/protocol/wire/pack-node.ts'
import { openSession, type OpenMeta, type Session, type WireStream } from '@fairlead/protocol/wire/session.ts'
import type { Transport } from '@fairlead/protocol/wire/transport.ts'
import { overWs, wsLimits } from '@fairlead/protocol/wire/ws.ts'

const suite = nodeSuite(crypto)

/** A hub with the right key, in the wrong hands: it asks for whatever it likes, past every contract. */
export interface EvilHub {
  readonly address: string
  readonly key: Uint8Array
  /** The link that is up. */
  session(): Promise<Session>
  /** Asks, and says how it was answered; a stream by its first item, all of a short one. */
  ask(method: string, params: unknown, more?: Partial<OpenMeta>): Promise<Answer>
  /** What it says that its clock is, ms beside the truth: to whoever comes in from now on. */
  lie(ms: number): void
  open(method: string, params: unknown): Promise<WireStream>
  close(): Promise<void>
}

export interface Answer {
  readonly code: Code | 'ok'
  readonly text: string
}

export async function openEvilHub(): Promise<EvilHub> {
  const { privateKey, publicKey } = crypto.generateKeyPairSync('ed25519')
  const identity = { privateKey, publicKey: rawPublicKey(publicKey) }
  const server = createServer()
  const door = new WebSocketServer({ server, ...wsLimits, handleProtocols: () => 'fairlead.1' })
  let lieMs = 0
  let live = Promise.withResolvers<Session>()
  door.on('connection', (socket) => {
    // A host that pinned another key leaves in the middle of it.
    letIn(overWs(socket)).catch(() => undefined)
  })
  async function letIn(transport: Transport): Promise<void> {
    const secured = await respond(transport, { suite, clock: systemClock, identity, exporter: undefined, neverSeal: false })
    const welcome: Welcome = {
      v: 1,
      host: 'host',
      organization: 'organization',
      heartbeatMs: 5000,
      resumeForMs: 60_000,
      smearMs: 100,
      nowMs: Date.now() + lieMs,
    }
    secured.transport.send(encodeValue(welcome))
    const session = openSession(secured.transport, {
      side: 'hub',
      codec: msgpackCodec,
      clock: systemClock,
      packing: nodePacking(zlib),
      onOpen: (stream) => stream.reply({}),
      onClose: () => void (live = Promise.withResolvers<Session>()),
    })
    live.resolve(session)
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  async function open(method: string, params: unknown, more: object = {}): Promise<WireStream> {
    return (await live.promise).open(method, params, {
      idempotencyKey: crypto.randomBytes(16),
      deadlineMs: 20_000,
      windowBytes: 65_536,
      notAfterMs: Date.now() + lieMs + 20_000,
      ...more,
    })
  }

  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    key: identity.publicKey,
    session: () => live.promise,
    lie: (ms) => void (lieMs = ms),
    open,
    async ask(method, params, more = {}) {
      const stream = await open(method, params, more)
      try {
        const answer = await stream.answered()
        if ('reply' in answer) return { code: 'ok', text: JSON.stringify(answer.reply) }
        const { value } = await stream[Symbol.asyncIterator]().next()
        stream.reset('canceled')
        return { code: 'ok', text: value === undefined ? '' : Buffer.from(value as Uint8Array).toString() }
      } catch (error) {
        const { code, message } = error as { code?: unknown; message: string }
        return { code: isCode(code) ? code : 'internal', text: message }
      }
    },
    async close() {
      for (const client of door.clients) client.terminate()
      server.close()
      door.close()
    },
  }
}
