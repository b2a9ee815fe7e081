// `node e2e/record.ts`: writes what an agent of this version and a hub say to one another into `protocol/test/recorded/<version>/`, of a real
// agent with a real engine, unsealed. Run once for each release, on the day that it is made: later hubs and agents are held to it.
import * as crypto from 'node:crypto'
import * as zlib from 'node:zlib'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocketServer } from 'ws'
import { writePin } from '@fairlead/agent/pin.ts'
import { version } from '@fairlead/agent/version.ts'
import type { Contract } from '@fairlead/protocol/contract.ts'
import { agentFeatures } from '@fairlead/protocol/features/agent.ts'
import { respond } from '@fairlead/protocol/noise/secure.ts'
import { nodeSuite, rawPublicKey } from '@fairlead/protocol/noise/suite.ts'
import { systemClock } from '@fairlead/protocol/wire/clock.ts'
import { decodeValue, encodeValue, msgpackCodec } from '@fairlead/protocol/wire/codec.ts'
import { notAfter } from '@fairlead/protocol/wire/hub-time.ts'
import { nodePacking } from '@fairlead/protocol/wire/pack-node.ts'
import { openClient } from '@fairlead/protocol/wire/rpc.ts'
import { openSession } from '@fairlead/protocol/wire/session.ts'
import type { Transport } from '@fairlead/protocol/wire/transport.ts'
import { overWs, wsLimits } from '@fairlead/protocol/wire/ws.ts'
import { ask, plain, type Step } from '../protocol/test/steps.ts'
import { startEngine } from './engine.ts'

const out = join(import.meta.dirname, '../protocol/test/recorded', version)
const suite = nodeSuite(crypto)
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

/** By the file that it is written to: what is asked, in this order, each on a link of its own. */
const asked: Readonly<Record<string, readonly Omit<Step, 'hub' | 'agent' | 'came'>[]>> = {
  lists: [
    { method: 'hosts.watch', input: {}, items: 1 },
    { method: 'inventory.watch', input: {}, items: 1 },
    { method: 'containers.list', input: {} },
    { method: 'containers.get', input: { id: 'one' } },
    { method: 'containers.inspect', input: { id: 'one' } },
  ],
  logs: [
    { method: 'containers.logs', input: { id: 'one', follow: false, tail: 20 } },
    { method: 'containers.exec', input: { id: 'one', command: ['sh', '-c', 'echo out; echo err >&2; exit 3'] } },
  ],
  metrics: [
    { method: 'metrics.watch', input: {}, items: 2 },
    { method: 'containers.stats', input: { id: 'one' }, items: 1 },
  ],
  terminals: [
    { method: 'terminals.open', input: { container: 'one', command: ['sh'], name: 'a shell' } },
    { method: 'terminals.list', input: {} },
    { method: 'terminals.attach', input: { id: '<terminal>' }, send: 'exit 4\n' },
    { method: 'terminals.rename', input: { id: '<terminal>', name: 'another' } },
    { method: 'terminals.close', input: { id: '<terminal>' } },
  ],
  changes: [
    { method: 'containers.pause', input: { id: 'one' } },
    { method: 'containers.unpause', input: { id: 'one' } },
    { method: 'containers.kill', input: { id: 'one', signal: 'SIGUSR1' } },
    { method: 'containers.stop', input: { id: 'one', timeoutSeconds: 0 } },
    { method: 'containers.start', input: { id: 'one' } },
    { method: 'containers.restart', input: { id: 'one', timeoutSeconds: 0 } },
    { method: 'containers.rename', input: { id: 'one', name: 'two' } },
    { method: 'events.watch', input: { sinceMs: 0 }, items: 3 },
    { method: 'containers.remove', input: { id: 'two', force: true } },
    { method: 'containers.get', input: { id: 'two' } },
  ],
  policy: [
    { method: 'policy.watch', input: {}, items: 1 },
    { method: 'policy.narrow', input: { mode: 'operate', deny: ['container.exec'] } },
    { method: 'containers.exec', input: { id: 'one', command: ['true'] } },
  ],
}

