import type { MetricPoint, MetricSample } from './metric-batch.ts'
import { createByteWriter, fits, zigzag, type ByteWriter } from './metric-bytes.ts'
import { flag, metricLimits, usualStepMs } from './metric-format.ts'
import { codeOf, scale } from './metric-scale.ts'

interface SampleEncoder {
  /** As few items as they fit in, each at most 30 KiB; read by one `createSampleDecoder`, in this order. */
  encode(samples: readonly MetricSample[]): Uint8Array[]
}

interface Known {
  readonly key: string
  readonly kind: string
  readonly id: string
  readonly scales: readonly number[]
  /** NaN: not available, which is also how a subject begins. */
  codes: readonly number[]
  isNew: boolean
  seenIn: number
}

/** `scalesOf` a kind: one scale a value; a value without one counts in thousandths. */
export function createSampleEncoder(scalesOf: (kind: string) => readonly number[]): SampleEncoder {
  // The row that both ends share: in the order in which subjects came, without those that went.
  let row: Known[] = []
  const known = new Map<string, Known>()
  let last: MetricSample | undefined
  let round = 0
  // Kept from sample to sample: buffers are not part of the heap, and garbage of them is noticed late.
  const parts = { out: createByteWriter(), head: createByteWriter(), added: createByteWriter(), values: createByteWriter() }
  const item = createByteWriter()

  function pack(sample: MetricSample, put: Put): void {
    const follows = last !== undefined && last.bootId === sample.bootId && sample.seq > last.seq
    round++
    const { points, leftOut } = choose(sample)
    const added: Known[] = []
    for (const [key, { kind, id, values }] of points) {
      const before = known.get(key)
      // One with more or fewer values than before is another one; the old one goes.
      if (before !== undefined && before.codes.length === values.length) {
        before.seenIn = round
        continue
      }
      const own = scalesOf(kind)
      const scales = values.map((_, index) => own[index] ?? scale.thousandth)
      const subject = { key, kind, id, scales, codes: scales.map(() => Number.NaN), isNew: true, seenIn: round }
      added.push(subject)
      known.set(key, subject)
    }
    const gone = row.flatMap(({ seenIn }, place) => (seenIn === round ? [] : [place]))
    for (const place of gone) {
      const subject = row[place]!
      if (known.get(subject.key) === subject) known.delete(subject.key)
    }
    row = [...row.filter(({ seenIn }) => seenIn === round), ...added]
    writeHeader(parts.out, { ...sample, leftOut }, follows ? last : undefined, last === undefined)
    last = { ...sample, points: [] }
    packRecords(parts, { gone, row, points }, put)
  }

  return {
    encode(samples) {
      const items: Uint8Array[] = []
      let points = 0
      const flush = () => {
        if (item.length > 0) items.push(item.take())
        points = 0
      }
      for (const sample of samples) {
        pack(sample, (record, isFirst) => {
          if (item.length + record.length > metricLimits.itemBytes) flush()
          if (isFirst && points + row.length + 1 > metricLimits.pointsPerItem) flush()
          item.append(record)
        })
        points += row.length + 1
      }
      flush()
      return items
    },
  }
}

type Points = ReadonlyMap<string, MetricPoint>
/** `record` is there only until the next one. */
type Put = (record: Uint8Array, isFirst: boolean) => void
type Parts = Readonly<Record<'out' | 'head' | 'added' | 'values', ByteWriter>>

/** Each subject once, none that a decoder would refuse. */
function choose(sample: MetricSample): { points: Points; leftOut: number } {
  const points = new Map<string, MetricPoint>()
  for (const point of sample.points) {
    const { kind, id, values } = point
    if (points.size >= metricLimits.subjects) break
    if (values.length > metricLimits.values || !fits(kind, metricLimits.kindBytes) || !fits(id, metricLimits.idBytes)) continue
    points.set(`${kind}\0${id}`, point)
  }
  return { points, leftOut: (sample.leftOut ?? 0) + sample.points.length - points.size }
}

interface Change {
  readonly gone: readonly number[]
  readonly row: readonly Known[]
  readonly points: Points
}

/**
 * Behind the header that `out` holds. A changed subject's entry is written beside its neighbours until an item is full; then the sample
 * goes on in a part, whose row of bits shows only what that part holds.
 */
function packRecords({ out, head, added, values }: Parts, { gone, row, points }: Change, put: Put): void {
  const oldOnes = row.filter(({ isNew }) => !isNew).length
  let at = 0
  let isFirst = true
  do {
    writeGone(head, isFirst ? gone : [])
    const changed = new Set<number>()
    let addedCount = 0
    for (; at < row.length; at++) {
      const subject = row[at]!
      if (head.length + added.length + values.length > room) break
      if (subject.isNew) {
        addedCount++
        writeSubject(added, subject)
      }
      if (writeValues(values, subject, points.get(subject.key)!)) changed.add(at)
      subject.isNew = false
    }
    const more = at < row.length
    if (!isFirst) out.u8(flag.part)
    out.drain(head)
    out.varint(addedCount)
    out.drain(added)
    out.bits(Math.max(oldOnes, at), (index) => changed.has(index))
    out.drain(values)
    const record = out.peek()
    if (more) record[0]! |= flag.more
    put(record, isFirst)
    out.clear()
    isFirst = false
  } while (at < row.length)
}

/** Beside it fit the header, the row of bits and one more subject with all its values. */
const room = metricLimits.itemBytes - 1024 - metricLimits.subjects / 8

function writeGone(out: ByteWriter, places: readonly number[]): void {
  out.varint(places.length)
  let next = 0
  for (const place of places) {
    out.varint(place - next)
    next = place + 1
  }
}

function writeSubject(out: ByteWriter, { kind, id, scales }: Known): void {
  out.text(kind)
  out.text(id)
  out.u8(scales.length)
  for (const byte of scales) out.u8(byte)
}

/** false: nothing changed, nothing written. */
function writeValues(out: ByteWriter, subject: Known, { values }: MetricPoint): boolean {
  const before = subject.codes
  const codes = values.map((value, index) => codeOf(value, subject.scales[index]!))
  const isChanged = (index: number) => !Object.is(codes[index], before[index])
  if (!codes.some((_, index) => isChanged(index))) return false
  out.bits(codes.length, isChanged)
  for (const [index, code] of codes.entries()) {
    if (!isChanged(index)) continue
    const old = before[index]!
    out.varint(Number.isNaN(code) ? 0 : 1 + zigzag(code - (Number.isNaN(old) ? 0 : old)))
  }
  subject.codes = codes
  return true
}

function writeHeader(out: ByteWriter, sample: MetricSample, before: MetricSample | undefined, forget: boolean): void {
  const { bootId, seq, dropped, leftOut = 0 } = sample
  const timeMs = Math.round(sample.timeMs)
  out.u8(
    (forget ? flag.forget : 0) |
      (before === undefined ? flag.boot : 0) |
      (dropped > 0 ? flag.dropped : 0) |
      (leftOut > 0 ? flag.leftOut : 0),
  )
  if (before === undefined) {
    out.text(bootId)
    out.varint(seq)
    out.f64(timeMs)
  } else {
    out.varint(seq - before.seq - 1)
    out.varint(zigzag(timeMs - Math.round(before.timeMs) - usualStepMs))
  }
  if (dropped > 0) out.varint(dropped)
  if (leftOut > 0) out.varint(leftOut)
}
