import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { MessageReader } from './reader.ts'

interface Frame {
  readonly first: number
  readonly payload: Uint8Array
  readonly mask: number
}

/** As RFC 6455 lays a frame out; mask 0 is a mask like any other. */
function encode({ first, payload, mask }: Frame, masked: boolean): Uint8Array {
  const { length } = payload
  const extended =
    length < 126
      ? [length]
      : length < 65_536
        ? [126, length >> 8, length & 0xff]
        : [127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 0xff, length & 0xff]
  extended[0]! |= masked ? 0x80 : 0
  const key = masked ? [24, 16, 8, 0].map((shift) => (mask >>> shift) & 0xff) : []
  const body = payload.map((byte, i) => byte ^ (key[i & 3] ?? 0))
  return Uint8Array.of(first, ...extended, ...key, ...body)
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

/** Reads everything through one buffer, as the sockets of a process do, and overwrites it after each read. */
function readThrough(wire: Uint8Array, cuts: readonly number[], masked: boolean) {
  const messages: Uint8Array[] = []
  const others: Uint8Array[] = []
  const shared = new Uint8Array(wire.length)
  const reader = new MessageReader(masked, {
    message: (message) => messages.push(message.slice()),
    other: (bytes) => others.push(bytes),
  })
  let at = 0
  for (const cut of [...cuts, wire.length]) {
    const end = Math.max(at, Math.min(cut, wire.length))
    shared.set(wire.subarray(at, end))
    reader.read(shared.subarray(0, end - at))
    shared.fill(0xee)
    at = end
  }
  return { messages, others: joined(others) }
}

const whole = 0x82
const size = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constantFrom(125, 126, 127, 16_384, 65_535, 65_536, 70_000))
const payload = fc
  .tuple(size, fc.integer({ min: 0, max: 255 }))
  .map(([length, seed]) => Uint8Array.from({ length }, (_, i) => (i * 7 + seed) & 0xff))
const mask = fc.constantFrom(0, 0x01020304, 0xfffefdfc)
const binary = fc.record({ first: fc.constant(whole), payload, mask })
// Ping, pong, text, and a binary message in two frames with a ping between.
const other = fc
  .record({ first: fc.constantFrom(0x89, 0x8a, 0x81), payload: fc.uint8Array({ maxLength: 125 }), mask })
  .map((frame) => [frame])
const fragments = fc.tuple(payload, fc.uint8Array({ maxLength: 100 }), mask).map(([begin, rest, key]) => [
  { first: 0x02, payload: begin, mask: key },
  { first: 0x89, payload: rest, mask: key },
  { first: 0x80, payload: rest, mask: key },
])
const frames = fc
  .array(fc.oneof({ weight: 3, arbitrary: binary.map((frame) => [frame]) }, other, fragments), { maxLength: 8 })
  .map((groups) => groups.flat())

describe('what a socket reads, cut into messages', () => {
  it('is the messages that were sent, however the bytes came, and all else as it came', () => {
    const property = fc.property(frames, fc.array(fc.nat(200_000), { maxLength: 12 }), fc.boolean(), (sent, cuts, masked) => {
      const wire = joined(sent.map((frame) => encode(frame, masked)))
      const { messages, others } = readThrough(
        wire,
        cuts.toSorted((a, b) => a - b),
        masked,
      )
      assert.deepEqual(
        messages,
        sent.filter(({ first }) => first === whole).map((frame) => frame.payload),
      )
      assert.deepEqual(others, joined(sent.filter(({ first }) => first !== whole).map((frame) => encode(frame, masked))))
    })
    fc.assert(property, { numRuns: 200 })
  })

  it('is the same when every byte comes alone', () => {
    const sent = [200, 3, 70_000].map((length) => ({ first: whole, payload: new Uint8Array(length).fill(length), mask: 0x0a0b0c0d }))
    const wire = joined(sent.map((frame) => encode(frame, true)))
    const { messages } = readThrough(
      wire,
      Array.from(wire, (_, i) => i),
      true,
    )
    assert.deepEqual(
      messages,
      sent.map((frame) => frame.payload),
    )
  })

  it('leaves a message without its mask, with one too many, and one that is too large to whoever judges them', () => {
    const frame = { first: whole, payload: new Uint8Array(10), mask: 1 }
    for (const masked of [true, false]) {
      const wire = encode(frame, !masked)
      const { messages, others } = readThrough(wire, [], masked)
      assert.deepEqual([messages.length, others], [0, wire])
    }
    const large = Uint8Array.of(whole, 127, 0, 0, 0, 0, 0, 2, 0, 1, 42)
    const { messages, others } = readThrough(large, [], false)
    assert.deepEqual([messages.length, others], [0, large])
  })

  it('a binary message in the middle of another is not one', () => {
    const wire = joined([
      encode({ first: 0x02, payload: new Uint8Array(5), mask: 0 }, false),
      encode({ first: whole, payload: new Uint8Array(5), mask: 0 }, false),
    ])
    assert.deepEqual(readThrough(wire, [], false), { messages: [], others: wire })
  })
})
