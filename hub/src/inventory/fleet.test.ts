import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FleetPatch, FleetRow } from '@fairlead/protocol/features/fleet.ts'
import type { Row } from '@fairlead/protocol/features/inventory.ts'
import { nobody } from '../base/access.ts'
import { serveFleet } from './fleet.ts'
import { openInventory, type Inventory } from './inventory.ts'
import { wholeSight, type Sight } from '../base/sight.ts'
import { createKept, type Kept } from './kept.ts'

const caller = { ...nobody('', '', ''), organization: 'acme' }
const itemBytes = 32 * 1024

function boat(id: string, more: Partial<Row> = {}): Row {
  return { id, name: id, state: 'ok', status: 'sailing', detail: '', tags: [], links: [], facts: {}, createdMs: 0, sinceMs: 0, ...more }
}

function set(inventory: Inventory, ...rows: Row[]): void {
  inventory.apply('acme', 'h1', 'port', { kind: 'boat', reset: false, done: false, set: rows, unset: [] })
}

interface ViewOptions {
  readonly limit?: number
  readonly kept?: Kept
  /** What an earlier one showed, and the cursor it ended with. */
  readonly from?: { readonly rows: readonly FleetRow[]; readonly cursor: string }
  readonly organization?: string
  readonly sight?: Sight
}

/** What a console makes of the patches, as `fleet.ts` of the contracts says it must. */
function view(
  inventory: Inventory,
  { limit = 200, kept = createKept(), from, organization = 'acme', sight = wholeSight }: ViewOptions = {},
) {
  const leaving = new AbortController()
  const query = { kind: 'boat', filter: '', sort: ['name'], offset: 0, limit }
  const context = {
    caller: { ...caller, organization },
    host: '',
    environment: '',
    sight: async () => sight,
    note: () => undefined,
    signal: leaving.signal,
    trace: '',
    resumable: true,
  }
  const asked = { ...query, ...(from === undefined ? {} : { after: from.cursor }) }
  const patches = serveFleet({ inventory, kept }).watch(asked, context)[Symbol.asyncIterator]()
  let rows = [...(from?.rows ?? [])]
  const seen: FleetPatch[] = []
  const key = ({ host, id }: { host: string; id: string }) => `${host}/${id}`
  const apply = (patch: FleetPatch) => {
    seen.push(patch)
    assert.ok(Buffer.byteLength(JSON.stringify(patch)) <= itemBytes, 'a patch fits one item')
    if (patch.page !== undefined) rows = patch.page.at === 0 ? patch.page.rows : [...rows, ...patch.page.rows]
    const known = new Map(rows.map((row) => [key(row), row]))
    for (const row of patch.set) known.set(key(row), row)
    for (const [host, id, cpu] of patch.usage)
      known.set(`${host}/${id}`, { ...known.get(`${host}/${id}`)!, ...(cpu === null ? {} : { cpu }) })
    rows = (patch.order?.map(([host, id]) => `${host}/${id}`) ?? rows.map(key)).flatMap((place) => known.get(place) ?? [])
  }
  return {
    seen,
    leave: () => leaving.abort(),
    get cursor() {
      return seen.at(-1)?.cursor ?? ''
    },
    get rows() {
      return rows
    },
    /** Applies patches until the view is as it must be. Fails by the test's own time limit. */
    async until(ready: (rows: readonly FleetRow[]) => boolean) {
      while (!ready(rows)) {
        const { value, done } = await patches.next()
        if (done === true) return assert.fail('the stream ended')
        apply(value)
      }
    },
    next: () => patches.next(),
  }
}

const names = (rows: readonly FleetRow[]) => rows.map(({ name }) => name).join(' ')

describe('a live page', { timeout: 20_000 }, () => {
  it('begins with the page in pieces that fit an item each', async () => {
    const inventory = openInventory()
    set(inventory, ...Array.from({ length: 200 }, (_, n) => boat(`b${n}`, { facts: { note: 'é'.repeat(300) } })))
    const page = view(inventory)
    await page.until((rows) => rows.length === 200 && page.seen.at(-1)?.page?.done === true)
    assert.ok(page.seen.length > 3)
    assert.equal(page.seen.at(-1)?.totals?.all, 200)
    page.leave()
  })

  it('says an empty page at once', async () => {
    const page = view(openInventory())
    const { value } = await page.next()
    assert.deepEqual(value.page, { at: 0, rows: [], done: true })
    page.leave()
  })

  it('then tells new, changed, renamed and removed rows, in their places', async () => {
    const inventory = openInventory()
    set(inventory, boat('b1'), boat('b3'))
    const page = view(inventory)
    await page.until((rows) => names(rows) === 'b1 b3')
    set(inventory, boat('b2'))
    await page.until((rows) => names(rows) === 'b1 b2 b3')
    set(inventory, boat('b2', { name: 'zz' }), boat('b3', { status: 'sunk', state: 'off' }))
    await page.until((rows) => names(rows) === 'b1 b3 zz' && rows[1]?.status === 'sunk')
    inventory.apply('acme', 'h1', 'port', { kind: 'boat', reset: false, done: false, set: [], unset: ['b1'] })
    await page.until((rows) => names(rows) === 'b3 zz')
    page.leave()
  })

  it('tells usage as figures alone, not as rows', async () => {
    const inventory = openInventory()
    set(inventory, boat('b1'), boat('b2'))
    inventory.usage('acme', 'h1', 'boat', new Map([['b1', { cpu: 1, memoryBytes: 10 }]]))
    const page = view(inventory)
    await page.until((rows) => rows.length === 2)
    inventory.usage('acme', 'h1', 'boat', new Map([['b1', { cpu: 2, memoryBytes: 10 }]]))
    await page.until((rows) => rows[0]?.cpu === 2)
    const patch = page.seen.find(({ usage }) => usage.length > 0)
    assert.deepEqual(patch?.usage, [['h1', 'b1', 2, 10]])
    assert.deepEqual(patch?.set, [])
    page.leave()
  })

  it('is told anew when a new order and its rows are too much for one item', async () => {
    const inventory = openInventory()
    const rows = (mark: string) =>
      Array.from({ length: 200 }, (_, n) => boat(`${mark}${n}-${'x'.repeat(60)}`, { facts: { note: 'x'.repeat(400) } }))
    set(inventory, ...rows('m'))
    const page = view(inventory)
    await page.until((shown) => shown.length === 200)
    set(inventory, ...rows('a'))
    await page.until((shown) => shown.length === 200 && shown.every(({ name }) => name.startsWith('a')))
    page.leave()
  })

  it('is silent while other kinds change, and ends when the viewer leaves', async () => {
    const inventory = openInventory()
    set(inventory, boat('b1'))
    const page = view(inventory)
    await page.until((rows) => rows.length === 1)
    inventory.apply('acme', 'h1', 'port', { kind: 'crate', reset: false, done: false, set: [boat('c1')], unset: [] })
    const next = page.next()
    const first = await Promise.race([next.then(() => 'told'), new Promise((resolve) => setTimeout(() => resolve('silent'), 120))])
    assert.equal(first, 'silent')
    page.leave()
    assert.equal((await next).done, true)
  })
})

