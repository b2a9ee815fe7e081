import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { InventoryChange, Row } from '@fairlead/protocol/features/inventory.ts'
import { openInventory, type Query } from './inventory.ts'
import { inventoryLimits } from './rows.ts'

const acme = 'acme'

/** A kind that no agent has: what holds for it holds for whatever comes. */
function boat(id: string, more: Partial<Row> = {}): Row {
  return { id, name: id, state: 'ok', status: 'sailing', detail: '', tags: [], links: [], facts: {}, createdMs: 0, sinceMs: 0, ...more }
}

function change(set: Row[], more: Partial<InventoryChange> = {}): InventoryChange {
  return { kind: 'boat', reset: false, done: false, set, unset: [], ...more }
}

const query = (more: Partial<Query> = {}): Query => ({ kind: 'boat', filter: '', sort: ['name'], offset: 0, limit: 200, ...more })

function withBoats(...boats: Row[]) {
  const inventory = openInventory()
  inventory.apply(acme, 'h1', 'port', change(boats, { reset: true, done: true }))
  const ids = (more: Partial<Query> = {}) => inventory.page(acme, query(more)).rows.map(({ id }) => id)
  return { inventory, ids }
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function heapAfter(work: () => void): number {
  collect()
  const before = process.memoryUsage().heapUsed
  work()
  collect()
  return process.memoryUsage().heapUsed - before
}

describe('rows', () => {
  it('are kept for a kind that nobody here has heard of, with their links and facts', () => {
    const { inventory } = withBoats(boat('b1', { links: [{ rel: 'harbour', kind: 'harbour', id: 'north' }], facts: { masts: 2 } }))
    const [row] = inventory.page(acme, query({ filter: 'harbour:north' })).rows
    assert.equal(row?.kind, 'boat')
    assert.equal(row?.hostName, 'port')
    assert.deepEqual(row?.links, [{ rel: 'harbour', kind: 'harbour', id: 'north' }])
    assert.deepEqual(row?.facts, { masts: 2 })
  })

  it('of one kind are not among those of another with the same ids', () => {
    const { inventory, ids } = withBoats(boat('b1'))
    inventory.apply(acme, 'h1', 'port', { ...change([boat('b1', { name: 'a container' })]), kind: 'container' })
    assert.equal(inventory.page(acme, query()).rows[0]?.name, 'b1')
    assert.deepEqual(ids(), ['b1'])
    assert.deepEqual(inventory.counts(acme, 'h1'), { boat: 1, container: 1 })
  })

  it('belong to the host whose link told them, whatever they say themselves [security 20]', () => {
    const { inventory } = withBoats(boat('b1'))
    const forged = { ...boat('b1', { name: 'forged' }), host: 'h1', hostName: 'port', kind: 'container' } as Row
    inventory.apply(acme, 'h2', 'evil', change([forged], { reset: true, done: true }))
    const told = () => inventory.page(acme, query()).rows.map(({ host, hostName, kind, name }) => [host, hostName, kind, name])
    assert.deepEqual(told(), [
      ['h1', 'port', 'boat', 'b1'],
      ['h2', 'evil', 'boat', 'forged'],
    ])
    inventory.apply(acme, 'h2', 'evil', change([], { unset: ['b1'] }))
    assert.deepEqual(told(), [['h1', 'port', 'boat', 'b1']])
  })

  it('are refused when they weigh too much, alone or together, in bytes and not in letters [security 22]', () => {
    const { inventory, ids } = withBoats()
    const heavy = (id: string, text: string) =>
      boat(id, { facts: Object.fromEntries(Array.from({ length: 15 }, (_, n) => [`f${n}`, text])) })
    // Half as many letters as the limit has bytes, and three times as many bytes.
    assert.equal(inventory.apply(acme, 'h1', 'port', change([heavy('wide', '☃'.repeat(500))])).refused, 1)
    const row = heavy('b', 'x'.repeat(1000))
    const bytes = JSON.stringify(row).length + 4
    const most = Math.floor(inventoryLimits.bytesPerHost / bytes)
    const rows = Array.from({ length: most + 10 }, (_, n) => ({ ...row, id: `b${10_000 + n}` }))
    const { refused } = inventory.apply(acme, 'h1', 'port', change(rows))
    assert.ok(refused >= 10 && refused < 20, `${refused}`)
    assert.equal(inventory.apply(acme, 'h2', 'other', change([{ ...row, id: 'b1' }])).refused, 0)
    inventory.apply(acme, 'h1', 'port', change([], { unset: rows.map(({ id }) => id) }))
    assert.equal(inventory.apply(acme, 'h1', 'port', change([row])).refused, 0)
    assert.deepEqual(ids(), ['b', 'b1'])
  })

  it('cost no memory by snapshots that are begun and never done [security 22]', () => {
    const { inventory } = withBoats(boat('b1'))
    const letters = (n: number) => [...String(n)].map((digit) => 'abcdefghij'[Number(digit)]).join('')
    const grown = heapAfter(() => {
      for (let n = 0; n < 200_000; n++) inventory.apply(acme, 'h1', 'port', { ...change([], { reset: true }), kind: `k-${letters(n)}` })
      inventory.apply(acme, 'h1', 'port', change([], { reset: true }))
      for (let n = 0; n < 200_000; n++) {
        inventory.apply(acme, 'h1', 'port', change([boat(`of-the-moment-${n}`)]))
        inventory.apply(acme, 'h1', 'port', change([], { unset: [`of-the-moment-${n}`] }))
      }
    })
    assert.ok(grown < 8 * 2 ** 20, `${Math.round(grown / 2 ** 20)} MiB`)
    assert.deepEqual(inventory.counts(acme, 'h1'), { boat: 1 })
  })

  it('of one organization are seen by no other', () => {
    const { inventory } = withBoats(boat('b1'))
    assert.equal(inventory.page('other', query()).totals.all, 0)
    assert.deepEqual(inventory.find('other', 'b1', 5), [])
    assert.deepEqual(inventory.counts('other', 'h1'), {})
    inventory.hostGone('other', 'h1')
    assert.equal(inventory.page(acme, query()).totals.all, 1)
  })

  it('that a snapshot in pieces does not name again are gone when it is done, not before', () => {
    const { inventory, ids } = withBoats(boat('b1'), boat('b2'), boat('b3'))
    inventory.apply(acme, 'h1', 'port', change([boat('b1')], { reset: true }))
    assert.deepEqual(ids(), ['b1', 'b2', 'b3'])
    inventory.apply(acme, 'h1', 'port', change([boat('b3')], { done: true }))
    assert.deepEqual(ids(), ['b1', 'b3'])
  })

  it('survive a snapshot that the link cut off', () => {
    const { inventory, ids } = withBoats(boat('b1'), boat('b2'))
    inventory.apply(acme, 'h1', 'port', change([boat('b1')], { reset: true }))
    inventory.hostOffline(acme, 'h1', 1000)
    inventory.apply(acme, 'h1', 'port', change([], { done: true }))
    assert.deepEqual(ids(), ['b1', 'b2'])
  })

  it('of an offline host stay, marked with when they were last true, until the host names them again', () => {
    const { inventory } = withBoats(boat('b1'), boat('b2'))
    inventory.hostOffline(acme, 'h1', 1000)
    const off = inventory.page(acme, query())
    assert.deepEqual(
      off.rows.map(({ staleMs }) => staleMs),
      [1000, 1000],
    )
    assert.deepEqual([off.totals.stale, off.totals.offlineHosts], [2, ['port']])
    inventory.apply(acme, 'h1', 'port', change([boat('b2')], { reset: true, done: true }))
    const on = inventory.page(acme, query())
    assert.deepEqual(
      on.rows.map(({ id, staleMs }) => [id, staleMs]),
      [['b2', undefined]],
    )
    assert.equal(on.totals.stale, 0)
  })

  it('carry the new name of a renamed host, and none when it is gone', () => {
    const { inventory, ids } = withBoats(boat('b1'))
    inventory.hostRenamed(acme, 'h1', 'harbour')
    assert.equal(inventory.page(acme, query({ filter: 'host:harbour' })).rows[0]?.hostName, 'harbour')
    inventory.hostGone(acme, 'h1')
    assert.deepEqual(ids(), [])
    assert.equal(inventory.page(acme, query()).totals.all, 0)
  })

  it('more than a host may have are refused and counted, and the rest stays right', () => {
    const inventory = openInventory()
    let refused = 0
    for (let at = 0; at < inventoryLimits.rowsPerHost + 1500; at += 1000) {
      const set = Array.from({ length: 1000 }, (_, index) => boat(`b${at + index}`))
      refused += inventory.apply(acme, 'evil', 'evil', change(set, { reset: at === 0 })).refused
    }
    assert.equal(inventory.page(acme, query()).totals.all, inventoryLimits.rowsPerHost)
    assert.equal(refused, 2000)
    assert.equal(inventory.apply(acme, 'h1', 'port', change([boat('b1')])).refused, 0)
  })

  it('of more kinds than a host may have, and rows too big for one item, are refused', () => {
    const inventory = openInventory()
    for (let n = 0; n < inventoryLimits.kindsPerHost; n++) {
      const name = `kind-${String.fromCodePoint(97 + Math.floor(n / 26), 97 + (n % 26))}`
      assert.equal(inventory.apply(acme, 'evil', 'evil', { ...change([boat('b')]), kind: name }).refused, 0)
    }
    assert.equal(inventory.apply(acme, 'evil', 'evil', change([boat('b')])).refused, 1)
    const facts = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`f${n}`, 'x'.repeat(1000)]))
    assert.equal(inventory.apply(acme, 'h1', 'port', change([boat('big', { facts })])).refused, 1)
  })

  it('say since when they are as they are, and are never from the future', () => {
    const { inventory } = withBoats(boat('b1', { sinceMs: 1000, createdMs: Date.now() + 86_400_000 }), boat('b2'))
    const [first, second] = inventory.page(acme, query()).rows
    assert.equal(first?.sinceMs, 1000)
    assert.ok(first!.createdMs <= Date.now())
    inventory.apply(acme, 'h1', 'port', change([boat('b2', { detail: 'still sailing' })]))
    assert.equal(inventory.page(acme, query()).rows[1]?.sinceMs, second?.sinceMs)
  })
})

