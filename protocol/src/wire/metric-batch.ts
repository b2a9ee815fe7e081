import type { ItemCodec } from '../contract.ts'

/** One subject's figures at one time: values in the order of `metricNames[kind]`; NaN is "not available". */
export interface MetricPoint {
  readonly kind: string
  /** Empty for the host itself; a mount point for a disk; a container's id. */
  readonly id: string
  readonly values: readonly number[]
}

/** Everything one agent measured at one time. `(bootId, seq)` is its position: unique, rising by one within a boot. */
export interface MetricSample {
  readonly bootId: string
  readonly seq: number
  readonly timeMs: number
  readonly points: readonly MetricPoint[]
  /** Samples lost just before this one (the ring was full). */
  readonly dropped: number
  /** Subjects that do not travel, measured or not: more than there may be, or than one sample may hold, or a name that is too long. Absent: none. */
  readonly leftOut?: number
}

/** Items travel encoded; `createSampleDecoder` reads them in the order in which they come. */
export const metricBatch: ItemCodec<Uint8Array> = { mode: 'items', encode: (item) => item, decode: (payload) => payload }
