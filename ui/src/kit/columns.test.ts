import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fitWidths, mergeColumns } from './columns.ts'

const defaults = [
  { key: 'state', width: 120 },
  { key: 'name', width: 200 },
  { key: 'ports', width: 160, shown: false },
]

describe('the columns a person keeps', () => {
  it('are the defaults when nothing was kept, or nothing that can be read', () => {
    for (const kept of [undefined, null, 'x', [null], [{ key: 7 }]])
      assert.deepEqual(
        mergeColumns(kept, defaults).map(({ key, shown }) => [key, shown]),
        [
          ['state', true],
          ['name', true],
          ['ports', false],
        ],
      )
  })

  it('keep order, width and what is hidden; a new column comes last, one that is gone is forgotten', () => {
    const kept = [
      { key: 'gone', shown: true, width: 99 },
      { key: 'name', shown: true, width: 5000 },
      { key: 'state', shown: false, width: Number.NaN },
    ]
    assert.deepEqual(mergeColumns(kept, defaults), [
      { key: 'name', shown: true, width: 900 },
      { key: 'state', shown: false, width: 120 },
      { key: 'ports', shown: false, width: 160 },
    ])
  })
})

describe('the widths of columns', () => {
  const columns = [{ width: 200 }, { width: 90, least: 80 }, { width: 110, least: 110 }]

  it('are as they are where there is room', () => {
    assert.deepEqual(fitWidths(columns, 400), [200, 90, 110])
    assert.deepEqual(fitWidths(columns, 2000), [200, 90, 110])
  })

  it('give way by what each can spare, and fit to the pixel', () => {
    const widths = fitWidths(columns, 360)
    assert.ok(widths.reduce((sum, width) => sum + width, 0) <= 360)
    assert.deepEqual(widths, [165, 84, 110])
  })

  it('are never less than is read, and what a person drew stays', () => {
    assert.deepEqual(fitWidths(columns, 10), [133, 80, 110])
    assert.deepEqual(fitWidths([{ width: 200, drawn: true }, { width: 300 }], 300), [200, 200])
    assert.deepEqual(fitWidths([{ width: 50, least: 60 }], 10), [50])
    assert.deepEqual(fitWidths([], 10), [])
  })
})
