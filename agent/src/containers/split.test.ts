import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { mostPieceBytes } from '@fairlead/protocol/wire/log-batch.ts'
import { createSplitter, type Wrapping } from './split.ts'

const stamp = '2026-11-21T01:02:03.456789012Z '
const other = '2026-11-21T01:02:04Z '

function split(bytes: Buffer, wrapping: Wrapping, cuts: readonly number[] = []) {
  const splitter = createSplitter(wrapping)
  const lines: { source: number; text: string; goesOn: boolean; timeMs: number }[] = []
  const take = (line: Parameters<Parameters<typeof splitter.push>[1]>[0]) =>
    lines.push({ timeMs: line.timeMs, source: line.source, goesOn: line.goesOn, text: line.bytes.toString('latin1', line.from, line.to) })
  let at = 0
  for (const cut of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
    if (cut > at) splitter.push(Buffer.from(bytes.subarray(at, Math.min(cut, bytes.length))), take)
    at = Math.max(at, Math.min(cut, bytes.length))
  }
  splitter.end(take)
  return lines
}

const wrap = {
  chunks: (pieces: readonly string[]) =>
    Buffer.from(`${pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join('')}0\r\n\r\n`, 'latin1'),
  frames: (pieces: readonly string[]) =>
    Buffer.concat(
      pieces.map((piece) => {
        const head = Buffer.alloc(8)
        head[0] = 1
        head.writeUInt32BE(piece.length, 4)
        return Buffer.concat([head, Buffer.from(piece, 'latin1')])
      }),
    ),
}

describe('what an engine says of a log', () => {
  for (const wrapping of ['chunks', 'frames'] as const) {
    it(`in ${wrapping} loses the times of the engine, and no text that looks like one`, () => {
      const pieces = [
        `${stamp}first ${stamp}x`,
        `${stamp}${stamp}second`,
        `${other}${other}third\r\n`,
        `${stamp}next\n`,
        // No piece of an engine begins without: nothing is taken from one that does.
        `${stamp}a`,
        `no time b\n`,
      ]
      const texts = split(wrap[wrapping](pieces), wrapping).map(({ text }) => text)
      assert.deepEqual(texts, [`first ${stamp}x${stamp}second${other}third`, 'next', 'ano time b'])
    })

    it(`in ${wrapping} is the same lines and the same parts, wherever it was cut`, () => {
      const text = fc.integer({ min: 0, max: 3 * mostPieceBytes }).map((length) => 'xyz\xc3\xa9'.repeat(length).slice(0, length))
      const end = fc.constantFrom('\n', '\r\n', '\r\r\n')
      const around = fc.constantFrom(-2, -1, 0, 1, 2).map((more) => 'w'.repeat(mostPieceBytes + more))
      const lines = fc.array(fc.tuple(fc.oneof(text, around), end), { minLength: 1, maxLength: 4 })
      const property = fc.property(
        lines,
        fc.array(fc.nat(200_000), { maxLength: 12 }),
        fc.integer({ min: 1, max: 16_384 }),
        (all, at, size) => {
          const pieces = all.flatMap(([line, ending]) => piecesOf(line + ending, size))
          const bytes = wrap[wrapping](pieces)
          const whole = split(bytes, wrapping)
          assert.deepEqual(split(bytes, wrapping, at), whole)
          assert.ok(whole.every(({ text: part }) => part.length <= mostPieceBytes))
          let lines = ''
          for (const { text: part, goesOn } of whole) lines += goesOn ? part : `${part}\n`
          assert.equal(lines, all.map(([line, ending]) => `${line}${ending.slice(0, -1).replace(/\r$/, '')}\n`).join(''))
        },
      )
      fc.assert(property, { numRuns: 30 })
    })
  }

  it('is cut into parts between characters, all of the time of their line', () => {
    const line = `x${'é'.repeat(mostPieceBytes)}`
    const lines = split(Buffer.from(`${stamp}${line}\n`), 'bare')
    assert.deepEqual(
      lines.map(({ text, goesOn }) => [text.length, goesOn]),
      [
        [mostPieceBytes - 1, true],
        [mostPieceBytes, true],
        [2, false],
      ],
    )
    assert.equal(Buffer.from(lines.map(({ text }) => text).join(''), 'latin1').toString(), line)
    assert.equal(new Set(lines.map(({ timeMs }) => timeMs)).size, 1)
  })

  it('is refused where a chunk has no size, or a frame more than is held', () => {
    assert.throws(() => split(Buffer.from('zz\r\nabc\r\n'), 'chunks'), { code: 'bad_upstream' })
    assert.throws(() => split(Buffer.from('-5\r\nabc\r\n'), 'chunks'), { code: 'bad_upstream' })
    assert.throws(() => split(Buffer.from('0'.repeat(5000)), 'chunks'), { code: 'bad_upstream' })
    assert.throws(() => split(Buffer.from('7fffffff\r\nabc'), 'chunks'), { code: 'bad_upstream' })
    assert.throws(() => split(Buffer.from([1, 0, 0, 0, 0x7f, 0, 0, 0, 1]), 'frames'), { code: 'bad_upstream' })
  })
})

/** As Docker does: so many bytes of text at once, each time behind the line's own time. */
function piecesOf(line: string, size: number): string[] {
  const pieces: string[] = []
  const text = line.slice(0, -1)
  for (let at = 0; at < text.length; at += size) pieces.push(stamp + text.slice(at, at + size))
  if (pieces.length === 0) pieces.push(stamp)
  return [...pieces.slice(0, -1), `${pieces.at(-1)}\n`]
}
