import type { Seed } from '../fakes/world.ts'

export interface DemoHost {
  readonly name: string
  /** What its engine says that it is. */
  readonly engineVersion: string
  readonly seeds: readonly Seed[]
  /** Its agent is away for a while, every so many seconds. */
  readonly awayEverySeconds?: number
}

const shop: readonly Seed[] = [
  { name: 'shop-web-1', image: 'nginx:1.27', stack: 'shop', service: 'web', port: 8081, health: 'healthy' },
  { name: 'shop-api-1', image: 'shop/api:2.4.1', stack: 'shop', service: 'api', linesPerSecond: 4 },
  { name: 'shop-db-1', image: 'postgres:17', stack: 'shop', service: 'db', health: 'healthy' },
]
const archive: readonly Seed[] = [
  { name: 'paperless-web', image: 'paperless:2.13', stack: 'archive', service: 'web', port: 8000 },
  { name: 'paperless-ocr', image: 'paperless:2.13', stack: 'archive', service: 'ocr', status: 'exited', exitCode: 137, oomKilled: true },
  { name: 'redis', image: 'redis:7', stack: 'archive', service: 'queue' },
]
const chatter: readonly Seed[] = [
  { name: 'ingest', image: 'pipeline/ingest:9', stack: 'pipeline', linesPerSecond: 400 },
  { name: 'transform', image: 'pipeline/transform:9', stack: 'pipeline', linesPerSecond: 60 },
]
const flaky: readonly Seed[] = [
  { name: 'crawler', image: 'crawler:0.3', status: 'running', flapsEverySeconds: 7 },
  { name: 'mailer', image: 'mailer:1', health: 'unhealthy' },
]

const modern = '28.1.1'
const kinds: readonly DemoHost[] = [
  { name: 'harbour', engineVersion: modern, seeds: shop },
  { name: 'archive', engineVersion: modern, seeds: archive },
  { name: 'noisy', engineVersion: modern, seeds: chatter },
  { name: 'flapping', engineVersion: modern, seeds: flaky, awayEverySeconds: 45 },
  { name: 'outdated', engineVersion: '20.10.5', seeds: [{ name: 'wiki', image: 'wiki:1.9', status: 'paused' }] },
  { name: 'quiet', engineVersion: modern, seeds: [] },
]

/** The first six differ in what is wrong with them; more of them are more of the same, numbered. */
export function demoHosts(count: number): DemoHost[] {
  return Array.from({ length: count }, (_, index) => {
    const kind = kinds[index % kinds.length]!
    return index < kinds.length ? kind : { ...kind, name: `${kind.name}-${Math.floor(index / kinds.length) + 1}` }
  })
}
