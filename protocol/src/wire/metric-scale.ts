/**
 * How a figure becomes a whole number, its code, so that a small change is a small number. One byte says it, and it travels with the
 * subject: whoever reads needs no table. Low seven bits, the unit: k below 64 is 2^k, 64 + k is 10^-k (k up to 15).
 * High bit: curved. Straight codes count units; curved ones too up to 255, above that they keep eight significant bits (0.4 %),
 * 128 codes for each doubling, so a rate that wavers by a tenth moves by a dozen codes whether it is bytes or gigabytes.
 */
export const scale = {
  one: 0,
  kib: 10,
  page: 12,
  tenth: 65,
  hundredth: 66,
  thousandth: 67,
  /** A rate: 1 a second up to 255, then to 0.4 %. */
  rate: 128,
} as const

export function isScale(byte: number): boolean {
  return (byte & 127) < 80
}

const curve = 256
const half = curve / 2
/** Codes stay where a difference of two of them is exact. */
const farthest = 2 ** 51

/** NaN, also for what has no code: not finite, or beyond every unit. */
export function codeOf(value: number, byte: number): number {
  if (!Number.isFinite(value)) return Number.NaN
  const units = Math.abs(value) * perUnit(byte)
  if (units > farthest) return Number.NaN
  // Rounded once: half of a half would be more than half a step away.
  const code = byte >= 128 && units >= curve ? curved(units) : Math.round(units)
  return value < 0 && code !== 0 ? -code : code
}

/** NaN where the code means no number anyone could have measured. */
export function valueOf(code: number, byte: number): number {
  const size = Math.abs(code)
  if (!(size <= farthest)) return Number.NaN
  const exponent = byte >= 128 && size >= curve ? Math.floor(size / half) - 1 : 0
  if (exponent > 50) return Number.NaN
  const value = ((size - exponent * half) * 2 ** exponent) / perUnit(byte)
  return code < 0 ? -value : value
}

function curved(units: number): number {
  const exponent = Math.floor(Math.log2(units)) - 7
  return exponent * half + Math.round(units / 2 ** exponent)
}

function perUnit(byte: number): number {
  const unit = byte & 127
  return unit < 64 ? 2 ** -unit : 10 ** (unit - 64)
}
