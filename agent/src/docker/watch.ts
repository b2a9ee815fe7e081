import { codeOf, FairleadError } from '@fairlead/protocol/errors.ts'
import type { Engine as EngineFacts } from '@fairlead/protocol/features/hosts.ts'
import type { HostEvent } from '@fairlead/protocol/features/events.ts'
import { ask, type Engine } from './engine.ts'
import { readJsonLines } from './frames.ts'

/** Keeps one event stream of the engine open for as long as the agent lives, through every death of the engine. */
export interface EngineWatch {
  readonly facts: EngineFacts
  /** `event` for each of the engine's own; `up` and `down` when the engine comes and goes. */
  onEvent(listener: (event: HostEvent) => void): () => void
  onFacts(listener: (facts: EngineFacts) => void): () => void
  stop(): void
}

interface RawEvent {
  readonly Type?: string
  readonly Action?: string
  readonly time?: number
  readonly timeNano?: number
  readonly Actor?: { readonly ID?: string; readonly Attributes?: Readonly<Record<string, string>> }
}

const kept = ['exitCode', 'image', 'signal', 'execID', 'container', 'com.docker.compose.project', 'com.docker.compose.service']

/** A hung engine keeps its connections open and says nothing: only asking tells. */
const probeMs = 10_000

export function watchEngine(engine: Engine, retryMs = 1000): EngineWatch {
  const eventListeners = new Set<(event: HostEvent) => void>()
  const factListeners = new Set<(facts: EngineFacts) => void>()
  const stopping = new AbortController()
  let facts: EngineFacts = {
    name: 'none',
    up: false,
    version: '',
    apiVersion: '',
    storageDriver: '',
    cgroup: '',
    socket: engine.socket,
    problem: 'It was not asked yet.',
  }

  function setFacts(next: EngineFacts): void {
    const changed = JSON.stringify(next) !== JSON.stringify(facts)
    const turned = next.up !== facts.up
    facts = next
    if (!changed) return
    for (const listener of factListeners) listener(facts)
    if (!turned) return
    const event = { timeMs: Date.now(), type: 'engine', action: next.up ? 'up' : 'down', id: next.name, name: next.name, facts: {} }
    for (const listener of eventListeners) listener(event)
  }

  async function follow(): Promise<void> {
    const socket = await engine.stream(ask('GET /events', {}))
    const stop = () => socket.destroy()
    stopping.signal.addEventListener('abort', stop)
    const probe = setInterval(() => void engine.ping().catch((error: Error) => socket.destroy(error)), probeMs).unref()
    try {
      setFacts(await readFacts(engine))
      for await (const raw of readJsonLines(socket)) {
        const event = readEvent(raw as RawEvent)
        if (event !== undefined) for (const listener of eventListeners) listener(event)
      }
    } finally {
      clearInterval(probe)
      stopping.signal.removeEventListener('abort', stop)
      socket.destroy()
    }
    throw new FairleadError(
      'bad_upstream',
      `The container engine at ${engine.socket} ended its stream of events; it is being restarted or has died.`,
    )
  }

  async function forever(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await follow()
      } catch (error) {
        const problem = error instanceof FairleadError ? error.message : `The engine’s events could not be read (${codeOf(error)}).`
        if (!stopping.signal.aborted) setFacts({ ...facts, up: false, problem })
      }
      await new Promise<void>((resolve) => setTimeout(resolve, retryMs).unref())
    }
  }

  void forever()
  return {
    get facts() {
      return facts
    },
    onEvent: (listener) => add(eventListeners, listener),
    onFacts: (listener) => add(factListeners, listener),
    stop: () => stopping.abort(),
  }
}

function add<T>(set: Set<T>, listener: T): () => void {
  set.add(listener)
  return () => set.delete(listener)
}

async function readFacts(engine: Engine): Promise<EngineFacts> {
  const version = await engine.call<{ Version?: string; ApiVersion?: string; Components?: { Name: string }[] }>(ask('GET /version', {}))
  const info = await engine.call<{ Driver?: string; CgroupVersion?: string }>(ask('GET /info', {}))
  const podman = version.Components?.some(({ Name }) => /podman/i.test(Name)) === true
  return {
    name: podman ? 'podman' : 'docker',
    up: true,
    version: version.Version ?? '',
    apiVersion: version.ApiVersion ?? '',
    storageDriver: info.Driver ?? '',
    cgroup: info.CgroupVersion ?? '1',
    socket: engine.socket,
    problem: '',
  }
}

function readEvent({ Type = 'container', Action = '', Actor = {}, time = 0, timeNano }: RawEvent): HostEvent | undefined {
  // Every exec and every probe of a health check is an event too: thousands an hour that tell nobody anything.
  if (Action === '' || Action.startsWith('exec_')) return undefined
  const attributes = Actor.Attributes ?? {}
  const facts: Record<string, string> = {}
  for (const name of kept) {
    const value = attributes[name]
    if (value !== undefined) facts[name] = value.slice(0, 256)
  }
  return {
    timeMs: timeNano === undefined ? time * 1000 : timeNano / 1e6,
    type: Type.slice(0, 32),
    action: Action.slice(0, 64),
    id: (Actor.ID ?? '').slice(0, 256),
    name: (attributes['name'] ?? '').slice(0, 256),
    facts,
  }
}
