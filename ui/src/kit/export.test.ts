import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toCsv, toTabs } from './export.ts'

const columns = [
  { name: 'Name', text: (row: readonly string[]) => row[0]! },
  { name: 'Image', text: (row: readonly string[]) => row[1]! },
]

describe('an exported list', () => {
  it('never hands a spreadsheet a formula that somebody wrote into a name', () => {
    const rows = ['=1+1', '+1', '-1', '@sum', '\tx', '\rx'].map((name) => [name, 'plain'])
    const lines = toCsv(rows, columns).split('\r\n').slice(1, -1)
    assert.deepEqual(lines, ["'=1+1,plain", "'+1,plain", "'-1,plain", "'@sum,plain", "'\tx,plain", '"\'\rx",plain'])
  })

  it('keeps commas, quotes and line ends inside their cell', () => {
    assert.equal(toCsv([['a,b', 'say "hi"\nthere']], columns), 'Name,Image\r\n"a,b","say ""hi""\nthere"\r\n')
  })

  it('copies one line a row, whatever a cell holds', () => {
    assert.equal(toTabs([['=x\ty', 'two\nlines']], columns), "Name\tImage\n'=x y\ttwo lines")
  })
})
