import { codeOf, FairleadError } from '@fairlead/protocol/errors.ts'
import type { Engine as EngineFacts } from '@fairlead/protocol/features/hosts.ts'
import type { HostEvent } from '@fairlead/protocol/features/events.ts'
import { everyStep } from '../steps.ts'
import { ask, type Engine } from './engine.ts'
import { readJsonLines } from './frames.ts'
import { catchUp } from './catch-up.ts'
import { engineTime, overlapMs, type Heard } from './heard.ts'
import { readEvent, timeOf, type RawEvent } from './raw-event.ts'

/** Keeps one event stream of the engine open for as long as the agent lives, through every death of the engine. */
export interface EngineWatch {
  readonly facts: EngineFacts
  /** `event` for each of the engine's own; `up` and `down` when the engine comes and goes. */
  onEvent(listener: (event: HostEvent) => void): () => void
  onFacts(listener: (facts: EngineFacts) => void): () => void
  stop(): void
}

/** A hung engine keeps its connections open and says nothing: only asking tells. */
const probeMs = 10_000

export interface WatchOptions {
  readonly retryMs?: number
  /** Without it only what happens from now on is told. */
  readonly heard?: Heard
}

export function watchEngine(engine: Engine, { retryMs = 1000, heard }: WatchOptions = {}): EngineWatch {
  const { facts, setFacts, tell, ...told } = createTold(engine.socket)
  const stopping = new AbortController()
  let following = false

  function hear(raw: RawEvent): void {
    const event = readEvent(raw)
    if (event === undefined) heard?.pass(timeOf(raw))
    else if (heard === undefined || heard.hear(event)) tell(event)
  }

  function left(): void {
    if (following) heard?.leave()
    following = false
  }

  async function follow(): Promise<void> {
    const now = await readFacts(engine)
    // Podman answers nothing that has an end, and keeps its events on disk: it tells all of them anew at the beginning of the stream.
    if (heard !== undefined && now.name === 'docker') await catchUp(engine, heard, { tell, hear })
    const last = heard?.lastMs
    const since = last === undefined ? {} : { since: engineTime(last - overlapMs) }
    const socket = await engine.stream(ask('GET /events', {}, since))
    const stop = () => socket.destroy()
    stopping.signal.addEventListener('abort', stop)
    following = true
    const probe = everyStep(probeMs, () => void engine.ping().catch((error: Error) => socket.destroy(error))).unref()
    try {
      setFacts(now)
      for await (const raw of readJsonLines(socket)) hear(raw as RawEvent)
    } finally {
      left()
      probe.stop()
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
        if (!stopping.signal.aborted) setFacts({ ...facts(), up: false, problem })
      }
      await new Promise<void>((resolve) => setTimeout(resolve, retryMs).unref())
    }
  }

  void forever()
  return {
    get facts() {
      return facts()
    },
    ...told,
    stop() {
      left()
      stopping.abort()
    },
  }
}

/** What is known of the engine, and who is told. */
function createTold(socket: string) {
  const eventListeners = new Set<(event: HostEvent) => void>()
  const factListeners = new Set<(facts: EngineFacts) => void>()
  const problem = 'It was not asked yet.'
  let facts: EngineFacts = { name: 'none', up: false, version: '', apiVersion: '', storageDriver: '', cgroup: '', socket, problem }
  const tell = (event: HostEvent) => {
    for (const listener of eventListeners) listener(event)
  }
  return {
    facts: () => facts,
    setFacts(next: EngineFacts): void {
      const changed = JSON.stringify(next) !== JSON.stringify(facts)
      const turned = next.up !== facts.up
      facts = next
      if (!changed) return
      for (const listener of factListeners) listener(facts)
      if (turned) tell({ timeMs: Date.now(), type: 'engine', action: next.up ? 'up' : 'down', id: next.name, name: next.name, facts: {} })
    },
    tell,
    onEvent: (listener: (event: HostEvent) => void) => add(eventListeners, listener),
    onFacts: (listener: (facts: EngineFacts) => void) => add(factListeners, listener),
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
