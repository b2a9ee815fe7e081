import type { FakeContainer } from './world.ts'

/** A row of the engine's list. */
export function describe(container: FakeContainer): Record<string, unknown> {
  const { id, name, image, labels, ports, created, status } = container
  return {
    Id: id,
    Names: [`/${name}`],
    Image: image,
    ImageID: `sha256:${id}`,
    Command: 'run --forever',
    Created: Math.floor(created / 1000),
    State: status,
    Status: words(container),
    Ports: ports.map((port) => ({ IP: '0.0.0.0', PrivatePort: port.private, PublicPort: port.public, Type: 'tcp' })),
    Labels: labels,
    NetworkSettings: { Networks: { bridge: {} } },
    Mounts: [],
  }
}

function words({ status, health, exitCode, changed }: FakeContainer): string {
  if (status === 'created') return 'Created'
  if (status === 'exited') return `Exited (${exitCode}) ${age(changed)} ago`
  if (status === 'restarting') return `Restarting (${exitCode}) ${age(changed)} ago`
  const note = health === '' ? '' : health === 'starting' ? ' (health: starting)' : ` (${health})`
  return `Up ${age(changed)}${status === 'paused' ? ' (Paused)' : note}`
}

/** Rounded as the engine rounds it. */
function age(fromMs: number): string {
  const seconds = Math.max(0, Math.floor((Date.now() - fromMs) / 1000))
  const minutes = Math.floor(seconds / 60)
  const hours = Math.round(seconds / 3600)
  if (seconds < 1) return 'Less than a second'
  if (seconds < 60) return seconds === 1 ? '1 second' : `${seconds} seconds`
  if (minutes < 60) return minutes === 1 ? 'About a minute' : `${minutes} minutes`
  if (hours < 48) return hours === 1 ? 'About an hour' : `${hours} hours`
  return `${Math.floor(hours / 24)} days`
}

/** The engine's inspect document, the parts that anyone reads. */
export function containerDocument(container: FakeContainer): Record<string, unknown> {
  const { id, name, image, labels, created, status, health, exitCode, oomKilled, changed } = container
  return {
    Id: id,
    Name: `/${name}`,
    Created: new Date(created).toISOString(),
    Path: 'run',
    Args: ['--forever'],
    Image: `sha256:${id}`,
    RestartCount: 0,
    State: {
      Status: status,
      Running: status === 'running' || status === 'paused',
      Paused: status === 'paused',
      Restarting: status === 'restarting',
      OOMKilled: oomKilled,
      ExitCode: exitCode,
      Pid: status === 'running' ? 4242 : 0,
      StartedAt: new Date(changed).toISOString(),
      FinishedAt: new Date(changed).toISOString(),
      ...(health === '' ? {} : { Health: { Status: health, FailingStreak: health === 'unhealthy' ? 4 : 0, Log: [] } }),
    },
    Config: { Image: image, Env: ['PATH=/bin', 'API_TOKEN=made-up-for-the-demo'], Labels: labels, Tty: false, Cmd: ['run', '--forever'] },
    HostConfig: { NetworkMode: 'bridge', Memory: oomKilled ? 512 * 2 ** 20 : 0, RestartPolicy: { Name: 'unless-stopped' } },
    NetworkSettings: { Networks: { bridge: { IPAddress: '172.17.0.2' } } },
    Mounts: [],
  }
}

/** One frame of stats: smooth made-up figures that differ per container. */
export function statsDocument({ id, name, status }: FakeContainer): Record<string, unknown> {
  const phase = Number.parseInt(id.slice(0, 4), 16)
  const wave = (Math.sin(Date.now() / 20_000 + phase) + 1) / 2
  const running = status === 'running'
  const cpu = Date.now() * 1e6 * (0.02 + (phase % 50) / 200)
  return {
    id,
    name: `/${name}`,
    read: new Date().toISOString(),
    cpu_stats: { cpu_usage: { total_usage: running ? cpu : 0 }, system_cpu_usage: Date.now() * 4e6, online_cpus: 4 },
    precpu_stats: { cpu_usage: { total_usage: 0 }, system_cpu_usage: 0 },
    memory_stats: running ? { usage: Math.round((40 + wave * 200) * 2 ** 20), limit: 8 * 2 ** 30, stats: {} } : {},
    networks: { eth0: { rx_bytes: Math.round(Date.now() / 10), tx_bytes: Math.round(Date.now() / 20) } },
    blkio_stats: { io_service_bytes_recursive: [] },
    pids_stats: { current: running ? 5 + (phase % 20) : 0 },
  }
}
