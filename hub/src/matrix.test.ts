import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, describe, it } from 'node:test'
import { hubFeatures } from '@fairlead/protocol/features/hub.ts'
import { publicEndpoints } from './base/access.ts'
import { makeMatrix, matrixFile } from './test-matrix.ts'

describe('the matrix of who may do what', () => {
  let text = ''
  let people: string[] = []
  const rows = new Map<string, Map<string, string>>()
  before(async () => {
    text = await makeMatrix()
    const [, , head = '', ...lines] = text.trimEnd().split('\n')
    people = head.trim().split(/\s+/)
    for (const line of lines) {
      const [name = '', what = ''] = line.slice(0, 34).trim().split(' ')
      const cells = line.slice(34).trim().split(/\s+/)
      rows.set(`${name} ${what}`.trim(), new Map(people.map((person, at) => [person, cells[at]!])))
    }
  })

  it('is as it was read and agreed to; whoever changes it writes it anew and shows the difference [security 3]', () => {
    assert.equal(text, readFileSync(matrixFile, 'utf8'), 'node hub/src/test-matrix.ts writes hub/src/matrix.txt anew')
  })

  it('has every operation, and no answer but the four [security 3]', () => {
    const asked = new Set([...rows.keys()].map((row) => row.split(' ')[0]))
    const all = Object.entries(hubFeatures).flatMap(([feature, api]) => Object.keys(api).map((name) => `${feature}.${name}`))
    assert.deepEqual([...asked].sort(), all.sort())
    for (const [row, cells] of rows) for (const [person, cell] of cells) assert.match(cell, /^(\+\*?|-|\?|0)$/, `${row} ${person}`)
  })

  it('lets nobody in but where strangers may come, and lets no one at what is another organization’s [security 2 4 105]', () => {
    for (const [row, cells] of rows) {
      const [name = '', what] = row.split(' ')
      assert.equal(cells.get('nobody'), publicEndpoints.has(name) ? '+' : '0', row)
      for (const [person, cell] of cells) {
        if (what === 'foreign' && person !== 'foreign') assert.doesNotMatch(cell, /\+/, `${row} ${person}`)
        if (what === 'own' && person === 'foreign') assert.doesNotMatch(cell, /\+/, row)
      }
    }
  })

  it('answers for another’s things as for what is not there [security 7]', () => {
    for (const [row, cells] of rows) {
      const [name = '', what] = row.split(' ')
      if (what !== 'foreign') continue
      const absent = rows.get(`${name} absent`)!
      for (const [person, cell] of cells) if (person !== 'foreign') assert.equal(cell, absent.get(person), `${row} ${person}`)
    }
  })

  it('gives a narrower role nothing that a wider one has not', () => {
    const wider = { admin: 'owner', operator: 'admin', developer: 'operator', viewer: 'developer', 'developer@host': 'developer' } as const
    for (const [row, cells] of rows)
      for (const [narrow, wide] of Object.entries(wider))
        if (cells.get(narrow)!.startsWith('+')) assert.ok(cells.get(wide)!.startsWith('+'), `${row}: ${narrow} and not ${wide}`)
  })
})