describe('usage', () => {
  const figures = (entries: Record<string, number>) =>
    new Map(Object.entries(entries).map(([id, cpu]) => [id, { cpu, memoryBytes: cpu * 100 }]))

  it('is merged into the rows by kind and id, sorted and summed', () => {
    const { inventory, ids } = withBoats(boat('b1'), boat('b2'), boat('b3'))
    inventory.usage(acme, 'h1', 'boat', figures({ b1: 1, b2: 3 }))
    assert.deepEqual(ids({ sort: ['-cpu'] }), ['b2', 'b1', 'b3'])
    assert.deepEqual(ids({ sort: ['cpu'] }), ['b1', 'b2', 'b3'])
    const { totals } = inventory.page(acme, query())
    assert.deepEqual([totals.cpu, totals.memoryBytes], [4, 400])
  })

  it('that a sample no longer has is absent, not the old figure', () => {
    const { inventory } = withBoats(boat('b1'))
    inventory.usage(acme, 'h1', 'boat', figures({ b1: 1 }))
    inventory.usage(acme, 'h1', 'boat', new Map())
    assert.equal(inventory.page(acme, query()).rows[0]?.cpu, undefined)
  })

  it('stays with a row that changes otherwise, and leaves one that is off', () => {
    const { inventory } = withBoats(boat('b1'))
    inventory.usage(acme, 'h1', 'boat', figures({ b1: 1 }))
    inventory.apply(acme, 'h1', 'port', change([boat('b1', { detail: 'windy' })]))
    assert.equal(inventory.page(acme, query()).rows[0]?.cpu, 1)
    inventory.apply(acme, 'h1', 'port', change([boat('b1', { state: 'off', status: 'sunk' })]))
    assert.equal(inventory.page(acme, query()).rows[0]?.cpu, undefined)
  })

  it('of an offline host is in no sum of what is used now', () => {
    const { inventory } = withBoats(boat('b1'))
    inventory.usage(acme, 'h1', 'boat', figures({ b1: 2 }))
    inventory.hostOffline(acme, 'h1', 1000)
    assert.equal(inventory.page(acme, query()).totals.cpu, 0)
  })
})

