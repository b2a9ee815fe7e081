import assert from 'node:assert/strict'
import * as crypto from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import * as zlib from 'node:zlib'
import type { Contract, Method } from '../src/contract.ts'
import { FairleadError, isCode } from '../src/errors.ts'
import { agentFeatures } from '../src/features/agent.ts'
import { chooseVersion, Hello, Welcome } from '../src/hello.ts'
import { systemClock } from '../src/wire/clock.ts'
import { decodeValue, msgpackCodec } from '../src/wire/codec.ts'
import { frame } from '../src/wire/frame.ts'
import { nodePacking } from '../src/wire/pack-node.ts'
import { openClient, serveFeatures } from '../src/wire/rpc.ts'
import { openSession } from '../src/wire/session.ts'
import type { Transport } from '../src/wire/transport.ts'
import { ask, plain, type Recorded, type Step } from './steps.ts'

const folder = join(import.meta.dirname, 'recorded')
const features: Readonly<Record<string, Contract>> = agentFeatures
/** `protocol/SPEC.md`: DATA has a fixed one. */
const dataHeaderBytes = 10
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'base64'))
const common = { codec: msgpackCodec, clock: systemClock, packing: nodePacking(zlib) } as const

/** The end of a link whose other one is a record. */
function playing(onSent: (message: Uint8Array) => void): Transport {
  return {
    send(message, done) {
      onSent((message as Uint8Array).slice())
      done?.()
    },
    bufferedBytes: 0,
    close: () => undefined,
    onMessage: () => undefined,
    onClose: () => undefined,
  }
}

/** Today's hub, an agent of then. */
async function replayToHub({ steps }: Recorded): Promise<void> {
  let sent = Promise.withResolvers<void>()
  const transport = playing(() => sent.resolve())
  const session = openSession(transport, { ...common, side: 'hub', onOpen: (stream) => stream.reply({}) })
  const clients = openClient(() => session, features, {
    decodeReply: decodeValue,
    randomBytes: (count) => new Uint8Array(crypto.randomBytes(count)),
  })
  for (const step of steps) {
    sent = Promise.withResolvers()
    const asking = ask(clients, step)
    await sent.promise
    for (const message of step.agent) {
      transport.onMessage(bytesOf(message))
      // Each in a turn of its own, as it came.
      await new Promise((done) => setImmediate(done))
    }
    assert.deepEqual(plain(await asking), step.came, step.method)
    // An identifier of a ping is its number: the record's own is the next one.
    void session.ping()
  }
  assert.equal(session.alive, true)
  session.close(1000, 'done')
}

/** Today's agent, a hub of then: it hears each question whole, and what it answers is what the hub of then was answered. */
async function replayToAgent({ steps }: Recorded): Promise<void> {
  const said: Uint8Array[] = []
  const heard: unknown[] = []
  let step: Step | undefined
  const transport = playing((message) => void said.push(message))
  const session = openSession(transport, {
    ...common,
    side: 'agent',
    onOpen: serveFeatures(
      features,
      handlersOf(
        () => step!,
        (input) => void heard.push(input),
      ),
    ),
  })
  for (step of steps) {
    said.length = heard.length = 0
    for (const message of step.hub.map(withoutAcks)) {
      if (message.length > 0) transport.onMessage(message)
      for (let turn = 0; turn < 5; turn++) await new Promise((done) => setImmediate(done))
    }
    const [feature = '', name = ''] = step.method.split('.')
    const wanted = features[feature]![name]!.input.safeParse(step.input)
    assert.deepEqual(heard[0], wanted.data, `${step.method}: what was asked`)
    for (const [field, value] of Object.entries(step.input))
      assert.deepEqual((heard[0] as Record<string, unknown>)[field], value, step.method)
    if (step.send !== undefined) assert.deepEqual(heard.slice(1).map(String), [step.send])
    assert.deepEqual(answersOf(said), answersOf(step.agent.map(bytesOf)), `${step.method}: what was answered`)
  }
  assert.equal(session.alive, true)
  session.close(1000, 'done')
}

/** How many bytes came is of that link alone: today's agent may pack them otherwise. All else is as it was. */
function withoutAcks(text: string): Uint8Array {
  const message = bytesOf(text)
  const kept: Uint8Array[] = []
  let at = 0
  const take = (bytes: number, keeps = true) => {
    if (keeps) kept.push(message.subarray(at, at + bytes))
    at += bytes
  }
  msgpackCodec.decode(message, {
    control: ([type], bytes) => take(bytes, type !== frame.ack),
    data: (_sid, payload) => take(dataHeaderBytes + payload.length),
  })
  return Buffer.concat(kept)
}

type Came = { readonly reply?: unknown; readonly items?: readonly unknown[]; readonly trailer?: unknown; readonly refused?: unknown }

/** Answer what the record says that an agent answered. */
function handlersOf(step: () => Step, hear: (input: unknown) => void) {
  const refuse = ({ refused }: Came) => {
    if (isCode(refused)) throw new FairleadError(refused, 'as it was then')
  }
  const methods = (feature: string, contract: Contract) =>
    Object.entries(contract).map(([name, method]: [string, Method]) => {
      const call = async (input: unknown) => {
        hear(input)
        const came = step().came as Came
        assert.equal(step().method, `${feature}.${name}`)
        refuse(came)
        return came.reply
      }
      async function* stream(input: unknown, { up }: { readonly up?: AsyncIterable<Uint8Array> }) {
        hear(input)
        const came = step().came as Came
        refuse(came)
        if (up !== undefined)
          for await (const typed of up) {
            hear(Buffer.from(typed).toString())
            break
          }
        for (const item of came.items ?? []) {
          const { base64 } = item as { base64?: string }
          yield base64 === undefined ? item : bytesOf(base64)
        }
        return came.trailer
      }
      return [name, method.kind === 'call' ? call : stream]
    })
  return Object.fromEntries(
    Object.entries(features).map(([feature, contract]) => [feature, Object.fromEntries(methods(feature, contract))]),
  )
}

/** Replies, refusals by their code, bytes joined, trailers: not when credit was given, nor where messages were cut. */
function answersOf(messages: readonly Uint8Array[]): unknown {
  const replies: unknown[] = []
  for (const message of messages)
    msgpackCodec.decode(message, {
      control(control) {
        if (control[0] === frame.reply) replies.push(control[2])
        if (control[0] === frame.reset) replies.push(control[2])
      },
      data: () => undefined,
    })
  return replies
}

for (const version of readdirSync(folder))
  for (const name of readdirSync(join(folder, version))) {
    const recorded = JSON.parse(readFileSync(join(folder, version, name), 'utf8')) as Recorded

    describe(`what ${version} said: ${name.replace('.json', '')}`, () => {
      it('begins with words that both understand [security 146]', () => {
        const hello = Hello.parse(decodeValue(bytesOf(recorded.hello)))
        assert.equal(hello.agent, version)
        assert.deepEqual(plain(hello), plain(decodeValue(bytesOf(recorded.hello))))
        assert.equal(chooseVersion(hello.v), 1)
        const welcome = decodeValue(bytesOf(recorded.welcome))
        assert.deepEqual(Welcome.parse(welcome), welcome)
      })
      it('is to a hub of today what it was to the hub of then [security 146]', { timeout: 30_000 }, () => replayToHub(recorded))
      it('is answered by an agent of today as by the agent of then [security 146]', { timeout: 30_000 }, () => replayToAgent(recorded))
    })
  }
