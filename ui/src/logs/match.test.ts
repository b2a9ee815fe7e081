import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { plainLine } from './ansi.ts'
import { parseFilter, type Filter } from './filter.ts'
import { matchBlock, type Block } from './match.ts'

function blockOf(lines: readonly string[]): Block {
  const parts = lines.map((line) => Buffer.from(line))
  let at = 0
  return {
    text: new Uint8Array(Buffer.concat(parts)),
    offsets: Uint32Array.from(parts, ({ length }) => (at += length) - length),
    lengths: Uint32Array.from(parts, ({ length }) => length),
    levels: new Uint8Array(lines.length),
    origins: new Uint8Array(lines.length),
  }
}

const filterOf = (text: string) => parseFilter(text) as Filter
const found = (text: string, lines: readonly string[]) => [...matchBlock(filterOf(text), blockOf(lines))]

describe('matching a block of lines', () => {
  it('finds what stands in a line, and nothing that only two lines make together', () => {
    assert.deepEqual(found('word', ['a word', 'wo', 'rd', 'WORDY', '', 'sword word']), [1, 0, 0, 1, 0, 1])
    assert.deepEqual(found('word x', ['a word', 'x word', 'x']), [0, 1, 0])
    assert.deepEqual(found('word -x', ['a word', 'x word', 'x']), [1, 0, 0])
    assert.deepEqual(found('aa', ['a', 'aaa', 'a', 'a']), [0, 1, 0, 0])
  })

  it('finds a word that a colour cuts in two, and words beyond ASCII', () => {
    assert.deepEqual(found('word', ['wo\u001b[31mrd', 'wo']), [1, 0])
    assert.deepEqual(found('été', ['un ÉTÉ', 'ete', 'İété']), [1, 0, 1])
  })

  it('finds the same as looking at each line by itself', () => {
    const line = fc
      .array(fc.constantFrom('ab', 'a', 'B', ' ', 'é', '\u001b[1m', 'user=ada', '{"a":"b"}'), { maxLength: 6 })
      .map((parts) => parts.join(''))
    const filters = fc.constantFrom('ab', 'a b', 'ab -b', '"a b"', '/a+b/', 'user=ada', 'b user:ada', 'é')
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), filters, (lines, text) => {
        const filter = filterOf(text)
        const alone = lines.map((one) => Number(filter.fits({ text: plainLine(one), level: 0, stream: 0 })))
        assert.deepEqual([...matchBlock(filter, blockOf(lines))], alone)
      }),
      { numRuns: 2000 },
    )
  })
})
