import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { createSampleDecoder } from '@fairlead/protocol/wire/metric-decode.ts'
import type { MetricSample } from '@fairlead/protocol/wire/metric-batch.ts'
import type { HostFacts } from '@fairlead/protocol/features/hosts.ts'
import type { Database } from '../base/db.ts'
import type { Log } from '../base/log.ts'
import type { Fleet, LiveHost } from '../fleet/fleet.ts'
import { keepListening } from '../fleet/keep.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { MetricsStore } from '../metrics/metrics.ts'
import type { Position } from '../metrics/write.ts'
import type { HostBook } from './book.ts'
import { createSightings } from './sightings.ts'
import { createUsageTeller } from './usage.ts'

type Ended = (error?: unknown) => void

const mostFactsBytes = 12 * 1024
const factsMs = 200

interface Deps {
  readonly db: Database
  readonly fleet: Fleet
  readonly inventory: Inventory
  readonly metrics: MetricsStore
  readonly book: HostBook
  readonly log: Log
  /** What a host that just enrolled is told to have, for the live checklist. */
  readonly onStep: (host: string, step: { step: 'engine' | 'metrics' | 'disk'; state: 'ok' | 'warn' | 'failed'; detail: string }) => void
}

/** Listens to every host from the moment it connects: its rows, its metrics, what it says of itself. */
export function followHosts({ db, fleet, inventory, metrics, book, log, onStep }: Deps): void {
  const saw = createSightings(db)
  const showUsage = createUsageTeller({ inventory, book, onStep })
  const sayLosses = createLossTeller(log)
  const sayRefused = createRefusalTeller(log)

  const listenings = [
    { log, what: 'rows', run: followRows },
    { log, what: 'metrics', run: followMetrics },
    { log, what: 'facts', run: followFacts },
  ]
  fleet.onAttach((host) => {
    book.changed(host.organization, host.id)
    for (const listening of listenings) keepListening(host, listening)
  })

  fleet.onDetach((host) => {
    inventory.hostOffline(host.organization, host.id, host.lastSeenMs)
    book.change(host.organization, host.id, { lastSeenMs: host.lastSeenMs, lastLoss: host.lastLoss })
    saw({ organization: host.organization, id: host.id, lastLoss: host.lastLoss }).catch((error: unknown) =>
      log('error', 'a host was not marked offline', { host: host.id, error: String(error) }),
    )
  })

  function followRows(host: LiveHost, ended: Ended): void {
    host.clients.inventory.watch({}).each((change) => {
      const { refused } = inventory.apply(host.organization, host.id, host.name, change)
      if (refused > 0) sayRefused(host, change.kind, refused)
      book.changed(host.organization, host.id)
    }, ended)
  }

  function followMetrics(host: LiveHost, ended: Ended): void {
    metrics.position(host.organization, host.id).then((last) => hearMetrics(host, last, ended), ended)
  }

  function hearMetrics(host: LiveHost, last: Position | undefined, ended: Ended): void {
    const decoder = createSampleDecoder()
    host.clients.metrics.watch(afterOf(last)).each((item) => takeSamples(host, decoder.decode(item)), ended)
  }

  async function takeSamples(host: LiveHost, samples: readonly MetricSample[]): Promise<void> {
    for (const sample of samples) {
      sayLosses(host, sample)
      await metrics.push(host.organization, host.id, sample)
      if (Math.abs(Date.now() - sample.timeMs) < 60_000) showUsage(host, sample)
    }
  }

  function followFacts(host: LiveHost, ended: Ended): void {
    host.clients.hosts.watch({}).each((facts) => takeFacts(host, facts), ended)
  }

  async function takeFacts(host: LiveHost, facts: HostFacts): Promise<void> {
    // They are in every list that this host is in: one host's must not be what no list can hold.
    if (Buffer.byteLength(JSON.stringify(facts)) > mostFactsBytes) throw new FairleadError('too_large', 'Its facts are larger than 12 KiB.')
    const stored = (await book.hosts(host.organization)).get(host.id)?.facts
    const news = isDeepStrictEqual(stored, facts) ? {} : { facts }
    await saw({ organization: host.organization, id: host.id, ...news })
    book.change(host.organization, host.id, { facts, lastSeenMs: Date.now() })
    const { up, name, version, problem } = facts.engine
    onStep(host.id, { step: 'engine', state: up ? 'ok' : 'warn', detail: up ? `${name} ${version}` : problem })
    // Each is a row written: however often a host says them, the others' turn comes as well.
    await sleep(factsMs, undefined, { ref: false })
  }
}

const afterOf = (last: { bootId: string; seq: number } | undefined) =>
  last === undefined ? {} : { bootId: last.bootId, afterSeq: last.seq }

/** Says that rows were left out, once a minute a host: a host that goes on and on fills no log. */
function createRefusalTeller(log: Log): (host: LiveHost, kind: string, refused: number) => void {
  const saidMs = new Map<string, number>()
  return ({ id }, kind, refused) => {
    const now = performance.now()
    if (now - (saidMs.get(id) ?? Number.NEGATIVE_INFINITY) < 60_000) return
    saidMs.set(id, now)
    log('warn', 'a host has too many rows; the rest is left out', { host: id, kind, refused })
  }
}

/** Says what a host's metrics lack: each lost stretch, and how many subjects are left out when that changes. */
function createLossTeller(log: Log): (host: LiveHost, sample: MetricSample) => void {
  const said = new Map<string, number>()
  return (host, { dropped, leftOut = 0 }) => {
    if (dropped > 0) log('warn', 'a host could not keep all metrics while it was away', { host: host.id, samples: dropped })
    if (leftOut > 0 && leftOut !== said.get(host.id))
      log('warn', 'a host has more subjects than one sample holds; the rest is not measured', { host: host.id, leftOut })
    said.set(host.id, leftOut)
  }
}
