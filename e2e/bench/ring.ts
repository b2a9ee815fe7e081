import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { openEventRing } from '../../agent/src/events/ring.ts'
import { readJournal } from '../../agent/src/journal/files.ts'
import { openRing } from '../../agent/src/metrics/ring.ts'
import { metricScalesOf } from '@fairlead/protocol/features/metrics.ts'
import { createSampleEncoder } from '@fairlead/protocol/wire/metric-encode.ts'
import { createDay, daySamples, days, eventOf, isEvent, isLocal, localOf, type Shape } from './ring-day.ts'

const megabyte = 2 ** 20
/** DATA's own frame, and what seals the message that carries it. */
const frameBytes = 11 + 16 + 8

/**
 * Seven days of a host that its hub cannot reach, with 50 containers that are all busy, an event every two minutes and something done on
 * it every half hour, told by a clock of its own to an agent that is killed at their end. `diskMB`: what the files of metrics, events and
 * journal take of the disk then, read from the file system. `gaps`, `eventGaps`, `localGaps`: what a hub then does not get, or gets twice,
 * or in the wrong order. `bytesPerDayMB`: what an idle host with 20 containers puts on the wire in a day when its hub is there;
 * `busyBytesPerDayMB`: this one; `replayMB`: its seven days at once. The agent grows by `rssGrowth24hMB` in the first day and by
 * `rssGrowthMB` in all, of which `heapGrowthMB` are not garbage. MB are of 2^20 bytes.
 */
export async function run(): Promise<Record<string, unknown>> {
  const stateDir = mkdtempSync('/var/tmp/fairlead-ring-')
  try {
    // As it is installed, apart from the garbage that is collected before it is counted.
    const flags = ['--max-semi-space-size=1', '--expose-gc']
    const agent = spawnSync(process.execPath, [...flags, join(import.meta.dirname, 'ring-agent.ts'), stateDir], { encoding: 'utf8' })
    if (agent.signal !== 'SIGKILL') throw new Error(`The agent's side of the benchmark failed: ${agent.stderr.slice(-2000)}`)
    const { rssGrowth24h, rssGrowth, heapGrowth, cpuMsPerSample, problems } = JSON.parse(agent.stdout) as AgentFigures
    const { gaps, bytes } = replay(join(stateDir, 'metrics'))
    const parts = ['metrics', 'events', 'journal'].map((part) => [part, round(bytesOf(join(stateDir, part)) / megabyte)] as const)
    return {
      diskMB: round(parts.reduce((sum, [, size]) => sum + size, 0)),
      ...Object.fromEntries(parts.map(([part, size]) => [`${part}MB`, size])),
      gaps,
      eventGaps: eventGaps(join(stateDir, 'events')),
      localGaps: localGaps(stateDir),
      bytesPerDayMB: round(wireBytes({ containers: 20, busy: 0 }) / megabyte),
      busyBytesPerDayMB: round(wireBytes({ containers: 50, busy: 50 }) / megabyte),
      replayMB: round(bytes / megabyte),
      rssGrowth24hMB: round(rssGrowth24h / megabyte),
      rssGrowthMB: round(rssGrowth / megabyte),
      heapGrowthMB: round(heapGrowth / megabyte),
      cpuMsPerSample: round(cpuMsPerSample),
      problems,
    }
  } finally {
    rmSync(stateDir, { recursive: true, force: true })
  }
}

interface AgentFigures {
  readonly rssGrowth24h: number
  readonly rssGrowth: number
  readonly heapGrowth: number
  readonly cpuMsPerSample: number
  readonly problems: readonly string[]
}

const round = (value: number) => Math.round(value * 1000) / 1000

/** Blocks, not lengths. */
function bytesOf(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).blocks * 512, statSync(folder).blocks * 512)
}

/** What a hub gets that comes back, from the files alone. */
function replay(folder: string): { gaps: number; bytes: number } {
  const ring = openRing(folder)
  const encoder = createSampleEncoder(metricScalesOf)
  let gaps = 0
  let bytes = 0
  let last: { bootId: string | undefined; seq: number } = { bootId: undefined, seq: -1 }
  for (;;) {
    const piece = ring.after(last.bootId, last.seq, 100)
    if (piece.length === 0) break
    for (const item of encoder.encode(piece)) bytes += item.length + frameBytes
    for (const { bootId, seq } of piece) {
      if (seq !== last.seq + 1) gaps += Math.max(1, Math.abs(seq - last.seq - 1))
      last = { bootId, seq }
    }
  }
  return { gaps: gaps + Math.abs(daySamples * days - 1 - last.seq), bytes }
}

/** Events whose place is not the one after the last, and those that are missing at the end. */
function eventGaps(folder: string): number {
  const wanted = Array.from({ length: daySamples * days }, (_, seq) => seq).filter(isEvent)
  const kept = openEventRing(folder).after(0, 1e9)
  return wanted.filter((seq, index) => kept[index]?.name !== eventOf(seq).name).length + Math.max(0, kept.length - wanted.length)
}

function localGaps(stateDir: string): number {
  const wanted = Array.from({ length: daySamples * days }, (_, seq) => seq).filter(isLocal)
  const { entries, changedIn } = readJournal(stateDir)
  const kept = entries.filter((entry) => entry.kind === 'local')
  return wanted.filter((seq, index) => kept[index]?.targetName !== localOf(seq).targetName).length + (changedIn === undefined ? 0 : 1)
}

/** Each sample goes alone, as it is made. */
function wireBytes(shape: Shape): number {
  const encoder = createSampleEncoder(metricScalesOf)
  const day = createDay(shape)
  let bytes = 0
  for (let seq = 0; seq < daySamples; seq++) for (const item of encoder.encode([day(seq)])) bytes += item.length + frameBytes
  return bytes
}
