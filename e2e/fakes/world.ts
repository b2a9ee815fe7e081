import { randomBytes } from 'node:crypto'
import { EventEmitter } from 'node:events'

/** A made-up container of a made-up engine: enough of one to show, operate, log and measure. */
export interface FakeContainer {
  readonly id: string
  name: string
  readonly image: string
  readonly labels: Readonly<Record<string, string>>
  readonly ports: readonly { readonly private: number; readonly public: number }[]
  readonly created: number
  status: 'created' | 'running' | 'paused' | 'restarting' | 'exited'
  health: '' | 'healthy' | 'unhealthy' | 'starting'
  exitCode: number
  oomKilled: boolean
  changed: number
  /** Lines of log a second while it runs. */
  readonly linesPerSecond: number
  readonly log: { readonly timeMs: number; readonly stream: 1 | 2; readonly text: string }[]
}

export interface Seed {
  readonly name: string
  readonly image: string
  readonly stack?: string
  readonly service?: string
  readonly port?: number
  readonly status?: FakeContainer['status']
  readonly health?: FakeContainer['health']
  readonly exitCode?: number
  readonly oomKilled?: boolean
  readonly linesPerSecond?: number
  /** Stops and starts again every so many seconds. */
  readonly flapsEverySeconds?: number
}

/** Everything one fake engine holds. Emits `event` with the engine's own event documents, and `log` with a container. */
export interface World extends EventEmitter {
  readonly containers: Map<string, FakeContainer>
  change(container: FakeContainer, action: string, next: Partial<FakeContainer>): void
  remove(container: FakeContainer): void
  add(seed: Seed): FakeContainer
  find(ref: string): FakeContainer | undefined
  /** Changes are answered so much later; how many wait now. */
  slowMs: number
  waiting: number
  close(): void
}

const keptLines = 2000

export function openWorld(seeds: readonly Seed[]): World {
  const containers = new Map<string, FakeContainer>()
  const timers: NodeJS.Timeout[] = []
  const world: World = Object.assign(new EventEmitter(), {
    containers,
    slowMs: 0,
    waiting: 0,
    change(container: FakeContainer, action: string, next: Partial<FakeContainer>) {
      // A container that is paused, or well again, is as old as it was.
      const began = next.status !== undefined && action !== 'pause' && action !== 'unpause'
      Object.assign(container, next, began ? { changed: Date.now() } : {})
      emit(world, container, action)
    },
    remove(container: FakeContainer) {
      containers.delete(container.id)
      emit(world, container, 'destroy')
    },
    add(seed: Seed) {
      const container = make(seed)
      containers.set(container.id, container)
      emit(world, container, 'create')
      return container
    },
    find: (ref: string) =>
      containers.get(ref) ?? [...containers.values()].find(({ id, name }) => name === ref || (ref.length >= 12 && id.startsWith(ref))),
    close: () => timers.forEach(clearInterval),
  })
  world.setMaxListeners(0)
  for (const seed of seeds) {
    const container = make(seed)
    containers.set(container.id, container)
    if (seed.flapsEverySeconds !== undefined) timers.push(setInterval(() => flap(world, container), seed.flapsEverySeconds * 1000).unref())
  }
  timers.push(setInterval(() => write(world), 500).unref())
  return world
}

function make(seed: Seed): FakeContainer {
  const labels: Record<string, string> = {}
  if (seed.stack !== undefined) {
    labels['com.docker.compose.project'] = seed.stack
    labels['com.docker.compose.service'] = seed.service ?? seed.name
  }
  const now = Date.now()
  return {
    id: randomBytes(32).toString('hex'),
    name: seed.name,
    image: seed.image,
    labels,
    ports: seed.port === undefined ? [] : [{ private: seed.port, public: seed.port }],
    created: now - 86_400_000,
    status: seed.status ?? 'running',
    health: seed.health ?? '',
    exitCode: seed.exitCode ?? 0,
    oomKilled: seed.oomKilled ?? false,
    changed: now - 3_600_000,
    linesPerSecond: seed.linesPerSecond ?? 0.5,
    log: [],
  }
}

function flap(world: World, container: FakeContainer): void {
  if (container.status === 'running') world.change(container, 'die', { status: 'exited', exitCode: 1 })
  else world.change(container, 'start', { status: 'running', exitCode: 0 })
}

function emit(world: World, { id, name, image, exitCode }: FakeContainer, action: string): void {
  const timeMs = Date.now()
  const attributes = { image, name, ...(action === 'die' ? { exitCode: String(exitCode) } : {}) }
  world.emit('event', {
    Type: 'container',
    Action: action,
    status: action,
    id,
    from: image,
    Actor: { ID: id, Attributes: attributes },
    scope: 'local',
    time: Math.floor(timeMs / 1000),
    timeNano: timeMs * 1e6,
  })
}

const templates = [
  (n: number) => `{"level":"info","msg":"request served","status":200,"path":"/item/${n % 97}","ms":${(n * 7) % 180}}`,
  (n: number) => `level=info component=worker job=${n} state=done took=${(n * 13) % 900}ms`,
  (n: number) => `${new Date().toISOString()} INFO  listener accepted connection ${n}`,
  (n: number) => `WARN slow query (${200 + (n % 800)} ms): SELECT count(*) FROM visits`,
  (n: number) => `\u001B[31mERROR\u001B[0m upstream answered 502, try ${(n % 3) + 1} of 3`,
]

let counter = 0

function write(world: World): void {
  for (const container of world.containers.values()) {
    if (container.status !== 'running') continue
    const lines = container.linesPerSecond / 2
    const count = Math.floor(lines) + (Math.random() < lines % 1 ? 1 : 0)
    for (let i = 0; i < count; i++) {
      const n = counter++
      const pick = n % 23 === 0 ? 4 : n % 11 === 0 ? 3 : n % 3
      container.log.push({ timeMs: Date.now(), stream: pick === 4 ? 2 : 1, text: templates[pick]!(n) })
    }
    if (container.log.length > keptLines) container.log.splice(0, container.log.length - keptLines)
    if (count > 0) world.emit('log', container)
  }
}
