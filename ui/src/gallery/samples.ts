import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { AuditRow } from '@fairlead/protocol/features/audit.ts'
import type { EnrolProgress, Invitation, MadeLine } from '@fairlead/protocol/features/enrolment.ts'
import type { FleetRow } from '@fairlead/protocol/features/fleet.ts'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import type { MetricsAnswer } from '@fairlead/protocol/features/metrics.ts'

/** Fixed, so that two pictures of the gallery can be compared. */
const now = Date.now()

const engine = {
  name: 'docker',
  version: '27.3.1',
  apiVersion: '1.47',
  storageDriver: 'overlay2',
  cgroup: 'v2',
  socket: '/run/docker.sock',
}

function host(name: string, more: Partial<Host>): Host {
  const facts: Host['facts'] = {
    hostname: name,
    os: 'Debian GNU/Linux 12',
    kernel: '6.1.0',
    arch: 'x64',
    cpus: 8,
    memoryBytes: 33_554_432_000,
    bootMs: now - 86_400_000 * 12,
    agentVersion: '0.1.0',
    agentStartMs: now - 3_600_000,
    engine: { ...engine, up: true, problem: '' },
    addresses: ['192.0.2.10'],
  }
  return {
    id: `sample-${name}`,
    name,
    environment: 'default',
    environmentId: 'e1',
    tags: ['sample'],
    state: 'ok',
    status: 'online',
    online: true,
    lastSeenMs: now,
    enrolledMs: now - 86_400_000 * 40,
    lastLoss: '',
    latencyMs: 14,
    clockSkewMs: 20,
    capabilities: [],
    facts,
    counts: { container: 42 },
    usage: {
      cpu: 2.4,
      cpuCount: 8,
      memoryBytes: 19_000_000_000,
      memoryTotalBytes: 33_554_432_000,
      diskFullest: 0.61,
      load1: 2.1,
      load5: 1.8,
      load15: 1.2,
    },
    ...more,
  }
}

export const hosts = {
  online: host('web-1', {}),
  full: host('db-1', {
    usage: { cpu: 7.8, cpuCount: 8, memoryBytes: 31_900_000_000, memoryTotalBytes: 33_554_432_000, diskFullest: 0.97 },
  }),
  engineDown: host('build-2', {
    state: 'warn',
    status: 'engine down',
    facts: { ...host('build-2', {}).facts!, engine: { ...engine, up: false, problem: 'Nothing listens on /run/docker.sock.' } },
  }),
  offline: host('edge-7', {
    state: 'critical',
    status: 'offline',
    online: false,
    latencyMs: null,
    lastSeenMs: now - 4 * 60_000,
    lastLoss: 'No heartbeat for 30 s.',
  }),
  quarantined: host('web-9', { state: 'critical', status: 'quarantined' }),
  never: host('new-1', {
    state: 'unknown',
    status: 'never seen',
    online: false,
    lastSeenMs: 0,
    facts: null,
    usage: {},
    counts: {},
    latencyMs: null,
  }),
} as const

export function row(name: string, more: Partial<FleetRow> = {}): FleetRow {
  return {
    kind: 'container',
    host: 'sample',
    hostName: 'web-1',
    id: `${name}${'0'.repeat(60)}`.slice(0, 64),
    name,
    state: 'ok',
    status: 'running',
    detail: 'Up',
    tags: [],
    links: [],
    facts: { image: 'nginx:1.27', stack: 'shop', ports: '8080->80/tcp' },
    createdMs: now - 3 * 3_600_000,
    sinceMs: now - 3 * 3_600_000,
    cpu: 0.12,
    memoryBytes: 120_000_000,
    ...more,
  }
}

export const rows: readonly FleetRow[] = [
  row('web'),
  row('worker', { status: 'restarting', state: 'busy', detail: 'Restarting (1)', sinceMs: now - 4000, facts: { exitCode: 1 } }),
  row('cache', { status: 'running', state: 'warn', detail: 'Up (unhealthy)', facts: { health: 'unhealthy' } }),
  row('import', { status: 'exited', state: 'critical', detail: 'OOM killed (limit 512 MiB)' }),
  row('once', { status: 'exited', state: 'off', detail: 'Exited (0)', sinceMs: now - 2 * 3_600_000, facts: { exitCode: 0 } }),
  row('paused', { status: 'paused', state: 'warn', detail: 'Up (Paused)' }),
  row('edge-proxy', { hostName: 'edge-7', staleMs: now - 4 * 60_000 }),
]

