import { FairleadError } from '../errors.ts'
import type { MetricPoint, MetricSample } from './metric-batch.ts'

/**
 * Samples as deltas, little-endian. A stream of them shares a dictionary of subjects; only values that changed are sent.
 * Item: u8 flags (1: forget all before), u8 length + boot id, u32 seq, f64 timeMs, u32 dropped, u16 new subjects, each u16 number,
 * u8 length + kind, u16 length + id, u8 value count; u16 gone subjects, each u16; u16 changed subjects, each u16 number,
 * u32 mask of changed values, one f32 a value. NaN is "not available".
 */
export interface SampleEncoder {
  encode(sample: MetricSample): Uint8Array
}

const text = new TextEncoder()
const utf8 = new TextDecoder('utf-8', { fatal: true })
const mostBytes = 32 * 1024

interface Known {
  readonly number: number
  values: readonly number[]
}

export function createSampleEncoder(): SampleEncoder {
  let known = new Map<string, Known>()
  let nextNumber = 0
  let first = true

  function pack(sample: MetricSample, fresh: boolean): Uint8Array {
    const out = createWriter()
    out.u8(fresh ? 1 : 0)
    out.text8(sample.bootId)
    out.u32(sample.seq)
    out.f64(sample.timeMs)
    out.u32(sample.dropped)
    const seen = new Set<string>()
    const added: (readonly [number, MetricPoint])[] = []
    const changed: (readonly [number, number, readonly number[]])[] = []
    for (const point of sample.points) {
      const key = `${point.kind}\0${point.id}`
      seen.add(key)
      const before = known.get(key)
      const number = before?.number ?? nextNumber++
      if (before === undefined) added.push([number, point])
      const mask = changedMask(before?.values, point.values)
      if (mask !== 0) changed.push([number, mask, point.values])
      known.set(key, { number, values: point.values })
    }
    const gone = [...known].filter(([key]) => !seen.has(key))
    for (const [key] of gone) known.delete(key)
    out.u16(added.length)
    for (const [number, { kind, id, values }] of added) {
      out.u16(number)
      out.text8(kind)
      out.text16(id)
      out.u8(values.length)
    }
    out.u16(gone.length)
    for (const [, { number }] of gone) out.u16(number)
    out.u16(changed.length)
    for (const [number, mask, values] of changed) {
      out.u16(number)
      out.u32(mask)
      for (const [index, value] of values.entries()) if ((mask >>> index) & 1) out.f32(value)
    }
    return out.bytes()
  }

  return {
    encode(sample) {
      if (nextNumber > 60_000) first = true
      if (first) {
        known = new Map()
        nextNumber = 0
      }
      const item = pack(sample, first)
      first = false
      if (item.length <= mostBytes) return item
      // Too many subjects for one frame: the most that fit, said by nothing else than their absence.
      first = true
      return createSampleEncoder().encode({ ...sample, points: sample.points.slice(0, Math.floor(sample.points.length / 2)) })
    },
  }
}

/** f32 keeps seven digits; a change below that is none. */
function changedMask(before: readonly number[] | undefined, now: readonly number[]): number {
  let mask = 0
  for (const [index, value] of now.entries()) {
    const old = before?.[index]
    if (old === undefined ? !Number.isNaN(value) : Math.fround(old) !== Math.fround(value) && !(Number.isNaN(old) && Number.isNaN(value)))
      mask |= 1 << index
  }
  return mask >>> 0
}

/** Reads what one encoder wrote, in order. Throws `invalid_input` for anything malformed; keeps at most 4,096 subjects. */
export function createSampleDecoder(): { decode(item: Uint8Array): MetricSample } {
  let known = new Map<number, { kind: string; id: string; values: number[] }>()
  return {
    decode(item) {
      const input = createReader(item)
      if (input.u8() === 1) known = new Map()
      const bootId = input.text(input.u8())
      const seq = input.u32()
      const timeMs = input.f64()
      const dropped = input.u32()
      for (let left = input.u16(); left > 0; left--) {
        const number = input.u16()
        const kind = input.text(input.u8())
        const id = input.text(input.u16())
        known.set(number, { kind, id, values: Array.from({ length: Math.min(input.u8(), 32) }, () => Number.NaN) })
        if (known.size > 4096) throw malformed()
      }
      for (let left = input.u16(); left > 0; left--) known.delete(input.u16())
      for (let left = input.u16(); left > 0; left--) {
        const subject = known.get(input.u16())
        const mask = input.u32()
        if (subject === undefined) throw malformed()
        for (let index = 0; index < subject.values.length; index++) if ((mask >>> index) & 1) subject.values[index] = input.f32()
      }
      return {
        bootId,
        seq,
        timeMs,
        dropped,
        points: [...known.values()].map(({ kind, id, values }) => ({ kind, id, values: [...values] })),
      }
    },
  }
}

function createWriter() {
  const parts: number[] = []
  const scratch = new DataView(new ArrayBuffer(8))
  const push = (count: number) => {
    for (let i = 0; i < count; i++) parts.push(scratch.getUint8(i))
  }
  const bytesOf = (value: string, most: number) => text.encode(value).subarray(0, most)
  return {
    u8: (value: number) => void parts.push(value & 0xff),
    u16(value: number) {
      scratch.setUint16(0, value, true)
      push(2)
    },
    u32(value: number) {
      scratch.setUint32(0, value, true)
      push(4)
    },
    f32(value: number) {
      scratch.setFloat32(0, value, true)
      push(4)
    },
    f64(value: number) {
      scratch.setFloat64(0, value, true)
      push(8)
    },
    text8(value: string) {
      const encoded = bytesOf(value, 255)
      parts.push(encoded.length, ...encoded)
    },
    text16(value: string) {
      const encoded = bytesOf(value, 256)
      parts.push(encoded.length & 0xff, encoded.length >> 8, ...encoded)
    },
    bytes: () => Uint8Array.from(parts),
  }
}

function createReader(item: Uint8Array) {
  const view = new DataView(item.buffer, item.byteOffset, item.byteLength)
  let at = 0
  const take = (count: number) => {
    at += count
    if (at > item.length) throw malformed()
    return at - count
  }
  return {
    u8: () => view.getUint8(take(1)),
    u16: () => view.getUint16(take(2), true),
    u32: () => view.getUint32(take(4), true),
    f32: () => view.getFloat32(take(4), true),
    f64: () => view.getFloat64(take(8), true),
    text(length: number) {
      const start = take(length)
      try {
        return utf8.decode(item.subarray(start, start + length))
      } catch {
        throw malformed()
      }
    },
  }
}

function malformed(): FairleadError {
  return new FairleadError('invalid_input', 'A batch of metrics is malformed.')
}
