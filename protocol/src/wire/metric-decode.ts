import type { MetricSample } from './metric-batch.ts'
import { ByteReader, malformed, unzigzag } from './metric-bytes.ts'
import { flag, metricLimits, usualStepMs } from './metric-format.ts'
import { isScale, valueOf } from './metric-scale.ts'

interface SampleDecoder {
  /** The samples that this item completes. Throws `invalid_input` for anything malformed; then the stream is over. */
  decode(item: Uint8Array): MetricSample[]
}

interface Subject {
  readonly kind: string
  readonly id: string
  readonly scales: readonly number[]
  readonly codes: number[]
}

/** Reads what one encoder wrote, in order. Keeps at most `metricLimits.subjects` subjects, whoever writes. */
export function createSampleDecoder(): SampleDecoder {
  return new Decoder()
}

/** A class, not closures: a hub holds one for each of its hosts. */
class Decoder implements SampleDecoder {
  #row: Subject[] = []
  /** Of the last sample; undefined: none came. */
  #bootId: string | undefined
  #seq = 0
  #timeMs = 0
  #dropped = 0
  #leftOut = 0
  #open = false

  decode(item: Uint8Array): MetricSample[] {
    const input = new ByteReader(item)
    const samples: MetricSample[] = []
    let points = 0
    while (input.left > 0) {
      const flags = input.u8()
      this.#readHead(input, flags)
      this.#readGone(input)
      this.#readNew(input)
      this.#readChanged(input)
      this.#open = (flags & flag.more) !== 0
      if (this.#open) continue
      // A record of a few bytes repeats thousands of subjects: their number is what costs.
      points += this.#row.length + 1
      if (points > metricLimits.pointsPerItem) throw malformed()
      samples.push(this.#sample())
    }
    return samples
  }

  #readHead(input: ByteReader, flags: number): void {
    if (((flags & flag.part) !== 0) !== this.#open) throw malformed()
    if (this.#open) return
    const boot = (flags & flag.boot) !== 0
    if ((flags & flag.forget) !== 0) {
      if (!boot) throw malformed()
      this.#row = []
      this.#bootId = undefined
    }
    const bootId = boot ? input.text(metricLimits.bootBytes) : this.#bootId
    if (bootId === undefined) throw malformed()
    const seq = boot ? input.varint() : this.#seq + 1 + input.varint()
    const timeMs = boot ? input.f64() : this.#timeMs + usualStepMs + unzigzag(input.varint())
    // Dates reach this far, and further nobody's clock.
    if (!Number.isSafeInteger(seq) || !(Math.abs(timeMs) <= 8.64e15)) throw malformed()
    this.#bootId = bootId
    this.#seq = seq
    this.#timeMs = timeMs
    this.#dropped = (flags & flag.dropped) !== 0 ? input.varint() : 0
    this.#leftOut = (flags & flag.leftOut) !== 0 ? input.varint() : 0
  }

  #sample(): MetricSample {
    const sample = { bootId: this.#bootId!, seq: this.#seq, timeMs: this.#timeMs, dropped: this.#dropped, points: this.#row.map(readPoint) }
    return this.#leftOut === 0 ? sample : { ...sample, leftOut: this.#leftOut }
  }

  #readGone(input: ByteReader): void {
    let left = input.varint()
    if (left === 0) return
    const gone = new Set<number>()
    let next = 0
    for (; left > 0; left--) {
      next += input.varint()
      if (next >= this.#row.length) throw malformed()
      gone.add(next++)
    }
    this.#row = this.#row.filter((_, place) => !gone.has(place))
  }

  #readNew(input: ByteReader): void {
    for (let left = input.varint(); left > 0; left--) {
      const kind = input.text(metricLimits.kindBytes)
      const id = input.text(metricLimits.idBytes)
      const count = input.u8()
      if (count > metricLimits.values || this.#row.length >= metricLimits.subjects) throw malformed()
      const scales = Array.from({ length: count }, () => input.u8())
      if (!scales.every(isScale)) throw malformed()
      this.#row.push({ kind, id, scales, codes: scales.map(() => Number.NaN) })
    }
  }

  #readChanged(input: ByteReader): void {
    for (const place of input.bits(this.#row.length)) {
      const { codes } = this.#row[place]!
      for (const index of input.bits(codes.length)) codes[index] = readCode(input, codes[index]!)
    }
  }
}

function readPoint({ kind, id, scales, codes }: Subject) {
  return { kind, id, values: codes.map((code, index) => valueOf(code, scales[index]!)) }
}

function readCode(input: ByteReader, before: number): number {
  const token = input.varint()
  if (token === 0) return Number.NaN
  const code = (Number.isNaN(before) ? 0 : before) + unzigzag(token - 1)
  if (!Number.isSafeInteger(code)) throw malformed()
  return code
}