export const errors = [
  new FairleadError('host_offline', 'Host edge-7 is offline; last seen 4 minutes ago.'),
  new FairleadError('forbidden', 'Your role may not stop containers on web-1.'),
  new FairleadError('rate_limited', 'Too many wrong tries; try again in 8 s.'),
  new FairleadError('deadline_exceeded', 'The engine on web-1 did not answer within 60 s.'),
  new FairleadError('internal', 'Something went wrong in the hub. Request 4f2a90c1.'),
] as const

const invitation: Invitation = {
  id: 'sample',
  line: 'f=$(mktemp) && curl -fsSLk https://192.0.2.1:8443/i.sh -o "$f" && echo "0000  $f" | sha256sum -c - && printf \'%s\\n\' \'flj1.sample\' "${HTTPS_PROXY-${https_proxy-}}" "${HTTP_PROXY-${http_proxy-}}" "${NO_PROXY-${no_proxy-}}" | sudo sh "$f"',
  join: 'flj1.sample',
  words: ['amber', 'canoe', 'lilac', 'orbit'],
  scriptSha256: '0'.repeat(64),
  expiresMs: now + 14 * 60_000,
}
const steps = (...states: EnrolProgress['steps'][number]['state'][]): EnrolProgress['steps'] =>
  (['contacted', 'identity', 'clock', 'engine', 'metrics', 'disk'] as const).map((step, index) => ({
    step,
    state: states[index] ?? 'waiting',
    detail: '',
  }))
const progress = (more: Partial<EnrolProgress>): EnrolProgress => ({
  steps: steps(),
  used: false,
  expired: false,
  canceled: false,
  ...more,
})

export const earlierLine: MadeLine = {
  id: 'sample',
  state: 'open',
  tags: ['prod'],
  createdMs: now - 60_000,
  expiresMs: now + 14 * 60_000,
}
export const lines = {
  waiting: [invitation, progress({})],
  arriving: [invitation, progress({ steps: steps('ok', 'ok', 'ok') })],
  troubled: [
    invitation,
    progress({ steps: steps('ok', 'ok', 'warn', 'failed', 'waiting', 'ok'), used: true, host: 'sample', hostName: 'web-1' }),
  ],
  used: [invitation, progress({ steps: steps('ok', 'ok', 'ok', 'ok', 'ok', 'ok'), used: true, host: 'sample', hostName: 'web-1' })],
  refused: [invitation, progress({ refused: { why: 'hostname', ip: '192.0.2.9', atMs: now - 60_000 } })],
  canceled: [invitation, progress({ canceled: true })],
  expired: [{ ...invitation, expiresMs: now - 1 }, progress({ expired: true })],
} as const

const minutes = 120
const wave = (n: number, base: number, by: number) => base + by * Math.sin(n / 9) * Math.cos(n / 23)
const series = (name: string, value: (n: number) => number | null) => {
  const avg = Array.from({ length: minutes }, (_, n) => value(n))
  return { subject: '', name, avg, max: avg.map((one) => (one === null ? null : one * 1.2)) }
}

/** CPU whole, memory with a gap of half an hour, network of which only one way is measured, no pressure at all. */
export const metrics: MetricsAnswer = {
  stepMs: 60_000,
  times: Array.from({ length: minutes }, (_, n) => Math.floor(now / 60_000) * 60_000 - (minutes - 1 - n) * 60_000),
  series: [
    series('cpu', (n) => wave(n, 2.5, 1.5)),
    series('cpuCount', () => 8),
    series('memoryBytes', (n) => (n > 40 && n < 70 ? null : wave(n, 18e9, 3e9))),
    series('memoryTotalBytes', () => 33_554_432_000),
    series('netRxBytesPerSecond', (n) => wave(n, 2e6, 1.6e6)),
    series('load1', (n) => wave(n, 2, 1.2)),
    series('load5', (n) => wave(n, 1.8, 0.8)),
    series('load15', (n) => wave(n, 1.6, 0.4)),
  ],
}

export const outcomes: readonly AuditRow[] = (['ok', 'started', 'failed', 'refused'] as const).map((outcome, seq) => ({
  seq,
  outcome,
  timeMs: now - seq * 60_000,
  verb: 'container.stop',
  actor: 'sample',
  actorName: 'Owner',
  host: 'sample',
  hostName: 'web-1',
  target: '0'.repeat(64),
  targetName: 'web',
  code: outcome === 'failed' ? 'host_offline' : outcome === 'refused' ? 'forbidden' : '',
  ip: '192.0.2.7',
  userAgent: '',
  trace: String(seq),
}))
