import { collect } from './collect.ts'
import type { Matcher } from './matcher.ts'
import { makeScan } from './scan.ts'
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
  /** Looks at every line anew, after what looked had failed. */
  again(): void
  /** Looks at what is new; `order` follows with `refresh`. */
  scan(): void
  /** Brings `order` up to date, unless nothing changed or it is too early to do it again; infinity is never too early. */
  refresh(nowMs: number): 'changed' | 'same' | 'early'
}

/** What of a store is shown: all of it, or what the scan found to fit. */
export function makeRows(store: LogStore, matcher: Matcher, onChange: () => void, onFail: (error: unknown) => void): Rows {
  let choice: Choice = { filter: '', highlight: false, around: 0, hidden: new Set() }
  let own: Order = { ids: new Float64Array(0), length: 0 }
  let shown: Order = store.order
  let hits = 0
  let dirty = true
  let seen = -1
  let earliestMs = 0
  const news = () => {
    dirty = true
    onChange()
  }
  const scan = makeScan(store, matcher, news, onFail)

  function collectOwn(): void {
    const began = performance.now()
    own = own.ids.length >= store.order.length ? own : { ids: new Float64Array(store.order.ids.length), length: 0 }
    hits = collect(store, choice, own)
    shown = own
    // A large log is gone through again only now and then; but the first hit is shown as soon as it is there.
    const endedMs = performance.now()
    earliestMs = endedMs + (hits === 0 ? 1 : 10) * (endedMs - began)
  }

  return {
    get order() {
      return shown
    },
    get hits() {
      return hits
    },
    get scanning() {
      return scan.busy
    },
    choose(next) {
      const other = next.filter !== choice.filter
      choice = next
      dirty = true
      earliestMs = 0
      if (other) scan.restart(next.filter)
      scan.more()
      onChange()
    },
    again() {
      scan.restart(choice.filter)
      scan.more()
      news()
    },
    scan: scan.more,
    refresh(nowMs) {
      if (!dirty && seen === store.version) return 'same'
      if (nowMs < Math.max(earliestMs, scan.blankUntilMs)) return 'early'
      if (choice.hidden.size === 0 && choice.filter === '') {
        shown = store.order
        hits = shown.length
      } else collectOwn()
      seen = store.version
      dirty = false
      return 'changed'
    },
  }
}
