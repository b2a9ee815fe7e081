import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeLogLines, goesOnBit } from '@fairlead/protocol/wire/log-batch.ts'
import { createLineWriter } from './log-file.ts'

const linesOf = (batch: Uint8Array, timestamps: boolean) => createLineWriter(timestamps)(batch)

function batchOf(lines: readonly (readonly [timeMs: number, text: string | Uint8Array, source?: number])[]): Uint8Array {
  const texts = lines.map(([, text]) => Buffer.from(text as string))
  return encodeLogLines({
    count: lines.length,
    times: Float64Array.from(lines, ([timeMs]) => timeMs),
    sources: Uint8Array.from(lines, ([, , source = 0]) => source),
    levels: new Uint8Array(lines.length),
    lengths: Uint32Array.from(texts, ({ length }) => length),
    text: Buffer.concat(texts),
  })
}

describe('a log as a file', () => {
  it('has each line with its bytes as they are, also those that are no text, and its end', () => {
    const batch = batchOf([
      [1, 'one'],
      [2, ''],
      [3, Uint8Array.of(0xff, 0x00, 0x1b)],
    ])
    assert.deepEqual(linesOf(batch, false), Buffer.from('one\n\n\xff\x00\x1b\n', 'latin1'))
  })

  it('has the parts of a long line in one line, over batches too, unless the other output spoke in between', () => {
    const write = createLineWriter(true)
    const part = (timeMs: number, text: string, source: number) => Buffer.from(write(batchOf([[timeMs, text, source]]))).toString()
    assert.equal(part(0, 'a', goesOnBit), '1970-01-01T00:00:00.000000Z a')
    assert.equal(part(0, 'b', goesOnBit), 'b')
    assert.equal(part(0, 'c', 0), 'c\n')
    assert.equal(part(1, 'd', goesOnBit), '1970-01-01T00:00:00.001000Z d')
    assert.equal(part(2, 'wrong', 1), '\n1970-01-01T00:00:00.002000Z wrong\n')
    assert.equal(part(1, 'e', 0), '1970-01-01T00:00:00.001000Z e\n')
  })

  it('has no line of an empty batch', () => assert.equal(linesOf(batchOf([]), true).length, 0))

  for (const [timeMs, stamp] of [
    [Date.UTC(2026, 10, 21, 14, 5, 30, 123) + 0.5, '2026-11-21T14:05:30.123500Z'],
    [Date.UTC(2026, 10, 21, 14, 5, 30, 999) + 0.99975, '2026-11-21T14:05:31.000000Z'],
    [0, '1970-01-01T00:00:00.000000Z'],
    [-1, '1969-12-31T23:59:59.999000Z'],
    [Number.NaN, '0000-00-00T00:00:00.000000Z'],
    [1e300, '0000-00-00T00:00:00.000000Z'],
    [Date.UTC(12_000, 0), '0000-00-00T00:00:00.000000Z'],
  ] as const)
    it(`writes ${timeMs} ms as ${stamp}`, () =>
      assert.equal(Buffer.from(linesOf(batchOf([[timeMs, 'é']]), true)).toString(), `${stamp} é\n`))
})