describe('a page', () => {
  it('sorts words as a person would, by several columns, facts and what is absent last', () => {
    const { ids } = withBoats(
      boat('b10', { facts: { masts: 2 } }),
      boat('b9', { facts: { masts: 10 } }),
      boat('B1', { facts: { masts: 2 } }),
      boat('b2'),
    )
    assert.deepEqual(ids({ sort: ['name'] }), ['B1', 'b2', 'b9', 'b10'])
    assert.deepEqual(ids({ sort: ['-name'] }), ['b10', 'b9', 'b2', 'B1'])
    assert.deepEqual(ids({ sort: ['masts', 'name'] }), ['B1', 'b10', 'b9', 'b2'])
    assert.deepEqual(ids({ sort: ['-masts', 'name'] }), ['b9', 'B1', 'b10', 'b2'])
  })

  it('puts what is most pressing first by state', () => {
    const { ids } = withBoats(boat('off', { state: 'off' }), boat('ok'), boat('bad', { state: 'critical' }), boat('hm', { state: 'warn' }))
    assert.deepEqual(ids({ sort: ['state'] }), ['bad', 'hm', 'ok', 'off'])
  })

  it('is cut by offset and limit, with totals of all that matches', () => {
    const { inventory } = withBoats(...Array.from({ length: 30 }, (_, n) => boat(`b${n}`, { state: n % 3 === 0 ? 'warn' : 'ok' })))
    const page = inventory.page(acme, query({ filter: 'state:warn', offset: 4, limit: 3 }))
    assert.deepEqual(
      page.rows.map(({ id }) => id),
      ['b12', 'b15', 'b18'],
    )
    assert.deepEqual([page.totals.all, page.totals.matching, page.totals.states], [30, 10, { warn: 10 }])
  })

  it('counts by any column, each tag for itself', () => {
    const { inventory } = withBoats(
      boat('b1', { tags: ['x', 'y'], facts: { masts: 2 } }),
      boat('b2', { tags: ['x'], facts: { masts: 2 } }),
      boat('b3'),
    )
    const groups = (group: string) => inventory.page(acme, query({ group })).totals.groups
    assert.deepEqual(groups('masts'), [
      { value: '2', count: 2 },
      { value: '', count: 1 },
    ])
    assert.deepEqual(groups('tag'), [
      { value: 'x', count: 2 },
      { value: 'y', count: 1 },
    ])
    assert.deepEqual(groups('state'), [{ value: 'ok', count: 3 }])
  })

  it('says by a rising cursor whether anything changed', () => {
    const { inventory } = withBoats(boat('b1'))
    const before = inventory.page(acme, query()).cursor
    assert.equal(inventory.page(acme, query()).cursor, before)
    inventory.apply(acme, 'h1', 'port', change([boat('b2')]))
    const number = (cursor: string) => Number(cursor.split('-')[1])
    assert.ok(number(inventory.page(acme, query()).cursor) > number(before))
  })
})

