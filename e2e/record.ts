// `node e2e/record.ts [NAME ...]`: writes what an agent of this version and a hub say to one another into `protocol/test/recorded/<version>/`, of a real
// agent with a real engine, unsealed. Run once for each release, on the day that it is made: later hubs and agents are held to it.
import * as crypto from 'node:crypto'
import * as zlib from 'node:zlib'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
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
import { makeTrail } from '../agent/src/audit/test-trail.ts'
import { ask, plain, type Step } from '../protocol/test/steps.ts'
import { startEngine } from './engine.ts'

const out = join(import.meta.dirname, '../protocol/test/recorded', version)
const agentFile = join(import.meta.dirname, '../agent/src/main.ts')
const suite = nodeSuite(crypto)
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

// As those of hubs: a note of a trail names it.
const organization = '2d1c5f0e-8d3a-4b52-9a55-0f1f5f6f7a10'
const [trail, other] = [makeTrail(organization), makeTrail(organization)]

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
  // After what `locally` has.
  journal: [
    { method: 'journal.watch', input: {}, items: 2 },
    { method: 'journal.read', input: {} },
    { method: 'journal.read', input: { only: 'local', limit: 1 } },
  ],
  audit: [
    { method: 'audit.kept', input: {} },
    { method: 'audit.see', input: trail.show(0, 3) },
    { method: 'audit.see', input: trail.show(3, 8) },
    { method: 'audit.see', input: { ...trail.show(8, 9), note: 'nonsense' } },
    { method: 'audit.see', input: other.show(8, 9) },
    { method: 'audit.kept', input: {} },
  ],
  updates: [
    { method: 'updates.watch', input: {}, items: 1 },
    { method: 'updates.offer', input: { manifest: '{}', signature: 'none', blocks: '' } },
    { method: 'updates.start', input: { sha256: 'a'.repeat(64), notAfterMs: 8.64e15 } },
    { method: 'updates.revert', input: { notAfterMs: 8.64e15 } },
  ],
}

/** What somebody does on the host before. */
const locally: Readonly<Record<string, readonly (readonly string[])[]>> = {
  journal: [['lock', '--reason', 'a look at it'], ['unlock']],
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
  writePin(stateDir, { address, hubKey: identity.publicKey, host: 'host', organization, standby: [] })
  mkdirSync(out, { recursive: true })
  const wanted = process.argv.slice(2)
  for (const [name, steps] of Object.entries(asked)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue
    for (const argv of locally[name] ?? []) await promisify(execFile)(process.execPath, [agentFile, ...argv], { env: envOf() })
    const recorded = await record(steps)
    writeFileSync(join(out, `${name}.json`), `${JSON.stringify({ version, ...recorded }, undefined, 2)}\n`)
    console.error(`${name}: ${recorded.steps.length} steps`)
  }
} finally {
  await engine.stop()
  rmSync(dir, { recursive: true, force: true })
}
process.exit(0)

function envOf() {
  return {
    PATH: process.env['PATH'],
    FAIRLEAD_STATE_DIR: stateDir,
    FAIRLEAD_ENGINE: engine.socket,
    FAIRLEAD_METRICS_SECONDS: '1',
    FAIRLEAD_HOST_NAME: 'recorded',
    FAIRLEAD_POLICY: join(dir, 'no-policy.json'),
  }
}

async function record(steps: (typeof asked)[string]) {
  arrived = Promise.withResolvers()
  const agent = spawn(process.execPath, [agentFile, 'run'], { env: envOf(), stdio: 'ignore' })
  const ended = once(agent, 'exit')
  const { transport, payload } = await arrived.promise
  const welcome = encodeValue({
    v: 1,
    host: 'host',
    organization,
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
