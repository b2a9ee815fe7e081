import type { Matcher } from './matcher.ts'
import type { Chunk, LogStore, Order } from './store.ts'

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
  /** Brings `order` up to date; false when nothing changed or it is too early to do it again. */
  refresh(nowMs: number): boolean
}

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

  const unscanned = () => store.chunks.findLast(({ scanned, count }) => scanned < count)

  async function pump(): Promise<void> {
    if (busy) return
    busy = true
    const mine = turn
    for (let chunk = unscanned(); chunk !== undefined && choice.filter !== '' && mine === turn; chunk = unscanned()) {
      const { scanned, count } = chunk
      const fits = await matcher.match(blockOf(chunk))
      if (mine !== turn || fits === undefined) break
      chunk.marks.set(fits, scanned)
      chunk.scanned = count
      dirty = true
      onChange()
    }
    busy = false
    if (mine !== turn) void pump()
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
      if (next.filter !== choice.filter) {
        matcher.setFilter(next.filter)
        store.unmark()
        turn++
      }
      choice = next
      dirty = true
      earliestMs = 0
      void pump()
      onChange()
    },
    scan: () => void pump(),
    refresh(nowMs) {
      if ((!dirty && seen === store.version) || nowMs < earliestMs) return false
      const began = performance.now()
      const filtered = choice.filter !== ''
      if (choice.hidden.size === 0 && !filtered) {
        shown = store.order
        hits = shown.length
      } else {
        own = own.ids.length >= store.order.length ? own : { ids: new Float64Array(store.order.ids.length), length: 0 }
        hits = collect(store, choice, own)
        shown = own
        // A large log is gone through again only now and then: a tenth of the time at most.
        earliestMs = nowMs + 10 * (performance.now() - began)
      }
      seen = store.version
      dirty = false
      return true
    },
  }
}

function blockOf({ text, offsets, lengths, levels, origins, scanned, count, usedBytes }: Chunk) {
  const from = offsets[scanned]!
  return {
    text: text.slice(from, usedBytes),
    offsets: offsets.slice(scanned, count).map((offset) => offset - from),
    lengths: lengths.slice(scanned, count),
    levels: levels.slice(scanned, count),
    origins: origins.slice(scanned, count),
  }
}

/** Fills `into` with what is shown, and answers how many lines fit. Notices are always shown. */
function collect(store: LogStore, { filter, highlight, around, hidden }: Choice, into: Order): number {
  const { ids, length } = store.order
  let hits = 0
  let out = 0
  let after = 0
  // The lines before, not shown so far: at most `around` of them.
  const before: number[] = []
  for (let i = 0; i < length; i++) {
    const id = ids[i]!
    if (hidden.size > 0 && hidden.has(store.source(id))) continue
    const notice = store.stream(id) === 2
    const hit = !notice && (filter === '' || store.marked(id))
    if (hit) hits++
    if (hit || highlight || notice || after > 0) {
      if (hit) {
        for (const earlier of before) into.ids[out++] = earlier
        after = around
      } else after--
      before.length = 0
      into.ids[out++] = id
    } else if (around > 0) {
      if (before.length === around) before.shift()
      before.push(id)
    }
  }
  into.length = out
  return hits
}
