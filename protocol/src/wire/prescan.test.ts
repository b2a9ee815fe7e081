import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { decodeValue, encodeData, encodeValue, msgpackCodec } from './codec.ts'
import { jsonCodec } from './json-codec.ts'
import { MalformedFrame, prescan } from './prescan.ts'

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const nothing = { control: () => undefined, data: () => undefined }

const refused: Record<string, Uint8Array> = {
  'an ext type': bytes('91 d4 01 00'),
  'a timestamp ext': bytes('91 d6 ff 00000000'),
  'the never-used byte c1': bytes('91 c1'),
  'a float32': bytes('91 ca 3f800000'),
  'a map with a number as key': bytes('81 01 02'),
  'a key twice': bytes('82 a1 61 01 a1 61 02'),
  '__proto__ as a key': bytes('81 a9 5f5f70726f746f5f5f 01'),
  'text that is not UTF-8': bytes('91 a2 c328'),
  'an integer beyond 2^53': bytes('91 cf 0020000000000000'),
  'an array longer than the message': bytes('dd ffffffff'),
  'a text longer than the message': bytes('db 0000ffff 61'),
  'a map of four billion': bytes('df ffffffff'),
  'seventeen levels': bytes(`${'91'.repeat(17)} c0`),
  'a megabyte of empty maps in maps': new Uint8Array(65_536).fill(0x81),
  'nothing at all': new Uint8Array(0),
}

describe('the strict scan', () => {
  for (const [name, frame] of Object.entries(refused)) {
    it(`refuses ${name} before any decoder sees it [security 17]`, () => {
      assert.throws(() => prescan(frame, 0), MalformedFrame)
    })
  }

  it('lets through what the encoder writes, and only that far', () => {
    const value = [1, -5, 'text', null, true, 1.5, { a: [1, 2], b: 'c' }, new Uint8Array([1, 2])]
    const encoded = encodeValue(value)
    assert.equal(prescan(encoded, 0), encoded.length)
    assert.throws(() => decodeValue(Uint8Array.from([...encoded, 0])), /something follows/)
  })

  it('never says what the frame held [security 19]', () => {
    const canary = encodeValue([1, 2, 'canary-7f3a', { other: 'canary-7f3a' }])
    for (let at = 0; at < canary.length; at++) {
      const broken = canary.slice()
      broken[at] = 0xc1
      try {
        msgpackCodec.decode(broken, nothing)
      } catch (error) {
        assert.doesNotMatch(String(error), /canary/)
      }
    }
  })
})

describe('decoding', () => {
  it('survives half a million random messages without growing [security 17]', () => {
    const random = lcg(42)
    const scratch = new Uint8Array(96)
    const valid = Buffer.concat([
      encodeValue([1, 1, 'containers.list', { all: true }, { c: 2, w: 262_144 }]),
      encodeData(1, new Uint8Array(30)),
    ])
    globalThis.gc?.()
    const before = process.memoryUsage().heapUsed
    let accepted = 0
    for (let round = 0; round < 500_000; round++) {
      let message: Uint8Array = scratch.subarray(0, 1 + (random() % 95))
      if (round % 3 === 0) {
        message = Uint8Array.from(valid)
        message[random() % message.length] = random() & 0xff
      } else for (let i = 0; i < message.length; i++) message[i] = random() & 0xff
      try {
        msgpackCodec.decode(message, nothing)
        accepted++
      } catch (error) {
        if (!(error instanceof MalformedFrame)) throw error
      }
    }
    assert.ok(accepted > 0)
    assert.ok(process.memoryUsage().heapUsed - before < 16 * 1024 * 1024)
  })

  it('gives back every frame as it was, however frames share messages', () => {
    const field = fc.oneof(fc.integer(), fc.string({ unit: 'grapheme' }), fc.boolean(), fc.constant(null))
    const control = fc.tuple(
      fc.constantFrom(4, 6, 18),
      fc.nat(2 ** 31),
      fc.dictionary(
        fc.string({ minLength: 1 }).filter((key) => key !== '__proto__'),
        field,
      ),
    )
    fc.assert(
      fc.property(fc.array(control, { minLength: 1, maxLength: 20 }), (frames) => {
        for (const codec of [msgpackCodec, jsonCodec]) {
          const seen: unknown[] = []
          const writer = codec.writer((message) => codec.decode(message, { ...nothing, control: (frame) => seen.push(frame) }))
          for (const frame of frames) writer.control(frame)
          writer.flush()
          assert.deepEqual(JSON.parse(JSON.stringify(seen)), JSON.parse(JSON.stringify(frames)))
        }
      }),
      { numRuns: 500 },
    )
  })

  it('refuses JSON that is too deep, too large, or no list of frames [security 17]', () => {
    for (const text of ['', '{}', '[]', '[1]', '[["a"]]', `[[1,${'['.repeat(40)}${']'.repeat(40)}]]`, `[[1,"${'x'.repeat(140_000)}"]]`]) {
      assert.throws(() => jsonCodec.decode(text, nothing), MalformedFrame, text.slice(0, 20))
    }
  })
})

function lcg(seed: number): () => number {
  let state = seed
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) >>> 8
}
