// The agent's process: the real features over the real engine, and the benchmark's own.
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { createConnection, createServer, type AddressInfo } from 'node:net'
import { keepConnected } from '@fairlead/agent/connect.ts'
import { serveContainers } from '@fairlead/agent/containers/containers.ts'
import { makeHello } from '@fairlead/agent/dial.ts'
import { ask, openEngine } from '@fairlead/agent/docker/engine.ts'
import { serveTerminals } from '@fairlead/agent/terminals/terminals.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import { containers } from '@fairlead/protocol/features/containers.ts'
import { terminals } from '@fairlead/protocol/features/terminals.ts'
import { fromBase64Url, toBase64Url } from '@fairlead/protocol/join.ts'
import { rawPublicKey } from '@fairlead/protocol/noise/suite.ts'
import { createResumeStore } from '@fairlead/protocol/wire/resume.ts'
import { serveFeatures } from '@fairlead/protocol/wire/rpc.ts'
import { StreamImpl } from '@fairlead/protocol/wire/stream.ts'
import { answerParent } from '../measure/ask.ts'
import { bigFile, linkBench } from './contract.ts'

interface LinkTarget {
  readonly address: string
  readonly hubKey: string
  readonly neverSeal: boolean
  readonly engine: string
  /** Returns at once after a loss, not somewhere in the smear. */
  readonly hurry: boolean
}

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const identity = { privateKey, publicKey: rawPublicKey(publicKey) }
const bootId = randomBytes(16).toString('hex')
const block = randomBytes(64 * 1024)
const streams = new Set<StreamImpl>()
const most = { retained: 0, queued: 0 }
let link: ReturnType<typeof keepConnected> | undefined

/** What any one stream holds: sampled, since nothing tells. */
setInterval(() => {
  for (const stream of streams) {
    most.retained = Math.max(most.retained, stream.out.retainedBytes + stream.out.queuedBytes)
    most.queued = Math.max(most.queued, stream.out.queuedBytes)
    if (stream.over) streams.delete(stream)
  }
}, 5).unref()

function serveBench(engine: ReturnType<typeof openEngine>): Handlers<typeof linkBench> {
  return {
    async *archive({ id }, { signal }) {
      // No feature of the agent asks for archives yet: only this measurement does.
      const archive = 'GET /containers/{id}/archive' as string as 'GET /containers/{id}/logs'
      const socket = await engine.stream(ask(archive, { id }, { path: bigFile }))
      signal.addEventListener('abort', () => socket.destroy())
      for await (const chunk of socket) yield chunk as Buffer
    },
    async *flood(_input, { signal }) {
      while (!signal.aborted) yield block
    },
  }
}

export interface AgentState {
  readonly cpuMs: number
  /** The most that any one stream held since the last question: sent and not confirmed, and still to be sent. */
  readonly mostRetainedBytes: number
  readonly mostQueuedBytes: number
}

answerParent({
  state(): AgentState {
    const { user, system } = process.cpuUsage()
    const said = { cpuMs: (user + system) / 1000, mostRetainedBytes: most.retained, mostQueuedBytes: most.queued }
    most.retained = most.queued = 0
    return said
  },
  /** What two more hops cost on this machine, whatever goes over them: bytes in, bytes out. */
  relay({ engine }: { engine: string }): Promise<number> {
    const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
      const far = createConnection({ path: engine, allowHalfOpen: true })
      for (const socket of [near, far]) socket.on('error', () => [near, far].forEach((end) => end.destroy()))
      near.pipe(far)
      far.pipe(near)
    })
    return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)))
  },
  key: (): string => toBase64Url(identity.publicKey),
  connect({ address, hubKey, neverSeal, engine: socket, hurry }: LinkTarget): void {
    link?.stop()
    const engine = openEngine(socket)
    const handlers = { containers: serveContainers(engine), terminals: serveTerminals(engine), linkBench: serveBench(engine) }
    const serve = serveFeatures({ containers, terminals, linkBench }, handlers)
    link = keepConnected({
      hub: () => ({ addresses: [address], key: fromBase64Url(hubKey) }),
      identity,
      neverSeal,
      hello: () => makeHello({ version: '0.1.0', bootId, features: Object.keys(handlers), name: 'bench' }),
      resumeStore: createResumeStore(),
      onOpen(stream) {
        if (stream instanceof StreamImpl) streams.add(stream)
        serve(stream)
      },
      onLink: () => undefined,
      onLoss: () => undefined,
      ...(hurry ? { random: () => 0 } : {}),
    })
  },
})
process.once('SIGTERM', () => process.exit(0))
