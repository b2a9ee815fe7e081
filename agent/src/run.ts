import { createHash, randomBytes } from 'node:crypto'
import { dirname, join } from 'node:path'
import { codeOf, FairleadError } from '@fairlead/protocol/errors.ts'
import { agentFeatures } from '@fairlead/protocol/features/agent.ts'
import type { Welcome } from '@fairlead/protocol/hello.ts'
import type { HostEvent } from '@fairlead/protocol/features/events.ts'
import type { HostLink } from '@fairlead/protocol/features/hosts.ts'
import { createResumeStore } from '@fairlead/protocol/wire/resume.ts'
import { serveFeatures } from '@fairlead/protocol/wire/rpc.ts'
import { toHex } from '@fairlead/protocol/wire/json-codec.ts'
import { beginBy } from '@fairlead/protocol/wire/hub-time.ts'
import type { OpenMeta, WireStream } from '@fairlead/protocol/wire/types.ts'
import { serveAudit } from './audit/audit.ts'
import type { Config } from './config.ts'
import { keepConnected, type KeptLink } from './connect.ts'
import { serveContainers } from './containers/containers.ts'
import { markHeld } from './containers/held.ts'
import { containersSource } from './containers/source.ts'
import { makeHello, type Link } from './dial.ts'
import { findSocket, openEngine, type Engine } from './docker/engine.ts'
import { openHeard } from './docker/heard.ts'
import { openEpoch, type KeptEpoch } from './epoch.ts'
import { watchEngine } from './docker/watch.ts'
import { createOwnEvents, serveEvents } from './events/events.ts'
import { openEventRing } from './events/ring.ts'
import { serveFiles } from './files/files.ts'
import { serveHosts } from './hosts/hosts.ts'
import { keepGeneration, openGeneration } from './generation.ts'
import { openIdentity } from './identity.ts'
import { openPin, readPin, type Pin } from './pin.ts'
import { systemClock } from '@fairlead/protocol/wire/clock.ts'
import { followReleaseKeys } from './policy/follow.ts'
import { ownContainer } from './policy/own.ts'
import type { Policy } from './policy/policy.ts'
import { rootOf } from './policy/roots.ts'
import { serveInventory } from './inventory/inventory.ts'
import { proxyOf } from './proxy.ts'
import { openMeasuring } from './metrics/measuring.ts'
import { openLocal } from './local.ts'
import { openLosses } from './losses.ts'
import type { Command } from './policy/guard.ts'
import { openRights } from './rights.ts'
import { openRules } from './rules/rules.ts'
import type { Say } from './say.ts'
import { serveTerminals } from './terminals/terminals.ts'
import { openUpdates, type UpdatesDeps } from './updates/updates.ts'
import { version } from './version.ts'

export interface Agent {
  readonly pin: Pin
  stop(): Promise<void>
}

export const features = Object.keys(agentFeatures)

const firstMeasureMs = 1000
/** More than an engine tells again. */
const mostReplayed = 256

export interface Around {
  /** Another program, or another hub, is to run in its place. */
  restart?(): void
  /** The hub opens a stream. */
  onAsked?(bulk: boolean): void
}

