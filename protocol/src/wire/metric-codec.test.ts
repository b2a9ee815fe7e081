import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { codeOf as errorCode } from '../errors.ts'
import { metricScalesOf } from '../features/metrics.ts'
import type { MetricPoint, MetricSample } from './metric-batch.ts'
import { createByteWriter } from './metric-bytes.ts'
import { createSampleDecoder } from './metric-decode.ts'
import { createSampleEncoder } from './metric-encode.ts'
import { metricLimits } from './metric-format.ts'
import { codeOf, scale, valueOf } from './metric-scale.ts'

const none = Number.NaN
const scales = [scale.one, scale.thousandth, scale.page, scale.rate, scale.hundredth]
const scalesOf = () => scales

/** What is left of values after the encoder's rounding. */
const rounded = (values: readonly number[]) =>
  values.map((value, index) => valueOf(codeOf(value, scales[index] ?? scale.thousandth), scales[index] ?? scale.thousandth))

function sample(seq: number, points: readonly MetricPoint[], more: Partial<MetricSample> = {}): MetricSample {
  return { bootId: 'boot-1', seq, timeMs: 1_800_000_000_000 + seq * 10_000, dropped: 0, points, ...more }
}

function roundTrip(samples: readonly MetricSample[]): MetricSample[] {
  const decoder = createSampleDecoder()
  return createSampleEncoder(scalesOf)
    .encode(samples)
    .flatMap((item) => decoder.decode(item))
}

/** The order of the points within one sample means nothing. */
function sorted(samples: readonly MetricSample[]): MetricSample[] {
  const key = ({ kind, id }: MetricPoint) => `${kind}\0${id}`
  return samples.map((one) => ({
    ...one,
    points: [...one.points].sort((a, b) => (key(a) < key(b) ? -1 : 1)).map((point) => ({ ...point, values: rounded(point.values) })),
  }))
}

const host = (...values: number[]) => [{ kind: 'host', id: '', values }]
const containers = (count: number, value: (n: number) => number[] = (n) => [n, n / 1000, n * 4096, n, n / 100]) =>
  Array.from({ length: count }, (_, n) => ({ kind: 'container', id: n.toString(16).padStart(64, '0'), values: value(n) }))

describe('a scale', () => {
  for (const [value, byte, code, back] of [
    [7.4, scale.one, 7, 7],
    [0.1234, scale.thousandth, 123, 0.123],
    [-0.25, scale.hundredth, -25, -0.25],
    [8_589_934_592, scale.page, 2_097_152, 8_589_934_592],
    [255, scale.rate, 255, 255],
    [256, scale.rate, 256, 256],
    [257, scale.rate, 257, 258],
    [511, scale.rate, 384, 512],
    [1_000_000, scale.rate, 1780, 999_424],
    // Rounded to 283 first it became 284.
    [282.5, scale.rate, 269, 282],
    [-0, scale.one, 0, 0],
  ] as const)
    it(`makes ${value} the code ${code} in unit ${byte}`, () => {
      assert.equal(codeOf(value, byte), code)
      assert.equal(valueOf(code, byte), back)
    })

  it('keeps rates to 0.4 %, in order, and changes nothing the second time', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e15, noNaN: true }), fc.double({ min: 0, max: 1e15, noNaN: true }), (a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)]
        const back = valueOf(codeOf(high, scale.rate), scale.rate)
        assert.ok(Math.abs(back - high) <= Math.max(0.5, high / 255), `${high} -> ${back}`)
        assert.ok(codeOf(low, scale.rate) <= codeOf(high, scale.rate))
        assert.equal(valueOf(codeOf(back, scale.rate), scale.rate), back)
      }),
      { numRuns: 2000 },
    )
  })

  it('has no code for what is no measurement', () => {
    for (const value of [none, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e300]) assert.ok(Number.isNaN(codeOf(value, scale.one)))
    assert.ok(Number.isNaN(valueOf(128 * 60, scale.rate)))
    assert.ok(Number.isNaN(valueOf(Number.MAX_SAFE_INTEGER, scale.one)))
  })
})

