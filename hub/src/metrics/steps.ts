/** Resolutions kept: seconds of one point, for how long, and how much time a partition holds. */
export const steps = [
  { step: 10, keepMs: 6 * 3_600_000, partitionMs: 3_600_000, table: 'metrics_10s' },
  { step: 60, keepMs: 14 * 86_400_000, partitionMs: 86_400_000, table: 'metrics_1m' },
  { step: 900, keepMs: 366 * 86_400_000, partitionMs: 31 * 86_400_000, table: 'metrics_15m' },
] as const

/** A host's clock may be ahead of the hub's by this much. */
export const aheadMs = 300_000