const { privateKey, publicKey } = crypto.generateKeyPairSync('ed25519')
const identity = { privateKey, publicKey: rawPublicKey(publicKey) }
const server = createServer()
const door = new WebSocketServer({ server, ...wsLimits, handleProtocols: () => 'fairlead.1' })
let arrived = Promise.withResolvers<{ transport: Transport; payload: Uint8Array }>()
door.on('connection', async (socket) => arrived.resolve(await respond(overWs(socket), { suite, clock: systemClock, identity })))
server.listen(0, '127.0.0.1')
await once(server, 'listening')

const engine = await startEngine()
const dir = mkdtempSync(join(tmpdir(), 'fairlead-record-'))
const stateDir = join(dir, 'state')
try {
  await engine.run('one', ['sh', '-c', 'trap "" USR1; echo begun; while true; do date; sleep 1; done'], { Labels: { of: 'a record' } })
  mkdirSync(stateDir)
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  writePin(stateDir, { address, hubKey: identity.publicKey, host: 'host', organization: 'organization', standby: [] })
  mkdirSync(out, { recursive: true })
  for (const [name, steps] of Object.entries(asked)) {
    const recorded = await record(steps)
    writeFileSync(join(out, `${name}.json`), `${JSON.stringify({ version, ...recorded }, undefined, 2)}\n`)
    console.error(`${name}: ${recorded.steps.length} steps`)
  }
} finally {
  await engine.stop()
  rmSync(dir, { recursive: true, force: true })
}
process.exit(0)

async function record(steps: (typeof asked)[string]) {
  arrived = Promise.withResolvers()
  const env = {
    PATH: process.env['PATH'],
    FAIRLEAD_STATE_DIR: stateDir,
    FAIRLEAD_ENGINE: engine.socket,
    FAIRLEAD_METRICS_SECONDS: '1',
    FAIRLEAD_HOST_NAME: 'recorded',
    FAIRLEAD_POLICY: join(dir, 'no-policy.json'),
  }
  const agent = spawn(process.execPath, [join(import.meta.dirname, '../agent/src/main.ts'), 'run'], { env, stdio: 'ignore' })
  const ended = once(agent, 'exit')
  const { transport, payload } = await arrived.promise
  const welcome = encodeValue({
    v: 1,
    host: 'host',
    organization: 'organization',
    // Nothing is said beside what is asked.
    heartbeatMs: 60_000,
    resumeForMs: 60_000,
    smearMs: 100,
    nowMs: Date.now(),
  })
  transport.send(welcome)
  const hub: string[] = []
  const agentSaid: string[] = []
  const session = openSession(tap(transport, hub, agentSaid), {
    side: 'hub',
    codec: msgpackCodec,
    clock: systemClock,
    packing: nodePacking(zlib),
    onOpen: (stream) => stream.reply({}),
  })
  const open: typeof session.open = (method, params, meta = {}) =>
    session.open(method, params, { ...meta, notAfterMs: notAfter(Date.now(), meta.deadlineMs) })
  const clients = openClient(() => ({ open }), agentFeatures as Readonly<Record<string, Contract>>, {
    decodeReply: decodeValue,
    randomBytes: (count) => new Uint8Array(crypto.randomBytes(count)),
  })
  const told: Step[] = []
  let terminal = ''
  for (const step of steps) {
    hub.length = agentSaid.length = 0
    const input = JSON.parse(JSON.stringify(step.input).replaceAll('<terminal>', terminal)) as object
    const came = plain(await ask(clients, { ...step, input }))
    if (step.method === 'terminals.open') terminal = (came as { reply: { id: string } }).reply.id
    // What the other end still says about it belongs to it.
    await session.ping()
    told.push({ ...step, input, hub: [...hub], agent: [...agentSaid], came })
  }
  session.close(1000, 'recorded')
  agent.kill('SIGTERM')
  await ended
  return { hello: base64(payload), welcome: base64(welcome), steps: told }
}

/** Everything that passes is written down. */
function tap(inner: Transport, sent: string[], heard: string[]): Transport {
  const outer: Transport = {
    lends: inner.lends,
    send(message, done) {
      sent.push(base64(message as Uint8Array))
      inner.send(message, done)
    },
    get bufferedBytes() {
      return inner.bufferedBytes
    },
    close: (code, reason) => inner.close(code, reason),
    onMessage: () => undefined,
    onClose: () => undefined,
  }
  inner.onMessage = (message) => {
    heard.push(base64(message as Uint8Array))
    outer.onMessage(message)
  }
  inner.onClose = (code, reason) => outer.onClose(code, reason)
  return outer
}