describe('samples on the wire', () => {
  for (const [title, before, now] of [
    ['changes', [1, 0.001, 4096, 10, 0.01], [2, 0.5, 8192, 200, 1]],
    ['what is not available any more, and again is', [1, none, 4096, none, 0], [none, 0.25, none, 0, none]],
    ['nothing that changed', [1, 0.5, 0, 5, none], [1, 0.5, 0, 5, none]],
    ['large steps down', [2 ** 50, 1000, 2 ** 45, 2 ** 46, 99.99], [0, 0, 0, 0, 0]],
    ['negative figures', [-1, -0.001, -4096, -10, -0.01], [1, 0.001, 4096, 10, 0.01]],
  ] as const)
    it(`bring ${title}`, () => {
      const samples = [sample(0, host(...before)), sample(1, host(...now)), sample(2, host(...before))]
      assert.deepEqual(roundTrip(samples), samples)
    })

  it('follow subjects that come, go, come back, and change how many values they have', () => {
    const at = (...ids: string[]) => ids.map((id, n) => ({ kind: 'container', id, values: [n, id.length] }))
    const samples = [
      sample(0, at('a', 'b')),
      sample(1, at('b')),
      sample(2, []),
      sample(3, at('c', 'a', 'd')),
      sample(4, [{ kind: 'container', id: 'a', values: [1, 2, 4096] }, ...at('d')]),
      sample(5, at('a')),
    ]
    assert.deepEqual(sorted(roundTrip(samples)), sorted(samples))
  })

  it('follow a new boot, a jump of the clock, a lost stretch and what was left out', () => {
    const samples = [
      sample(7, host(1)),
      sample(8, host(2), { timeMs: 1000, dropped: 3 }),
      sample(12, host(3), { timeMs: 11_007 }),
      sample(0, host(1), { bootId: 'boot-2', timeMs: 1_900_000_000_000, leftOut: 5 }),
      sample(1, host(1), { bootId: 'boot-2' }),
      sample(1, host(2), { bootId: 'boot-2' }),
    ]
    assert.deepEqual(roundTrip(samples), samples)
  })

  it('of a host with two thousand containers are cut into items and put together again', () => {
    const points = containers(2000)
    const items = createSampleEncoder(scalesOf).encode([sample(0, points), sample(1, points.slice(1)), sample(2, points)])
    assert.ok(items.length > 3)
    for (const item of items) assert.ok(item.length <= metricLimits.itemBytes)
    const decoder = createSampleDecoder()
    const decoded = items.flatMap((item) => decoder.decode(item))
    assert.deepEqual(sorted(decoded), sorted([sample(0, points), sample(1, points.slice(1)), sample(2, points)]))
  })

  it('say how many subjects they leave out', () => {
    const many = containers(metricLimits.subjects + 10, () => [1])
    const long = { kind: 'disk', id: '/'.padEnd(metricLimits.idBytes + 1, 'x'), values: [1] }
    const [crowded, named] = roundTrip([sample(0, many), sample(1, [long, ...host(1)], { leftOut: 2 })])
    assert.equal(crowded?.points.length, metricLimits.subjects)
    assert.equal(crowded?.leftOut, 10)
    assert.deepEqual([named?.points.length, named?.leftOut], [1, 3])
  })

  it('are right for any figures, however they are gathered', () => {
    const value = fc.oneof(fc.constant(none), fc.integer({ min: -5, max: 300 }), fc.double({ min: -1e12, max: 1e12, noNaN: true }))
    const point = fc.record({
      kind: fc.constantFrom('host', 'disk', 'container'),
      id: fc.string({ maxLength: 3 }),
      values: fc.array(value, { maxLength: 6 }),
    })
    const points = fc.uniqueArray(point, { selector: ({ kind, id }) => `${kind}\0${id}`, maxLength: 6 })
    fc.assert(
      fc.property(fc.array(points, { minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 5 }), (all, batch) => {
        const samples = all.map((own, seq) => sample(seq, own))
        const encoder = createSampleEncoder(scalesOf)
        const decoder = createSampleDecoder()
        const decoded: MetricSample[] = []
        for (let at = 0; at < samples.length; at += batch)
          for (const item of encoder.encode(samples.slice(at, at + batch))) decoded.push(...decoder.decode(item))
        assert.deepEqual(sorted(decoded), sorted(samples))
      }),
      { numRuns: 400 },
    )
  })

  it('of quiet containers cost a few bytes each', () => {
    const quiet = (seq: number) =>
      sample(
        seq,
        containers(20, () => [1, (3 + (seq % 3)) / 1000, 5_242_880, 0, none]),
      )
    const encoder = createSampleEncoder(scalesOf)
    encoder.encode([quiet(0)])
    const bytes = encoder.encode([quiet(1)]).reduce((sum, { length }) => sum + length, 0)
    assert.ok(bytes <= 20 * 2 + 10, `${bytes} B`)
  })
})

