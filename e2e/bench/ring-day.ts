import type { LocalNews } from '@fairlead/agent/journal/entry.ts'
import type { HostEvent } from '@fairlead/protocol/features/events.ts'
import type { MetricPoint, MetricSample } from '@fairlead/protocol/wire/metric-batch.ts'

export const daySamples = 8640
export const days = 7
const stepMs = 10_000
const megabyte = 2 ** 20

export interface Shape {
  readonly containers: number
  readonly busy: number
}

/** Figures as they are measured: gauges that waver, rates that jump, most containers nearly still. The same each time. */
export function createDay({ containers, busy }: Shape): (seq: number) => MetricSample {
  const random = createRandom(7)
  const wander = (state: { at: number }, size: number, floor: number) => (state.at = Math.max(floor, state.at + (random() - 0.5) * size))
  const memory = Array.from({ length: containers }, (_, n) => ({ at: (20 + n * 3) * megabyte }))
  const hostMemory = { at: 3e9 }
  const used = { at: 4e10 }
  const container = (n: number): MetricPoint => {
    const isBusy = n < busy
    const rate = (most: number) => (isBusy ? random() * most : random() < 0.05 ? random() * 2000 : 0)
    const bytes = isBusy || random() < 0.1 ? wander(memory[n]!, isBusy ? 2 * megabyte : 65_536, megabyte) : memory[n]!.at
    return {
      kind: 'container',
      id: n.toString(16).padStart(64, 'c0ffee'),
      values: [
        isBusy ? random() : random() < 0.5 ? random() * 0.004 : 0,
        Math.round(bytes / 4096) * 4096,
        n % 2 === 0 ? 512 * megabyte : Number.NaN,
        rate(1e6),
        rate(1e6),
        rate(1e5),
        rate(1e6),
        isBusy ? 20 + Math.floor(random() * 4) : 3,
      ],
    }
  }
  return (seq) => {
    const load = 0.2 + random() * 0.1
    const host: MetricPoint = {
      kind: 'host',
      id: '',
      values: [
        0.1 + random() * 0.3,
        4,
        Math.round(wander(hostMemory, 8 * megabyte, 1e9) / 4096) * 4096,
        8 * 2 ** 30,
        0,
        2 ** 30,
        load,
        load,
        load,
        random() * 20_000,
        random() * 20_000,
        random() < 0.3 ? random() * 50_000 : 0,
        random() * 200_000,
        random(),
        0,
        random() < 0.2 ? random() : 0,
        1000 + seq * 10,
      ],
    }
    const disks = ['/', '/var'].map((id) => ({
      kind: 'disk',
      id,
      values: [Math.round(wander(used, 2 * megabyte, 1e9) / 4096) * 4096, 1e11, 300_000 + Math.floor(random() * 40), 6_000_000],
    }))
    const jitter = Math.round((random() - 0.5) * 6)
    return {
      bootId: '0123456789abcdef0123456789abcdef',
      seq,
      timeMs: 1_800_000_000_000 + seq * stepMs + jitter,
      dropped: 0,
      points: [host, ...disks, ...Array.from({ length: containers }, (_, n) => container(n))],
    }
  }
}

/** Of each two minutes one event of the engine, of each half hour something that somebody did on the host. */
export const isEvent = (seq: number) => seq % 12 === 0
export const isLocal = (seq: number) => seq % 180 === 0

export function eventOf(seq: number): HostEvent {
  const facts = { image: 'registry.example/team/application:1.2.3', exitCode: '0' }
  const id = (seq % 50).toString(16).padStart(64, 'c0ffee')
  return { timeMs: 1_800_000_000_000 + seq * stepMs, type: 'container', action: 'die', id, name: `application-${seq}`, facts }
}

export function localOf(seq: number): LocalNews {
  return { verb: 'restart', who: 'root', outcome: 'ok', target: 'application', targetName: `application-${seq}`, facts: {} }
}

/** A day that is the same each time. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}