/** Everything an agent is, in the order in which it starts. */
export async function runAgent(config: Config, say: Say, { restart = () => undefined, onAsked }: Around = {}): Promise<Agent> {
  const pin = pinOf(config)
  const identity = openIdentity(config.stateDir)
  const generation = openGeneration(config.stateDir, identity.publicKey)
  const hub = openBelonging(config.stateDir, pin, say)
  const bootId = randomBytes(16).toString('hex')
  const engine = openEngine(findSocket(config.engineSocket))
  const { ring, recent, watch } = listen(config, engine, say)
  const metrics = measureLater(() => openMeasuring(config, bootId, say))
  const own = createOwnEvents(watch)
  const rights = openRights({ config, engine, say, tell: own.tell })
  const { policy, journal } = rights
  const losses = openLosses(config.stateDir)
  const events = serveEvents(own, ring)
  const updates = openOwnUpdates(config, say, { note: journal.note, tell: own.tell, restart })
  const rules = openRules({ stateDir: config.stateDir, engine, watch, recent, rights, tell: own.tell, say })
  const handlers = rights.guard({
    audit: openWitness(config.stateDir, { pin, epoch: hub.epoch }, say, own.tell),
    containers: serveContainers(engine, { showsSecrets: () => policy.may('inspect.secrets') === 'yes' }),
    events,
    files: openFiles(config, policy),
    hosts: serveHosts({ watch, policy, version, link: () => viewLink(losses, link), hostRoot: config.hostRoot }),
    inventory: serveInventory([markHeld(containersSource(engine, watch), rights.held)]),
    journal: journal.handlers,
    metrics: metrics.handlers,
    policy: policy.handlers,
    rules: rules.handlers,
    terminals: serveTerminals(engine, systemClock, () => policy.inForce().rules.terminalIdleMinutes * 60_000),
    updates: updates.handlers,
  })
  const streams = serveCounted(handlers, say, onAsked)
  const link = keepConnected({
    hub: () => ({ addresses: [hub.pin.address, ...hub.pin.standby], key: hub.pin.hubKey }),
    proxyTo: (address) => proxyOf(address, config.proxies),
    identity,
    hello: () => makeHello({ version, bootId, features, name: config.name, generation: generation.current, ...hub.shown() }),
    trusts: hub.trusts,
    judge: hub.judge,
    resumeStore: createResumeStore(),
    onOpen: streams.onOpen,
    onLink: (up) => {
      losses.up()
      updates.loggedIn()
      keepOrSay(generation, up, say)
    },
    onLoss(reason) {
      losses.down(reason)
      say('warn', 'link down', { reason })
    },
  })
  const local = await openAnswers(config, say, {
    status: () => ({ ...losses.facts(), policy: policy.view(), engine: watch.facts, update: updates.view() }),
    link: () => ({ ...losses.facts(), ...link.describe(), streams: streams.list() }),
    look: () => rights.look().then(updates.look),
  })
  return {
    pin,
    async stop() {
      local?.close()
      link.stop()
      rules.stop()
      await rights.stop()
      await updates.stop()
      watch.stop()
      metrics.stop()
      engine.close()
    },
  }
}

function pinOf({ stateDir }: Config): Pin {
  const pin = readPin(stateDir)
  if (pin !== undefined) return pin
  throw new FairleadError(
    'unauthenticated',
    'This host is not enrolled yet: run "fairlead-agent enrol" with the join string of the console’s "Enrol a host" page on its standard input.',
  )
}

/** For the emergency CLI, which does without where it must. */
function openAnswers({ stateDir }: Config, say: Say, { status, ...more }: Readonly<Record<'status' | 'link' | 'look', () => object>>) {
  return openLocal(stateDir, { ...more, status: () => ({ version, pid: process.pid, ...status() }) }).catch((error: unknown) =>
    say('warn', 'the emergency CLI cannot ask this agent', { error: String(error) }),
  )
}

/** From where it was left: what the engine told meanwhile comes first. */
function listen({ stateDir }: Config, engine: Engine, say: Say) {
  const ring = openEventRing(join(stateDir, 'events'), (message) => say('warn', message))
  const recent = () => ring.after(ring.last - mostReplayed, mostReplayed)
  return { ring, recent, watch: watchEngine(engine, { heard: openHeard(stateDir, recent()) }) }
}

/** Opened once events are listened to: what became of the last update is one. */
function openOwnUpdates(config: Config, say: Say, more: Pick<UpdatesDeps, 'note' | 'tell' | 'restart'>) {
  return openUpdates({ config, say, ...more, container: ownContainer(), ownKeys: followReleaseKeys(config.policyFile) })
}

function openFiles({ stateDir, policyFile }: Config, policy: Pick<Policy, 'inForce'>) {
  const rootNow = (path: string) => rootOf(policy.inForce().rules.files.read, path)
  return serveFiles({ rootOf: rootNow, ownFolders: [stateDir, dirname(policyFile)] })
}

/** When the hub asks, or a moment after the start: the first pass reads hundreds of files, and the link would wait for it. */
function measureLater(open: () => ReturnType<typeof openMeasuring>): ReturnType<typeof openMeasuring> {
  let opened: ReturnType<typeof openMeasuring> | undefined
  const measuring = () => (opened ??= open())
  const timer = setTimeout(measuring, firstMeasureMs)
  return {
    handlers: { watch: (input, context) => measuring().handlers.watch(input, context) },
    stop() {
      clearTimeout(timer)
      opened?.stop()
    },
  }
}

