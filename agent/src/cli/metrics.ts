import { setTimeout as sleep } from 'node:timers/promises'
import { metricNames } from '@fairlead/protocol/features/metrics.ts'
import { openCollector } from '../metrics/collect.ts'
import { mostContainers } from '../metrics/places.ts'
import type { Cli } from './verb.ts'
import { context, withEngine } from './host.ts'
import { facts, size, table } from './show.ts'

/** Rates are of this second. */
const overMs = 1000

/** Measured here and now: no agent has to run for it. */
export async function run(cli: Cli): Promise<void> {
  const { measured, leftOut = 0 } = await measure(cli.config.hostRoot)
  const points = measured.map(({ kind, id, values }) => {
    const names: readonly string[] = Object.hasOwn(metricNames, kind) ? metricNames[kind as keyof typeof metricNames] : []
    const figures = names.flatMap((name, index) =>
      values[index] === undefined || Number.isNaN(values[index]) ? [] : [[name, values[index]] as const],
    )
    return { kind, id, ...Object.fromEntries(figures) } as { kind: string; id: string } & Partial<Record<string, number>>
  })
  // An engine that is down leaves ids without names.
  const named = await withEngine(cli, (containers) => containers.list({ all: false }, context())).catch(() => [])
  const nameOf = (id: string) => named.find((one) => one.id === id)?.name ?? id.slice(0, 12)
  if (leftOut > 0) cli.warn(`${leftOut} more containers are not measured: ${mostContainers} are the most.`)
  cli.say(points, () => inWords(points, nameOf))
}

async function measure(hostRoot: string | undefined) {
  const collector = openCollector(hostRoot)
  try {
    collector.collect(performance.now())
    await sleep(overMs)
    return { measured: collector.collect(performance.now()), leftOut: collector.leftOut }
  } finally {
    collector.close()
  }
}

type Point = { readonly kind: string; readonly id: string } & Readonly<Partial<Record<string, number | string>>>
const bytes = (value: unknown) => (typeof value === 'number' ? size(value) : '-')
const cores = (value: unknown) => (typeof value === 'number' ? value.toFixed(2) : '-')

function inWords(points: readonly Point[], nameOf: (id: string) => string): string {
  const of = (kind: string) => points.filter((point) => point.kind === kind)
  const hosts = of('host').map((host) =>
    facts([
      ['CPU', `${cores(host['cpu'])} of ${String(host['cpuCount'] ?? '-')} cores, load ${cores(host['load1'])}`],
      ['Memory', `${bytes(host['memoryBytes'])} of ${bytes(host['memoryTotalBytes'])}`],
      ['Network', `${bytes(host['netRxBytesPerSecond'])}/s in, ${bytes(host['netTxBytesPerSecond'])}/s out`],
    ]),
  )
  const disks = table(
    ['DISK', 'USED', 'OF'],
    of('disk').map((disk) => [disk.id, bytes(disk['usedBytes']), bytes(disk['totalBytes'])]),
  )
  const containers = table(
    ['CONTAINER', 'CPU', 'MEMORY'],
    of('container').map((one) => [nameOf(one.id), cores(one['cpu']), bytes(one['memoryBytes'])]),
  )
  return [...hosts, disks, containers].join('\n\n')
}
