import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { mergeColumns } from './columns.ts'

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
