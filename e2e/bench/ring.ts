import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openRing } from '../../agent/src/metrics/ring.ts'
import { metricScalesOf } from '@fairlead/protocol/features/metrics.ts'
import { createSampleEncoder } from '@fairlead/protocol/wire/metric-encode.ts'
import { createDay, daySamples, type Shape } from './ring-day.ts'

const megabyte = 2 ** 20
/** DATA's own frame, and what seals the message that carries it. */
const frameBytes = 11 + 16 + 8

/**
 * A day of a host that its hub cannot reach, with 50 containers that are all busy, told by a clock of its own to an agent that is
 * killed at its end. `growth24hMB`: what the ring's files take of the disk then, read from the file system. `gaps`: samples of that day
 * that a hub then does not get, or gets twice, or in the wrong order. `bytesPerDayMB`: what an idle host with 20 containers puts on
 * the wire in a day when its hub is there; `busyBytesPerDayMB`: this one; `replayMB`: its whole day at once. The agent grows by
 * `rssGrowthMB`, of which `heapGrowthMB` are not garbage. MB are of 2^20 bytes.
 */
export async function run(): Promise<Record<string, unknown>> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-ring-'))
  try {
    // As it is installed, apart from the garbage that is collected before it is counted.
    const flags = ['--max-semi-space-size=1', '--expose-gc']
    const agent = spawnSync(process.execPath, [...flags, join(import.meta.dirname, 'ring-agent.ts'), folder], { encoding: 'utf8' })
    if (agent.signal !== 'SIGKILL') throw new Error(`The agent's side of the benchmark failed: ${agent.stderr.slice(-2000)}`)
    const { rssGrowth, heapGrowth, cpuMsPerSample, problems } = JSON.parse(agent.stdout) as AgentFigures
    const { gaps, bytes } = replay(folder)
    return {
      growth24hMB: round(bytesOf(folder) / megabyte),
      gaps,
      bytesPerDayMB: round(wireBytes({ containers: 20, busy: 0 }) / megabyte),
      busyBytesPerDayMB: round(wireBytes({ containers: 50, busy: 50 }) / megabyte),
      replayMB: round(bytes / megabyte),
      rssGrowthMB: round(rssGrowth / megabyte),
      heapGrowthMB: round(heapGrowth / megabyte),
      cpuMsPerSample: round(cpuMsPerSample),
      problems,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface AgentFigures {
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
  return { gaps: gaps + Math.abs(daySamples - 1 - last.seq), bytes }
}

/** Each sample goes alone, as it is made. */
function wireBytes(shape: Shape): number {
  const encoder = createSampleEncoder(metricScalesOf)
  const day = createDay(shape)
  let bytes = 0
  for (let seq = 0; seq < daySamples; seq++) for (const item of encoder.encode([day(seq)])) bytes += item.length + frameBytes
  return bytes
}
