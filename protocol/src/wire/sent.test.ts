import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { limits } from './limits.ts'
import { Sent } from './sent.ts'
import { inSlab } from './slabs.ts'
import { spoilSlabs } from './test-lending.ts'

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ push: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 20_000 })) }) },
  { weight: 3, arbitrary: fc.record({ cuts: fc.array(fc.integer({ min: 1, max: 16_000 }), { minLength: 1, maxLength: 5 }) }) },
  { weight: 2, arbitrary: fc.record({ confirm: fc.double({ min: 0, max: 1, noNaN: true }) }) },
  { weight: 1, arbitrary: fc.record({ again: fc.double({ min: 0, max: 1, noNaN: true }) }) },
)

describe('what is kept for a resume', () => {
  for (const whole of [false, true]) {
    it(`gives back exactly what follows any offset that was not confirmed, ${whole ? 'item by item' : 'as bytes'} [security 158]`, () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
          const sum = { bytes: 0 }
          const sent = new Sent(0, sum)
          let all = Buffer.alloc(0)
          let ends: number[] = []
          let next = 0
          const push = (bytes: Uint8Array, meant = bytes) => {
            sent.push(bytes, whole)
            all = Buffer.concat([all, meant])
            ends.push(all.length)
          }
          const confirm = (offset: number, rest?: Uint8Array) => {
            sent.confirm(offset, rest === undefined || rest.length === 0 ? undefined : rest)
            spoilSlabs()
          }
          for (const one of steps) {
            if ('push' in one) push(Uint8Array.from({ length: one.push }, () => next++ & 0xff))
            // A payload whose memory is used again, sent slice by slice; small ones between large ones too.
            if ('cuts' in one && !whole) {
              const meant = Uint8Array.from({ length: 32 * 1024 }, () => next++ & 0xff)
              const payload = inSlab(meant)
              let at = 0
              for (const end of [...one.cuts.map((cut) => Math.min(at + cut, payload.length - 1)), payload.length]) {
                if (end <= at) continue
                push(payload.subarray(at, end), meant.subarray(at, end))
                at = end
                if (at % 3 < 2)
                  confirm(at % 3 === 0 ? all.length : sent.from + Math.floor((all.length - sent.from) / 2), payload.subarray(at))
              }
            }
            // Places that a peer can stand at: anywhere, or between items.
            const at = (part: number) => {
              const places = ends.filter((end) => end >= sent.from)
              const most = all.length - sent.from
              return whole ? (places[Math.floor(part * (places.length - 1))] ?? sent.from) : sent.from + Math.floor(part * most)
            }
            if ('confirm' in one) {
              const offset = at(one.confirm)
              confirm(offset)
              assert.ok(sent.from <= offset)
              assert.ok(offset - sent.from < 32 * 1024)
            }
            if ('again' in one) {
              const offset = at(one.again)
              const pieces = sent.after(offset)
              // Not told in full what differs: that takes longer than all else.
              assert.ok(Buffer.concat(pieces).equals(all.subarray(offset)))
              if (whole)
                assert.deepEqual(
                  pieces.map(({ length }) => length),
                  ends.filter((end) => end > offset).map((end, i, list) => end - (list[i - 1] ?? offset)),
                )
              all = all.subarray(0, offset)
              ends = ends.filter((end) => end <= offset)
              // They are sent again, and kept again.
              for (const piece of pieces) push(piece)
            }
            assert.equal(sent.bytes, all.length - sent.from)
            assert.equal(sum.bytes, sent.bytes)
          }
          sent.clear()
          assert.equal(sum.bytes, 0)
        }),
        { numRuns: 400, seed: 11 },
      )
    })
  }

  it('gathers keys: 64 Ki of them take eight pieces of memory, not one each', () => {
    const sent = new Sent(0)
    for (let i = 0; i < 64 * 1024; i++) sent.push(new Uint8Array(1), false)
    assert.equal(sent.bytes, 64 * 1024)
    assert.equal(new Set(sent.after(0).map(({ buffer }) => buffer)).size, 8)
  })

  it('does not keep a large buffer for a small piece of it', () => {
    const sent = new Sent(0)
    const large = new Uint8Array(1024 * 1024)
    sent.push(large.subarray(0, limits.sliceBytes), false)
    assert.equal(sent.after(0)[0]!.buffer.byteLength, limits.sliceBytes)
  })
})
