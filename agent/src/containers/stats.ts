import type { Stats } from '@fairlead/protocol/features/containers.ts'
import { ask, type Engine } from '../docker/engine.ts'
import { readJsonLines } from '../docker/frames.ts'

interface RawStats {
  readonly read?: string
  readonly cpu_stats?: { readonly cpu_usage?: { readonly total_usage?: number } }
  readonly memory_stats?: { readonly usage?: number; readonly limit?: number; readonly stats?: Readonly<Record<string, number>> }
  readonly networks?: Readonly<Record<string, { readonly rx_bytes?: number; readonly tx_bytes?: number }>>
  readonly blkio_stats?: { readonly io_service_bytes_recursive?: readonly { readonly op: string; readonly value: number }[] | null }
  readonly pids_stats?: { readonly current?: number }
}

/** About one a second while the container lives. A figure that the host cannot give is null, never 0. */
export async function* readStats(engine: Engine, id: string, signal: AbortSignal): AsyncGenerator<Stats> {
  const socket = await engine.stream(ask('GET /containers/{id}/stats', { id }, { stream: true }))
  signal.addEventListener('abort', () => socket.destroy())
  let before: { atMs: number; cpuNs: number } | undefined
  for await (const raw of readJsonLines(socket)) {
    const stats = raw as RawStats
    const atMs = Date.parse(stats.read ?? '') || Date.now()
    const cpuNs = stats.cpu_stats?.cpu_usage?.total_usage
    const known = cpuNs !== undefined && cpuNs > 0
    const cpu =
      known && before !== undefined && atMs > before.atMs ? Math.max(0, (cpuNs - before.cpuNs) / 1e6 / (atMs - before.atMs)) : null
    if (known) before = { atMs, cpuNs }
    yield { timeMs: atMs, cpu, ...memory(stats), ...traffic(stats), pids: stats.pids_stats?.current ?? null }
  }
}

function memory({ memory_stats: { usage, limit, stats = {} } = {} }: RawStats): Pick<Stats, 'memoryBytes' | 'memoryLimitBytes'> {
  // The page cache that the kernel would give back at once is not the container's use.
  const cache = stats['inactive_file'] ?? stats['total_inactive_file'] ?? 0
  return {
    memoryBytes: usage === undefined || usage === 0 ? null : Math.max(0, usage - cache),
    memoryLimitBytes: limit === undefined || limit === 0 ? null : limit,
  }
}

function traffic({ networks, blkio_stats }: RawStats): Pick<Stats, 'netRxBytes' | 'netTxBytes' | 'blockReadBytes' | 'blockWriteBytes'> {
  const sum = (pick: (entry: { rx_bytes?: number; tx_bytes?: number }) => number | undefined) =>
    networks === undefined ? null : Object.values(networks).reduce((total, entry) => total + (pick(entry) ?? 0), 0)
  const block = (op: string) => {
    const entries = blkio_stats?.io_service_bytes_recursive
    if (entries === undefined || entries === null || entries.length === 0) return null
    return entries.filter((entry) => entry.op.toLowerCase() === op).reduce((total, { value }) => total + value, 0)
  }
  return {
    netRxBytes: sum(({ rx_bytes }) => rx_bytes),
    netTxBytes: sum(({ tx_bytes }) => tx_bytes),
    blockReadBytes: block('read'),
    blockWriteBytes: block('write'),
  }
}
