import type { MetricSample } from './metric-batch.ts'
import { createByteReader, malformed, unzigzag, type ByteReader } from './metric-bytes.ts'
import { flag, metricLimits, usualStepMs } from './metric-format.ts'
import { isScale, valueOf } from './metric-scale.ts'

export interface SampleDecoder {
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
  let row: Subject[] = []
  let head: Omit<MetricSample, 'points'> | undefined
  let open = false

  function readHead(input: ByteReader, flags: number): void {
    if (((flags & flag.part) !== 0) !== open) throw malformed()
    if (open) return
    const boot = (flags & flag.boot) !== 0
    if ((flags & flag.forget) !== 0) {
      if (!boot) throw malformed()
      row = []
      head = undefined
    }
    const bootId = boot ? input.text(metricLimits.bootBytes) : head?.bootId
    if (bootId === undefined) throw malformed()
    const seq = boot ? input.varint() : head!.seq + 1 + input.varint()
    const timeMs = boot ? input.f64() : head!.timeMs + usualStepMs + unzigzag(input.varint())
    // Dates reach this far, and further nobody's clock.
    if (!Number.isSafeInteger(seq) || !(Math.abs(timeMs) <= 8.64e15)) throw malformed()
    const dropped = (flags & flag.dropped) !== 0 ? input.varint() : 0
    head = { bootId, seq, timeMs, dropped, ...((flags & flag.leftOut) !== 0 ? { leftOut: input.varint() } : {}) }
  }

  function readGone(input: ByteReader): void {
    const gone = new Set<number>()
    let next = 0
    for (let left = input.varint(); left > 0; left--) {
      next += input.varint()
      if (next >= row.length) throw malformed()
      gone.add(next++)
    }
    if (gone.size > 0) row = row.filter((_, place) => !gone.has(place))
  }

  function readNew(input: ByteReader): void {
    for (let left = input.varint(); left > 0; left--) {
      const kind = input.text(metricLimits.kindBytes)
      const id = input.text(metricLimits.idBytes)
      const count = input.u8()
      if (count > metricLimits.values || row.length >= metricLimits.subjects) throw malformed()
      const scales = Array.from({ length: count }, () => input.u8())
      if (!scales.every(isScale)) throw malformed()
      row.push({ kind, id, scales, codes: scales.map(() => Number.NaN) })
    }
  }

  function readChanged(input: ByteReader): void {
    for (const place of input.bits(row.length)) {
      const { codes } = row[place]!
      for (const index of input.bits(codes.length)) codes[index] = readCode(input, codes[index]!)
    }
  }

  return {
    decode(item) {
      const input = createByteReader(item)
      const samples: MetricSample[] = []
      let points = 0
      while (input.left > 0) {
        const flags = input.u8()
        readHead(input, flags)
        readGone(input)
        readNew(input)
        readChanged(input)
        open = (flags & flag.more) !== 0
        if (open) continue
        // A record of a few bytes repeats thousands of subjects: their number is what costs.
        points += row.length + 1
        if (points > metricLimits.pointsPerItem) throw malformed()
        samples.push({ ...head!, points: row.map(readPoint) })
      }
      return samples
    },
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
