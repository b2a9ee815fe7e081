import { metricNames } from '@fairlead/protocol/features/metrics.ts'
import type { MetricSample } from '@fairlead/protocol/wire/metric-batch.ts'
import type { LiveHost } from '../fleet/fleet.ts'
import type { Inventory, Usage } from '../inventory/inventory.ts'
import type { HostBook } from './book.ts'

interface Deps {
  readonly inventory: Inventory
  readonly book: HostBook
  readonly onStep: (host: string, step: { step: 'metrics' | 'disk'; state: 'ok' | 'warn'; detail: string }) => void
}

const fullDisk = 0.95
const none: ReadonlyMap<string, Usage> = new Map()

/** Kinds whose rows say what they use; a host's own figures are not in the fleet's rows. */
const usedKinds = Object.entries(metricNames).flatMap(([kind, names]) =>
  kind !== 'host' && (names as readonly string[]).includes('cpu') ? [kind] : [],
)
const places = new Map(usedKinds.map((kind) => [kind, placesOf(metricNames[kind as keyof typeof metricNames])]))

/** What lists show of a host's last sample. Plain loops: every host of a fleet comes by here every ten seconds. */
export function createUsageTeller({ inventory, book, onStep }: Deps): (host: LiveHost, sample: MetricSample) => void {
  return (host, { points }) => {
    const figures = new Map<string, Map<string, Usage>>()
    let own: readonly number[] | undefined
    let fullest = Number.NEGATIVE_INFINITY
    for (const { kind, id, values } of points) {
      if (kind === 'host') own = values
      else if (kind === 'disk') fullest = Math.max(fullest, shareOf(values))
      const place = places.get(kind)
      if (place === undefined) continue
      const known = figures.get(kind) ?? new Map<string, Usage>()
      figures.set(kind, known.set(id, usageOf(place, values)))
    }
    // A host of which nothing of a kind is measured any more uses nothing any more.
    for (const kind of usedKinds) inventory.usage(host.organization, host.id, kind, figures.get(kind) ?? none)
    const hasDisk = Number.isFinite(fullest)
    if (own !== undefined) book.usage.set(host.id, name(own, book.usage.get(host.id)))
    const known = book.usage.get(host.id)
    if (known !== undefined && (hasDisk || 'diskFullest' in known)) known['diskFullest'] = hasDisk ? fullest : null
    onStep(host.id, { step: 'metrics', state: 'ok', detail: '' })
    if (hasDisk) onStep(host.id, { step: 'disk', state: fullest > fullDisk ? 'warn' : 'ok', detail: `${Math.round(fullest * 100)} %` })
    book.changed(host.organization, host.id)
  }
}

/** Used of its size; what is not known fills nothing. */
function shareOf([used = 0, size = Number.NaN]: readonly number[]): number {
  const share = used / size
  return Number.isFinite(share) ? share : Number.NEGATIVE_INFINITY
}

interface Places {
  readonly cpu: number
  readonly memory: number
  readonly limit: number
  readonly received: number
  readonly sent: number
}

function placesOf(names: readonly string[]): Places {
  const at = (name: string) => names.indexOf(name)
  return {
    cpu: at('cpu'),
    memory: at('memoryBytes'),
    limit: at('memoryLimitBytes'),
    received: at('netRxBytesPerSecond'),
    sent: at('netTxBytesPerSecond'),
  }
}

/** The figures that a list shows, where the kind has them and they were measured. */
function usageOf({ cpu, memory, limit, received, sent }: Places, values: readonly number[]): Usage {
  const usage: { -readonly [K in keyof Usage]: Usage[K] } = {}
  const at = (place: number) => values[place] ?? Number.NaN
  if (Number.isFinite(at(cpu))) usage.cpu = at(cpu)
  if (Number.isFinite(at(memory))) usage.memoryBytes = at(memory)
  if (Number.isFinite(at(limit))) usage.memoryLimitBytes = at(limit)
  const [down, up] = [at(received), at(sent)]
  if (Number.isFinite(down) || Number.isFinite(up))
    usage.netBytesPerSecond = (Number.isFinite(down) ? down : 0) + (Number.isFinite(up) ? up : 0)
  return usage
}

/** Into what is known already: a new object for each sample of a fleet would outlive two collections, and be most of what they copy. */
function name(values: readonly number[], usage: Record<string, number | null> = {}): Record<string, number | null> {
  for (const [index, name] of metricNames.host.entries()) usage[name] = Number.isFinite(values[index]) ? values[index]! : null
  return usage
}