/** Which hub this host follows: by its keys, its organization, and its epochs. */
function openBelonging(stateDir: string, first: Pin, say: Say) {
  const epoch = openEpoch(stateDir, first)
  const pin = openPin(stateDir, first, {
    onOwner: epoch.forget,
    onFollowed: (number) => say('warn', 'the hub goes on with another key, and proved that it may', { number }),
    onProblem: (error) => say('error', unwritable, { error: String(error) }),
  })
  return {
    get pin() {
      return pin.current
    },
    epoch,
    trusts: pin.trusts,
    judge(welcome: Welcome, key: Uint8Array): void {
      pin.judge(welcome)
      epoch.judge(welcome, key)
      pin.learn(welcome, key)
    },
    shown: () => ({ epoch: epoch.current, hubKey: pin.current.number ?? 0 }),
  }
}

const unwritable = 'the state directory cannot be written: make room in it, or give it back to this account'

function keepOrSay(generation: ReturnType<typeof openGeneration>, up: Link, say: Say): void {
  say('info', 'link up', { host: up.welcome.host, sealed: !up.tlsEndToEnd })
  try {
    keepGeneration(generation, up)
  } catch (error) {
    say('error', unwritable, { error: String(error) })
  }
}

function viewLink(losses: Pick<ReturnType<typeof openLosses>, 'facts'>, link: Pick<KeptLink, 'describe'>): HostLink {
  const { tlsEndToEnd, stats } = link.describe()
  const { upSinceMs, losses: last } = losses.facts()
  return { upSinceMs, tlsEndToEnd, stats, losses: [...last] }
}

/** Answers what the hub asks, and knows what is open. */
function serveCounted(handlers: Parameters<typeof serveFeatures>[1], say: Say, onAsked: Around['onAsked']) {
  const open = new Set<WireStream>()
  const clocks = new WeakMap<WireStream, () => number>()
  const serve = serveFeatures(agentFeatures, handlers, {
    digest: (text) => createHash('sha256').update(text).digest('hex'),
    context: (stream) => commandOf(stream.meta, clocks.get(stream)!),
    onDone(method, stream, ms, error) {
      open.delete(stream)
      // What the policy refuses is in the journal: a hub that asks on and on fills no log.
      if (error === undefined || codeOf(error) === 'forbidden') return
      say('warn', 'request failed', { method, ms: Math.round(ms), error: String(error) })
    },
  })
  return {
    onOpen(stream: WireStream, hubNowMs: () => number) {
      onAsked?.(stream.meta.priority === 3)
      open.add(stream)
      clocks.set(stream, hubNowMs)
      serve(stream)
    },
    list: () => [...open].map(({ id, method, receivedBytes, sentBytes }) => ({ id, method, receivedBytes, sentBytes })),
  }
}

function commandOf({ notAfterMs, idempotencyKey }: OpenMeta, hubNowMs: () => number): Command {
  return { inTime: beginBy(notAfterMs, hubNowMs), ...(idempotencyKey === undefined ? {} : { key: toHex(idempotencyKey) }) }
}

/** What this host saw of the trail, told loudly when the hub says otherwise: in its own log, and among its events. */
function openWitness(stateDir: string, { pin, epoch }: { pin: Pin; epoch: KeptEpoch }, say: Say, tell: (event: HostEvent) => void) {
  return serveAudit({
    stateDir,
    organization: pin.organization,
    epoch: () => epoch.current,
    onRestored(aside, size) {
      say('warn', 'the hub was restored from a backup: what this host saw of its audit trail is set aside', { aside, size })
      const facts = { size: String(size) }
      tell({ timeMs: Date.now(), type: 'agent', action: 'restored', id: 'audit', name: 'audit', facts })
    },
    onDamaged: (error) => say('error', 'what this host saw of the audit trail cannot be read and was set aside', { error: String(error) }),
    onContradiction(why, size) {
      say('error', 'the hub contradicts what this host saw of its audit trail: it was rewritten, or set back', { why, size })
      const facts = { why, size: String(size) }
      tell({ timeMs: Date.now(), type: 'agent', action: 'contradiction', id: 'audit', name: 'audit', facts })
    },
  })
}
