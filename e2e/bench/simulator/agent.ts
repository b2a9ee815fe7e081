import { generateKeyPairSync } from 'node:crypto'
import { keepConnected } from '@fairlead/agent/connect.ts'
import { makeHello } from '@fairlead/agent/dial.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import { hosts } from '@fairlead/protocol/features/hosts.ts'
import { inventory, type InventoryChange } from '@fairlead/protocol/features/inventory.ts'
import { metrics, metricScalesOf } from '@fairlead/protocol/features/metrics.ts'
import { rawPublicKey, type Identity } from '@fairlead/protocol/noise/suite.ts'
import type { MetricPoint } from '@fairlead/protocol/wire/metric-batch.ts'
import { createSampleEncoder } from '@fairlead/protocol/wire/metric-encode.ts'
import { createResumeStore } from '@fairlead/protocol/wire/resume.ts'
import { serveFeatures } from '@fairlead/protocol/wire/rpc.ts'
import { containerRow } from './rows.ts'

export interface Target {
  readonly address: string
  readonly hubKey: Uint8Array
  /** For a hub that seals nothing either. */
  readonly neverSeal?: boolean
}

export interface SimulatedAgent {
  readonly identity: Identity
  online: boolean
  /** When it was welcomed last, and each attempt to connect; wall clock, ms. */
  linkedMs: number
  readonly attemptsMs: number[]
  connect(target: Target): void
  /** Its containers, from now on; `metricsMs` 0: it measures nothing. */
  live(containers: number, metricsMs: number): void
  /** One container changes; what its row says is `token`. */
  change(container: number, token: string): void
  stop(): void
}

const features = { hosts, inventory, metrics }
const pieceRows = 20

/** An agent without a host: the real connection, handshake, session and retries, and made-up containers. */
export function makeAgent(index: number): SimulatedAgent {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const identity = { privateKey, publicKey: rawPublicKey(publicKey) }
  const base = { version: '0.1.0', bootId: `boot-${index}-${process.pid}`, features: Object.keys(features), name: `sim-${index}` }
  const changes: InventoryChange[] = []
  let wake = (): void => undefined
  let measure = (): void => undefined
  let timer: NodeJS.Timeout | undefined
  let containers = 0
  let seq = 0
  let link: ReturnType<typeof keepConnected> | undefined

  function* snapshot(): Generator<InventoryChange> {
    for (let at = 0; at === 0 || at < containers; at += pieceRows) {
      const set = Array.from({ length: Math.min(pieceRows, containers - at) }, (_, n) => containerRow(index, at + n))
      yield { kind: 'container', reset: at === 0, done: at + pieceRows >= containers, set, unset: [] }
    }
  }

  const handlers: {
    hosts: Handlers<typeof hosts>
    inventory: Handlers<typeof inventory>
    metrics: Handlers<typeof metrics>
  } = {
    hosts: {
      async *watch(_input, { signal }) {
        yield facts(index)
        await gone(signal)
      },
      link: async () => ({ upSinceMs: null, tlsEndToEnd: false, stats: null, losses: [] }),
    },
    inventory: {
      async *watch(_input, { signal }) {
        changes.length = 0
        yield* snapshot()
        signal.addEventListener('abort', () => wake())
        while (!signal.aborted) {
          while (changes.length > 0) yield changes.shift()!
          await new Promise<void>((done) => (wake = done))
        }
      },
    },
    metrics: {
      async *watch(_input, { signal }) {
        const encoder = createSampleEncoder(metricScalesOf)
        signal.addEventListener('abort', () => measure())
        while (!signal.aborted) {
          await new Promise<void>((done) => (measure = done))
          if (!signal.aborted)
            yield* encoder.encode([{ bootId: base.bootId, seq: seq++, timeMs: Date.now(), dropped: 0, points: points(index, containers) }])
        }
      },
    },
  }

  const agent: SimulatedAgent = {
    identity,
    online: false,
    linkedMs: 0,
    attemptsMs: [],
    connect(target) {
      link = keepConnected({
        ...target,
        hub: () => ({ addresses: [target.address], key: target.hubKey }),
        identity,
        hello() {
          agent.attemptsMs.push(Date.now())
          return makeHello(base)
        },
        resumeStore: createResumeStore(),
        onOpen: serveFeatures(features, handlers),
        onLink() {
          agent.online = true
          agent.linkedMs = Date.now()
        },
        onLoss: () => void (agent.online = false),
      })
    },
    live(count, metricsMs) {
      containers = count
      changes.push(...snapshot())
      wake()
      clearInterval(timer)
      if (metricsMs === 0) return
      // Spread over the interval, as hosts that started at any time are.
      timer = setTimeout(() => (timer = setInterval(() => measure(), metricsMs)), Math.random() * metricsMs)
    },
    change(container, token) {
      changes.push({ kind: 'container', reset: false, done: false, set: [containerRow(index, container, token)], unset: [] })
      wake()
    },
    stop() {
      clearInterval(timer)
      link?.stop()
    },
  }
  return agent
}

function gone(signal: AbortSignal): Promise<void> {
  return new Promise((done) => signal.addEventListener('abort', () => done()))
}

/** A host and its containers; on each half of them two figures moved, as on a quiet machine. */
function points(index: number, containers: number): MetricPoint[] {
  const host = [
    Math.random(),
    4,
    2e9 + Math.random() * 1e8,
    8e9,
    0,
    0,
    Math.random(),
    0.5,
    0.4,
    Math.random() * 1e4,
    Math.random() * 1e4,
    0,
    4096,
    0,
    0,
    0,
    Date.now() / 1000,
  ]
  const list: MetricPoint[] = [{ kind: 'host', id: '', values: host }]
  for (let n = 0; n < containers; n++) {
    const moves = Math.random() < 0.5
    const values = [moves ? Math.random() : 0.01, 5e7 + (moves ? Math.random() * 1e6 : 0), 5e8, 0, 0, 0, 0, 5]
    list.push({ kind: 'container', id: containerRow(index, n).id, values })
  }
  return list
}

function facts(index: number) {
  return {
    hostname: `sim-${index}`,
    os: 'Debian GNU/Linux 12 (bookworm)',
    kernel: '6.1.0',
    arch: 'x64',
    cpus: 4,
    memoryBytes: 8e9,
    bootMs: Date.now() - 1e8,
    agentVersion: '0.1.0',
    agentStartMs: Date.now(),
    engine: {
      name: 'docker',
      up: true,
      version: '20.10.24',
      apiVersion: '1.41',
      storageDriver: 'overlay2',
      cgroup: 'v1 cgroupfs',
      socket: '/var/run/docker.sock',
      problem: '',
    },
    addresses: ['198.18.0.10'],
  }
}