describe('the palette', () => {
  it('finds by name first, then by id, then by anything else a row says, over all kinds', () => {
    const { inventory } = withBoats(
      boat('b1', { name: 'red' }),
      boat('b2', { name: 'infrared' }),
      boat('redred-id', { name: 'blue' }),
      boat('b4', { name: 'green', facts: { paint: 'red' } }),
    )
    inventory.apply(acme, 'h2', 'red-host', { ...change([boat('c1', { name: 'Redis' })]), kind: 'crate' })
    assert.deepEqual(
      inventory.find(acme, ' RED ', 10).map(({ name }) => name),
      ['red', 'Redis', 'infrared', 'green'],
    )
    assert.deepEqual(
      inventory.find(acme, 'redred', 10).map(({ id }) => id),
      ['redred-id'],
    )
    assert.deepEqual(inventory.find(acme, ' ', 10), [])
  })
})

describe('a name', () => {
  it('is found by the id, or by as much of it as belongs to one thing alone, on its host', () => {
    const [first, second, third] = ['0123456789ab1', '0123456789ab2', 'fedcba9876543'] as const
    const { inventory } = withBoats(boat(first, { name: 'red' }), boat(second, { name: 'blue' }), boat(third, { name: 'green' }))
    assert.equal(inventory.nameOf(acme, 'h1', first), 'red')
    assert.equal(inventory.nameOf(acme, 'h1', third.slice(0, 12)), 'green')
    assert.equal(inventory.nameOf(acme, 'h1', first.slice(0, 12)), '')
    assert.equal(inventory.nameOf(acme, 'h1', third.slice(0, 11)), '')
    assert.equal(inventory.nameOf(acme, 'h2', first), '')
    assert.equal(inventory.nameOf('another', 'h1', first), '')
  })
})

describe('a listener', () => {
  it('is told once of many changes, and apart of rows and of usage', async () => {
    const { inventory } = withBoats(boat('b1'))
    const told: string[][][] = []
    await new Promise((resolve) => setTimeout(resolve, 60))
    const stop = inventory.onChange(acme, ({ rows, usage }) => void told.push([[...rows], [...usage]]))
    for (let n = 0; n < 50; n++) inventory.apply(acme, 'h1', 'port', change([boat(`n${n}`)]))
    await new Promise((resolve) => setTimeout(resolve, 60))
    inventory.usage(acme, 'h1', 'boat', new Map([['b1', { cpu: 1 }]]))
    await new Promise((resolve) => setTimeout(resolve, 60))
    stop()
    inventory.apply(acme, 'h1', 'port', change([boat('b2')]))
    await new Promise((resolve) => setTimeout(resolve, 60))
    assert.deepEqual(told, [
      [['boat'], []],
      [[], ['boat']],
    ])
  })
})
