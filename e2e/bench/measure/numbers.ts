/** The value that this share (0 to 1) of all values does not exceed; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}

export const median = (values: readonly number[]): number => percentile(values, 0.5)

/** Three significant digits: a figure of a benchmark has no more. */
export function round(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(3)) : value
}

/** How far the middle of the last third is from the middle of the first, as a share. Above 0.3 the run says nothing. */
export function drift(values: readonly number[]): number {
  const third = Math.max(1, Math.floor(values.length / 3))
  const [first, last] = [median(values.slice(0, third)), median(values.slice(-third))]
  return Math.abs(last - first) / first
}

export const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

/** A moment that other processes of this machine can compare, ms. */
export const wallMs = (): number => performance.timeOrigin + performance.now()