describe('a live page after a break', { timeout: 20_000 }, () => {
  async function broken(count = 3) {
    const [inventory, kept] = [openInventory(), createKept()]
    set(inventory, ...Array.from({ length: count }, (_, n) => boat(`b${n}`)))
    const first = view(inventory, { kept })
    await first.until((rows) => rows.length === count && first.cursor !== '')
    first.leave()
    return { inventory, kept, from: { rows: first.rows, cursor: first.cursor } }
  }

  it('goes on by what changed meanwhile alone, rows, order and figures', async () => {
    const { inventory, kept, from } = await broken()
    set(inventory, boat('b1', { status: 'sunk', state: 'off' }), boat('b9'))
    inventory.apply('acme', 'h1', 'port', { kind: 'boat', reset: false, done: false, set: [], unset: ['b0'] })
    inventory.usage('acme', 'h1', 'boat', new Map([['b2', { cpu: 3, memoryBytes: 1 }]]))
    const again = view(inventory, { kept, from })
    await again.until((rows) => names(rows) === 'b1 b2 b9' && rows[0]?.status === 'sunk' && rows[1]?.cpu === 3)
    assert.ok(again.seen.every(({ page }) => page === undefined))
    set(inventory, boat('b5'))
    await again.until((rows) => names(rows) === 'b1 b2 b5 b9')
    again.leave()
  })

  it('is told nothing that it has: an hour without a change is silence', async () => {
    const { inventory, kept, from } = await broken()
    const again = view(inventory, { kept, from })
    const next = again.next()
    assert.equal(await Promise.race([next.then(() => 'told'), new Promise((done) => setTimeout(() => done('silent'), 120))]), 'silent')
    again.leave()
    await next
  })

  it('begins anew where it saw a piece of the page only, and where hub, query or organization is another', async () => {
    const { inventory, kept, from } = await broken(200)
    const pieces = view(inventory, { kept })
    set(inventory, ...Array.from({ length: 200 }, (_, n) => boat(`b${n}`, { facts: { note: 'x'.repeat(400) } })))
    await pieces.until((rows) => rows.length === 200 && pieces.cursor !== '')
    const parts = pieces.seen.filter(({ page }) => page !== undefined)
    assert.ok(parts.slice(0, -1).every(({ cursor }) => cursor === ''))
    pieces.leave()
    for (const other of [
      { kept, from: { ...from, cursor: 'of-yesterday-7' } },
      { kept, from, limit: 100 },
      { kept: createKept(), from },
      { kept, from, organization: 'other' },
    ]) {
      const again = view(inventory, other)
      await again.until(() => again.cursor !== '')
      assert.equal(again.seen[0]?.page?.at, 0)
      again.leave()
    }
  })

  it('is kept for a minute, of as many as fit, and of nobody else', () => {
    let nowMs = 0
    const kept = createKept(() => nowMs)
    const acme = { organization: 'acme', sight: '' }
    const query = { kind: 'boat', filter: '', sort: ['name'], offset: 0, limit: 200 }
    const pageOf = (cursor: string) => ({ ...openInventory().page('acme', query), cursor })
    kept.keep(acme, query, pageOf('e-0'))
    assert.equal(kept.find(acme, query, 'e-0')?.cursor, 'e-0')
    assert.equal(kept.find({ ...acme, organization: 'other' }, query, 'e-0'), undefined)
    assert.equal(kept.find({ ...acme, sight: 'less' }, query, 'e-0'), undefined)
    assert.equal(kept.find(acme, { ...query, filter: 'x' }, 'e-0'), undefined)
    for (let n = 1; n <= 128; n++) kept.keep(acme, query, pageOf(`e-${n}`))
    assert.deepEqual([kept.holds('e-0'), kept.holds('e-1')], [false, true])
    nowMs = 60_000
    assert.equal(kept.holds('e-128'), false)
  })
})
