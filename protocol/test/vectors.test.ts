import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { msgpackCodec } from '../src/wire/codec.ts'
import { MalformedFrame } from '../src/wire/prescan.ts'

interface Vector {
  readonly name: string
  readonly hex: string
  /** Bytes are `{ "$hex": ".." }`. */
  readonly frames: readonly (readonly [type: number, ...fields: unknown[]])[]
}

const read = <T>(name: string): T => JSON.parse(readFileSync(new URL(`vectors/${name}.json`, import.meta.url), 'utf8')) as T
const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'))

/** Every implementation of the wire reads these files. */
describe('the vectors', () => {
  for (const { name, hex, frames } of read<Vector[]>('frames')) {
    it(`${name}: these bytes mean this, and this is written as these bytes`, () => {
      assert.deepEqual(decode(bytesOf(hex)), frames)
      let written = ''
      const writer = msgpackCodec.writer((message) => (written += Buffer.from(message as Uint8Array).toString('hex')))
      for (const [type, ...fields] of restore(frames) as [number, ...unknown[]][]) {
        if (type === 2) writer.data(fields[0] as number, fields[1] as Uint8Array)
        else writer.control([type, ...fields])
      }
      writer.flush()
      assert.equal(written, hex)
    })
  }

  it('hold at least forty messages that are refused [security 17]', () => {
    assert.ok(new Set(read<Vector[]>('refused').map(({ hex }) => hex)).size >= 40)
  })

  it('a megabyte of maps within maps is refused at its first levels [security 17]', () => {
    assert.throws(() => decode(new Uint8Array(1024 * 1024).fill(0x81)), MalformedFrame)
    assert.throws(() => decode(new Uint8Array(1024 * 1024).fill(0x91)), MalformedFrame)
  })

  for (const { name, hex } of read<Vector[]>('refused')) {
    it(`${name}: refused [security 17]`, () => {
      assert.throws(() => decode(bytesOf(hex)), MalformedFrame)
    })
  }
})

function decode(message: Uint8Array): unknown[] {
  const seen: unknown[] = []
  msgpackCodec.decode(message, {
    control: (control) => seen.push(plain(control)),
    data: (sid, payload) => seen.push([2, sid, plain(payload)]),
  })
  return seen
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $hex: Buffer.from(value).toString('hex') }
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plain(field)]))
}

function restore(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(restore)
  if (typeof value !== 'object' || value === null) return value
  if ('$hex' in value) return bytesOf(String(value.$hex))
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, restore(field)]))
}
