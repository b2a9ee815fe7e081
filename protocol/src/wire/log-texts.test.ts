import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeLogLines, logPieceBytes, writeLogPiece } from './log-batch.ts'
import { createLogTexts } from './log-texts.ts'

function piece(text: Uint8Array | string, source = 0): Uint8Array {
  const bytes = Buffer.from(text as string)
  const item = new Uint8Array(logPieceBytes(bytes.length))
  item.set(bytes, logPieceBytes(0))
  writeLogPiece(item, { timeMs: 1, source })
  return item
}

describe('lines as somebody reads them', () => {
  it('are those of what was written, wherever it was cut', () => {
    const written = Buffer.from('one\r\ntwo é😀\n\nlast')
    const wanted = ['one', 'two é😀', '', 'last']
    for (let cut = 0; cut <= written.length; cut++) {
      const texts = createLogTexts()
      let begun = ''
      const lines: string[] = []
      for (const part of [written.subarray(0, cut), written.subarray(cut)])
        for (const { text, goesOn } of part.length === 0 ? [] : texts(piece(part))) {
          begun += text
          if (!goesOn) lines.push(begun.replace('\r', ''))
          if (!goesOn) begun = ''
        }
      assert.deepEqual([...lines, begun], wanted, `cut at ${cut}`)
    }
  })

  it('of two outputs do not run into one another', () => {
    const texts = createLogTexts()
    const half = Buffer.from('é')
    const found = [piece(half.subarray(0, 1)), piece('error\n', 1), piece(half.subarray(1))].flatMap((item) => texts(item))
    assert.deepEqual(
      found.map(({ source, text, goesOn }) => [source, text, goesOn]),
      [
        [1, 'error', false],
        [0, 'é', true],
      ],
    )
  })

  it('of a log are its lines', () => {
    const text = Buffer.from('ab')
    const batch = encodeLogLines({
      count: 2,
      times: Float64Array.of(5, 6),
      sources: Uint8Array.of(0, 2),
      levels: Uint8Array.of(4, 0),
      lengths: Uint32Array.of(1, 1),
      text,
    })
    assert.deepEqual(createLogTexts()(batch), [
      { timeMs: 5, source: 0, level: 4, text: 'a', goesOn: false },
      { timeMs: 6, source: 2, level: 0, text: 'b', goesOn: false },
    ])
  })
})