describe('a hostile item', () => {
  const first = () => createSampleEncoder(scalesOf).encode([sample(0, host(1, 2, 3))])[0]!
  const refuses = (run: () => unknown) => assert.throws(run, (error) => errorCode(error) === 'invalid_input')

  it('that is cut anywhere is refused', () => {
    const whole = first()
    for (let end = 1; end < whole.length; end++) refuses(() => createSampleDecoder().decode(whole.subarray(0, end)))
  })

  it('of random bytes is refused or read, within its limits', () => {
    const whole = first()
    const bytes = fc.uint8Array({ maxLength: 80 })
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 6 }), fc.nat(whole.length - 1), fc.nat(255), (items, at, byte) => {
        const flipped = Uint8Array.from(whole)
        flipped[at] = byte
        const decoder = createSampleDecoder()
        for (const item of [flipped, ...items]) {
          try {
            for (const { points, seq, timeMs } of decoder.decode(item)) {
              assert.ok(Number.isSafeInteger(seq) && seq >= 0 && Number.isFinite(timeMs))
              for (const { values } of points) for (const value of values) assert.ok(Number.isNaN(value) || Number.isFinite(value))
            }
          } catch (error) {
            if (errorCode(error) !== 'invalid_input') throw error
            return
          }
        }
      }),
      { numRuns: 3000 },
    )
  })

  for (const [title, ...bytes] of [
    ['begins in the middle', 0, 0, 0, 0, 0],
    ['goes on with a part of nothing', 8, 0, 0],
    ['forgets without a boot', 1, 0, 0, 0, 0],
    ['lets go whom nobody named', 3, 1, 65, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0],
    ['names its time as no number', 3, 1, 65, 0, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f, 0, 0],
    ['has a subject of a scale that is none', 3, 1, 65, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 127, 0],
    ['has a subject with too many values', 3, 1, 65, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 200, ...Array.from({ length: 240 }, () => 0)],
    ['says a number larger than there are', 3, 1, 65, ...Array.from({ length: 9 }, () => 255)],
    ['says a number beyond 2^53', 19, 1, 65, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...Array.from({ length: 7 }, () => 255), 127, 0, 0],
    ['has a text that is none', 3, 1, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  ] as const)
    it(`that ${title} is refused`, () => refuses(() => createSampleDecoder().decode(Uint8Array.from(bytes))))

  it('cannot name more subjects than a sample may have, in one item or in many', () => {
    const decoder = createSampleDecoder()
    for (const item of createSampleEncoder(scalesOf).encode([
      sample(
        0,
        containers(metricLimits.subjects, () => []),
      ),
    ]))
      decoder.decode(item)
    const more = createByteWriter()
    for (const byte of [0, 0, 0, 0, 1, 1, 65, 0, 0]) more.u8(byte)
    more.bits(metricLimits.subjects + 1, () => false)
    refuses(() => decoder.decode(more.take()))
  })

  it('cannot become millions of points', () => {
    const decoder = createSampleDecoder()
    for (const item of createSampleEncoder(scalesOf).encode([sample(0, containers(2000))])) decoder.decode(item)
    const again = createByteWriter()
    for (let i = 0; i < 100; i++) {
      for (const byte of [0, 0, 0, 0, 0]) again.u8(byte)
      again.bits(2000, () => false)
    }
    refuses(() => decoder.decode(again.take()))
  })

  it('cannot push a figure beyond what is a number', () => {
    const decoder = createSampleDecoder()
    decoder.decode(first())
    const item = createByteWriter()
    for (let i = 0; i < 3; i++) {
      for (const byte of [0, 0, 0, 0, 0, 1, 1]) item.u8(byte)
      item.varint(Number.MAX_SAFE_INTEGER)
    }
    refuses(() => decoder.decode(item.take()))
  })
})

describe('the vectors of batches', () => {
  interface Told extends Omit<MetricSample, 'points'> {
    readonly points: readonly { readonly kind: string; readonly id: string; readonly values: readonly (number | null)[] }[]
  }
  interface Vectors {
    readonly streams: readonly {
      readonly name: string
      readonly items: readonly { readonly hex: string; readonly samples: readonly Told[] }[]
    }[]
    readonly refused: readonly { readonly name: string; readonly hex: string }[]
  }
  const vectors = JSON.parse(readFileSync(new URL('../../test/vectors/metrics.json', import.meta.url), 'utf8')) as Vectors
  const meant = (samples: readonly Told[]): MetricSample[] =>
    samples.map((one) => ({
      ...one,
      points: one.points.map((point) => ({ ...point, values: point.values.map((value) => value ?? none) })),
    }))

  for (const { name, items } of vectors.streams)
    it(`are read and written: ${name}`, () => {
      const decoder = createSampleDecoder()
      const encoder = createSampleEncoder(metricScalesOf)
      for (const { hex, samples } of items) {
        assert.deepEqual(decoder.decode(Buffer.from(hex, 'hex')), meant(samples))
        assert.deepEqual(
          encoder.encode(meant(samples)).map((item) => Buffer.from(item).toString('hex')),
          [hex],
        )
      }
    })
  for (const { name, hex } of vectors.refused)
    it(`are refused: ${name}`, () =>
      assert.throws(
        () => createSampleDecoder().decode(Buffer.from(hex, 'hex')),
        (error) => errorCode(error) === 'invalid_input',
      ))
})
