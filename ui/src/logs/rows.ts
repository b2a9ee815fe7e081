import type { Chunk } from './chunks.ts'
import { collect } from './collect.ts'
import type { Block } from './match.ts'
import type { Matcher } from './matcher.ts'
import type { LogStore, Order } from './store.ts'

export interface Choice {
  /** Empty: everything fits. */
  readonly filter: string
  /** Shows every line and marks what fits, instead of hiding what does not. */
  readonly highlight: boolean
  /** Lines shown before and after one that fits. */
  readonly around: number
  readonly hidden: ReadonlySet<number>
}

export interface Rows {
  readonly order: Order
  /** Lines that fit; all of them without a filter. */
  readonly hits: number
  /** Some lines were not looked at yet. */
  readonly scanning: boolean
  choose(choice: Choice): void
  /** Looks at what is new; `order` follows with `refresh`. */
  scan(): void
  /** Brings `order` up to date, unless nothing changed or it is too early to do it again; infinity is never too early. */
  refresh(nowMs: number): 'changed' | 'same' | 'early'
}

/** While one block is looked at, the next is copied. */
const lanes = 2
/** Of the newest chunks, looked at before all else: something is seen at once, however long the rest takes. */
const firstLines = 500
/** What was shown before stays until there is something to show instead; not longer than this. */
const mostBlankMs = 100

/** What of a store is shown. Scanned newest first, a chunk at a time, off the page's own thread. */
export function makeRows(store: LogStore, matcher: Matcher, onChange: () => void): Rows {
  let choice: Choice = { filter: '', highlight: false, around: 0, hidden: new Set() }
  let own: Order = { ids: new Float64Array(0), length: 0 }
  let shown: Order = store.order
  let hits = 0
  let dirty = true
  let seen = -1
  let earliestMs = 0
  let busy = false
  let turn = 0
  let blankUntilMs = 0

  /** False: there is another filter by now, or this one takes too long. */
  async function look(chunk: Chunk, from: number, mine: number): Promise<boolean> {
    const fits = await matcher.match(blockOf(chunk, from))
    if (mine !== turn || fits === undefined) return false
    chunk.marks.set(fits, from)
    if (!fits.includes(1)) return true
    dirty = true
    onChange()
    return true
  }

  async function lookFirst(): Promise<void> {
    const mine = turn
    blankUntilMs = performance.now() + mostBlankMs
    await Promise.all(store.chunks.slice(-2).map((chunk) => look(chunk, Math.max(0, chunk.count - firstLines), mine)))
    if (mine !== turn) return
    blankUntilMs = 0
    onChange()
  }

  async function lane(mine: number): Promise<boolean> {
    let looked = false
    for (let chunk = unscannedOf(store); chunk !== undefined && mine === turn; chunk = unscannedOf(store)) {
      const from = chunk.scanned
      chunk.scanned = chunk.count
      if (!(await look(chunk, from, mine))) break
      looked = true
    }
    return looked
  }

  async function pump(): Promise<void> {
    if (busy || choice.filter === '' || unscannedOf(store) === undefined) return
    busy = true
    const mine = turn
    const looked = await Promise.all(Array.from({ length: lanes }, () => lane(mine)))
    busy = false
    if (mine !== turn) return void pump()
    if (!looked.includes(true)) return
    // That there is no more to look at is news as well: nothing may fit, and nothing more may come.
    dirty = true
    onChange()
  }

  return {
    get order() {
      return shown
    },
    get hits() {
      return hits
    },
    get scanning() {
      return busy
    },
    choose(next) {
      const other = next.filter !== choice.filter
      choice = next
      dirty = true
      earliestMs = 0
      if (other) {
        matcher.setFilter(next.filter)
        store.unmark()
        turn++
        blankUntilMs = 0
        if (next.filter !== '') void lookFirst()
      }
      void pump()
      onChange()
    },
    scan: () => void pump(),
    refresh(nowMs) {
      if (!dirty && seen === store.version) return 'same'
      if (nowMs < Math.max(earliestMs, blankUntilMs)) return 'early'
      const began = performance.now()
      if (choice.hidden.size === 0 && choice.filter === '') {
        shown = store.order
        hits = shown.length
      } else {
        own = own.ids.length >= store.order.length ? own : { ids: new Float64Array(store.order.ids.length), length: 0 }
        hits = collect(store, choice, own)
        shown = own
        // A large log is gone through again only now and then; but the first hit is shown as soon as it is there.
        const endedMs = performance.now()
        earliestMs = endedMs + (hits === 0 ? 1 : 10) * (endedMs - began)
      }
      seen = store.version
      dirty = false
      return 'changed'
    },
  }
}

function unscannedOf(store: LogStore): Chunk | undefined {
  return store.chunks.findLast(({ scanned, count }) => scanned < count)
}

/** A copy, as the worker keeps what it is sent. */
function blockOf({ text, offsets, lengths, levels, origins, count, usedBytes }: Chunk, from: number): Block {
  const start = offsets[from]!
  return {
    text: text.slice(start, usedBytes),
    offsets: offsets.slice(from, count).map((offset) => offset - start),
    lengths: lengths.slice(from, count),
    levels: levels.slice(from, count),
    origins: origins.slice(from, count),
  }
}
