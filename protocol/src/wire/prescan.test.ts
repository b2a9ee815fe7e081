import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { decodeValue, encodeData, encodeValue, msgpackCodec } from './codec.ts'
import { jsonCodec } from './json-codec.ts'
import { limits } from './limits.ts'
import { MalformedFrame, prescan } from './prescan.ts'
import { lcg } from './test-peer.ts'

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const nothing = { control: () => undefined, data: () => undefined }

/** Entries k0, k1, ... each with 1, as they stand in a map. */
const keys = (count: number) =>
  Array.from({ length: count }, (_, n) => `${n < 10 ? 'a2' : 'a3'}${Buffer.from(`k${n}`).toString('hex')}01`).join('')

const refused: Record<string, Uint8Array> = {
  'an ext type': bytes('91 d4 01 00'),
  'a timestamp ext': bytes('91 d6 ff 00000000'),
  'the never-used byte c1': bytes('91 c1'),
  'a float32': bytes('91 ca 3f800000'),
  'a map with a number as key': bytes('81 01 02'),
  'a key twice': bytes('82 a1 61 01 a1 61 02'),
  'a key twice, the second after eight others': bytes(`8a ${keys(9)} a2 6b30 01`),
  'a key twice, the second after forty others': bytes(`de 002a ${keys(41)} a2 6b30 01`),
  '__proto__ as a key': bytes('81 a9 5f5f70726f746f5f5f 01'),
  '__proto__ as the last of many keys': bytes(`de 002a ${keys(41)} a9 5f5f70726f746f5f5f 01`),
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

  const most: readonly (readonly [title: string, fits: Uint8Array, not: Uint8Array])[] = [
    ['sixteen levels [limit depth]', levels(limits.depth), levels(limits.depth + 1)],
    ['4,096 items [limit arrayItems]', encodeValue(Array(4096).fill(1)), encodeValue(Array(4097).fill(1))],
    ['1,024 entries [limit mapEntries]', encodeValue(entries(1024)), encodeValue(entries(1025))],
    ['64 KiB of text or bytes [limit stringBytes]', encodeValue('x'.repeat(65_536)), encodeValue(new Uint8Array(65_537))],
    ['20,000 values [limit nodes]', encodeValue(lists(20_000)), encodeValue(lists(20_001))],
  ]
  for (const [title, fits, not] of most) {
    it(`lets a frame have ${title} and not one more [security 17]`, () => {
      assert.equal(prescan(fits, 0), fits.length)
      assert.throws(() => prescan(not, 0), MalformedFrame)
    })
  }

  it('lets a large answer have two million values, 16 MiB of text, 100,000 items, and not one more [limit largeReply.nodes largeReply.stringBytes largeReply.arrayItems]', () => {
    const { nodes, stringBytes, arrayItems } = limits.largeReply
    const list = (items: number) => Uint8Array.from([0xdd, items >>> 24, items >>> 16, items >>> 8, items, ...new Uint8Array(items)])
    const text = (bytes: number) =>
      Buffer.concat([Buffer.from([0xdb, bytes >>> 24, bytes >>> 16, bytes >>> 8, bytes]), Buffer.alloc(bytes, 'x')])
    const grid = (rows: number, rest: number) =>
      Buffer.concat([Buffer.from([0xdc, 0, rows + 1]), ...Array(rows).fill(list(99_999)), list(rest)])
    decodeValue(list(arrayItems))
    assert.throws(() => decodeValue(list(arrayItems + 1)), MalformedFrame)
    decodeValue(text(stringBytes))
    assert.throws(() => decodeValue(text(stringBytes + 1)), MalformedFrame)
    // Nineteen rows of 100,000 values with themselves; the outer list and the last row's own take two more.
    decodeValue(grid(19, nodes - 1_900_000 - 2))
    assert.throws(() => decodeValue(grid(19, nodes - 1_900_000 - 1)), MalformedFrame)
  })

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
        { maxKeys: 60 },
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

  it('says nothing of what broken JSON held [security 19]', () => {
    const whole = '[[1,1,"canary-7f3a",{"canary-7f3a":[1]},{}]]'
    for (let at = 0; at < whole.length; at++) {
      for (const broken of [whole.slice(0, at), `${whole.slice(0, at)}~${whole.slice(at + 1)}`]) {
        try {
          jsonCodec.decode(broken, nothing)
        } catch (error) {
          assert.ok(error instanceof MalformedFrame)
          assert.doesNotMatch(`${error.message}${String(error.cause)}`, /canary/)
        }
      }
    }
  })

  it('refuses JSON that is too deep, too large, or no list of frames [security 17]', () => {
    for (const text of ['', '{}', '[]', '[1]', '[["a"]]', `[[1,${'['.repeat(40)}${']'.repeat(40)}]]`, `[[1,"${'x'.repeat(140_000)}"]]`]) {
      assert.throws(() => jsonCodec.decode(text, nothing), MalformedFrame, text.slice(0, 20))
    }
  })
})

function levels(count: number): Uint8Array {
  return Uint8Array.from([...Array<number>(count).fill(0x91), 0xc0])
}

function entries(count: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]))
}

/** So many values in all, in lists of no more than 4,000. */
function lists(count: number): number[][] {
  const inner = count - 1
  const full = Math.floor(inner / 4001)
  return [...Array.from({ length: full }, () => Array<number>(4000).fill(1)), Array<number>(inner - full * 4001 - 1).fill(1)]
}
