import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FleetRow } from '@fairlead/protocol/features/fleet.ts'
import type { Entry } from './rows.ts'
import { wholeSight } from '../base/sight.ts'
import { makeView } from './views.ts'

function entryOf(n: number, status: string): Entry {
  const row = {
    id: `b${n}`,
    kind: 'boat',
    host: 'h1',
    hostName: 'harbour',
    name: `boat-${n}`,
    state: 'ok',
    status,
    tags: [],
    links: [],
    facts: {},
  }
  return { key: `h1\0b${n}`, row: row as unknown as FleetRow, words: { text: undefined }, bytes: 0 }
}

describe('a view that lets little through', () => {
  // It was made anew, over all rows, for each handful of changes anywhere: a list that showed nothing cost a hub the most.
  it('looks only at the rows that changed', () => {
    const rows = new Map(Array.from({ length: 1000 }, (_, n) => [`h1\0b${n}`, entryOf(n, 'moored')]))
    let walks = 0
    const walk = rows[Symbol.iterator].bind(rows)
    rows[Symbol.iterator] = () => {
      walks++
      return walk()
    }
    const view = makeView({ kind: 'boat', filter: 'state:sunk', sort: ['name'], sight: wholeSight, entries: () => rows })
    assert.equal(view.size, 0)
    for (let n = 0; n < 100; n++) {
      rows.set(`h1\0b${n}`, entryOf(n, n === 7 ? 'sunk' : 'at sea'))
      view.touch(`h1\0b${n}`)
    }
    assert.deepEqual(
      view.slice(0, 10).map(({ name }) => name),
      ['boat-7'],
    )
    assert.equal(walks, 1)
  })
})
