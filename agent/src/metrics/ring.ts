import { metricScalesOf } from '@fairlead/protocol/features/metrics.ts'
import type { MetricSample } from '@fairlead/protocol/wire/metric-batch.ts'
import { createSampleDecoder } from '@fairlead/protocol/wire/metric-decode.ts'
import { createSampleEncoder } from '@fairlead/protocol/wire/metric-encode.ts'
import { createKeep, type Chain, type Keep } from '../keep.ts'
import { createSegments, type Segments } from '../segments.ts'

/** Samples of seven days of one each ten seconds, in 44 MiB at most, for a hub that was away. On disk where there is one, else in memory. */
export interface Ring {
  /** Handed to the kernel before it returns: what was pushed outlives the process, however it ends. */
  push(sample: MetricSample): void
  /** Samples after a position, oldest first, `most` or some more. A position of a boot that is not kept is before everything. */
  after(bootId: string | undefined, seq: number, most: number): MetricSample[]
}

export const ringLimits = {
  samples: 60_480,
  /** With events (4 MiB) and the journal (16 MiB) 64 MiB; below it by what one more sample may take. */
  diskBytes: 44 * 2 ** 20 - 2 ** 16,
  /** Most of a day for twenty containers. */
  memoryBytes: 2 * 2 ** 20,
  /** Half an hour: what is decoded for the first sample that a hub missed. */
  chainSamples: 180,
  chainBytes: 2 ** 18,
} as const

/** Served without reading a file: a hub that is there wants the last one. */
const recentSamples = 3

/** `folder` undefined: memory only. Never throws: a disk that takes nothing costs what memory cannot hold, and is tried with each sample. */
export function openRing(folder: string | undefined, onProblem: (message: string) => void = () => undefined): Ring {
  return createRing(folder === undefined ? undefined : createSegments(folder, 'metrics'), onProblem)
}

/** On any disk: one that fails, for tests. */
export function createRing(segments: Segments | undefined, onProblem: (message: string) => void): Ring {
  const { samples, diskBytes, memoryBytes } = ringLimits
  const keep = createKeep({ what: 'Metrics', most: samples, diskBytes, memoryBytes, segments, onProblem })
  let recent: MetricSample[] = []
  let writer: { readonly chain: Chain; readonly encoder: ReturnType<typeof createSampleEncoder>; bytes: number } | undefined

  return {
    push(sample) {
      if (recent.length > 0 && recent[0]!.bootId !== sample.bootId) recent = []
      recent = [...recent.slice(-recentSamples + 1), sample]
      const isOver =
        writer === undefined ||
        writer.chain.boot !== sample.bootId ||
        writer.chain.count >= ringLimits.chainSamples ||
        writer.bytes >= ringLimits.chainBytes
      if (isOver)
        writer = {
          chain: { boot: sample.bootId, file: undefined, count: 0, lastSeq: -1, waiting: [] },
          encoder: createSampleEncoder(metricScalesOf),
          bytes: 0,
        }
      const items = writer!.encoder.encode([sample])
      const bytes = items.length === 1 ? items[0]! : Buffer.concat(items)
      writer!.bytes += bytes.length
      keep.add(writer!.chain, { seq: sample.seq, bytes })
    },
    after(bootId, seq, most) {
      const isAfter = (sample: MetricSample) => sample.bootId !== bootId || sample.seq > seq
      const first = recent[0]
      if (first !== undefined && first.bootId === bootId && first.seq <= seq + 1) return recent.filter(isAfter)
      const found: MetricSample[] = []
      for (const chain of keep.chains.slice(startOf(keep, bootId, seq))) {
        if (found.length >= most) break
        found.push(...decode(keep.read(chain)).filter(isAfter))
      }
      return found
    },
  }
}

/** Index of the first chain that has something after a position. */
function startOf({ chains }: Keep, bootId: string | undefined, seq: number): number {
  const last = chains.findLastIndex(({ boot }) => boot === bootId)
  if (last < 0) return 0
  const first = chains.findIndex(({ boot, lastSeq }) => boot === bootId && lastSeq > seq)
  return first < 0 ? last + 1 : first
}

/** What cannot be read ends its chain; what came before counts. */
function decode(entries: readonly Uint8Array[]): MetricSample[] {
  const decoder = createSampleDecoder()
  const samples: MetricSample[] = []
  try {
    for (const bytes of entries) samples.push(...decoder.decode(bytes))
  } catch {
    return samples
  }
  return samples
}
