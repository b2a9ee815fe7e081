import { createEffect, createMemo, createSignal, onCleanup, untrack, type Signal } from 'solid-js'
import type { FleetPatch, FleetRow, FleetTotals } from '@fairlead/protocol/features/fleet.ts'
import { follow } from '../api/api.ts'
import { createStream } from './live.ts'

interface FleetList {
  readonly kind: string
  readonly filter: string
  readonly sort: string[]
  /** Counted per value in `totals().groups`; empty: not at all. */
  readonly group: string
}

/** A list as long as the fleet, of which only the rows near the eye are asked for and kept live. */
export interface FleetWindow {
  readonly count: () => number
  /** The row at a place of the whole list; undefined: not here yet. */
  readonly at: (index: number) => FleetRow | undefined
  readonly indexOf: (key: string) => number
  /** The row as it is now, if it is near. */
  readonly latest: (key: string) => FleetRow | undefined
  readonly totals: () => FleetTotals | undefined
  readonly ready: () => boolean
  readonly error: () => unknown
  readonly retry: () => void
  /** Rows that would move, come or go, held back while somebody points at the list. */
  readonly waiting: () => number
  apply(): void
  /** These rows are about to go by the viewer's own doing: when one does, nothing is held back. */
  expect(keys: readonly string[]): void
  show(first: number, last: number): void
}

/** As many rows as the hub gives one viewer. */
const windowRows = 200
const settleMs = 60

export const keyOf = ({ host, id }: { readonly host: string; readonly id: string }): string => `${host}/${id}`

/** What is known of every row, and which one stands at which place. */
function createPlaces() {
  const places = new Map<number, Signal<FleetRow | undefined>>()
  const known = new Map<string, FleetRow>()
  const keys = new Map<string, number>()
  const [version, setVersion] = createSignal(0)
  const place = (index: number) => {
    let signal = places.get(index)
    if (signal === undefined) places.set(index, (signal = createSignal<FleetRow>()))
    return signal
  }
  return {
    at: (index: number) => place(index)[0](),
    indexOf: (key: string) => (version(), keys.get(key) ?? -1),
    latest: (key: string) => (version(), known.get(key)),
    draw(from: number, order: readonly string[]): void {
      for (const [index, key] of order.entries()) {
        place(from + index)[1](() => known.get(key))
        keys.set(key, from + index)
      }
      setVersion((n) => n + 1)
    },
    /** These stand nowhere until they are drawn again; the places from `from` on are empty. */
    lift(order: readonly string[], from: number, count: number): void {
      for (const key of order) keys.delete(key)
      for (let index = from; index < from + count; index++) place(index)[1](undefined)
    },
    forget(): void {
      for (const [, set] of places.values()) set(undefined)
      known.clear()
      keys.clear()
    },
    learn(set: readonly FleetRow[], usage: FleetPatch['usage'] = []): void {
      for (const row of set) known.set(keyOf(row), row)
      for (const [host, id, cpu, memoryBytes] of usage) {
        const old = known.get(`${host}/${id}`)
        if (old !== undefined)
          known.set(`${host}/${id}`, { ...old, ...(cpu === null ? {} : { cpu }), ...(memoryBytes === null ? {} : { memoryBytes }) })
      }
    },
  }
}

/** Rows that somebody removes here. */
function createGoing() {
  const expected = new Set<string>()
  return {
    expect: (keys: readonly string[]) => keys.forEach((key) => expected.add(key)),
    /** Some of them are gone now. */
    went(before: readonly string[], after: readonly string[]): boolean {
      const gone = before.filter((key) => expected.has(key) && !after.includes(key))
      for (const key of gone) expected.delete(key)
      return gone.length > 0
    },
  }
}

export function createFleetWindow(list: () => FleetList, held: () => boolean): FleetWindow {
  const places = createPlaces()
  const [totals, setTotals] = createSignal<FleetTotals>()
  const [count, setCount] = createSignal(0)
  const [ready, setReady] = createSignal(false)
  const [offset, setOffset] = createSignal(0)
  const [waiting, setWaiting] = createSignal(0)
  const wanted = createMemo(() => JSON.stringify(list()))
  let shown: readonly string[] = []
  let pending: readonly string[] | undefined
  const going = createGoing()
  let timer: ReturnType<typeof setTimeout> | undefined
  onCleanup(() => clearTimeout(timer))

  function apply(): void {
    if (pending === undefined) return
    const from = untrack(offset)
    places.lift(shown, from + pending.length, Math.max(0, shown.length - pending.length))
    places.draw(from, pending)
    shown = pending
    pending = undefined
    setWaiting(0)
    setCount(untrack(totals)?.matching ?? shown.length)
  }
  createEffect(() => !held() && apply())

  /** A change of what is shown: figures at once, places when nobody points at them. */
  function change(from: number, { set, usage, order, totals: sums }: FleetPatch): void {
    places.learn(set, usage)
    if (order !== undefined) {
      pending = order.map(([host, id]) => `${host}/${id}`)
      setWaiting(pending.filter((one, index) => shown[index] !== one).length + Math.max(0, shown.length - pending.length))
    }
    // What a row says changes where it stands, also while its place is held.
    if (pending !== undefined && (going.went(shown, pending) || !untrack(held))) apply()
    else places.draw(from, shown)
    if (pending === undefined && sums !== undefined) setCount(sums.matching)
  }

  let drawnFor = ''
  const stream = createStream(
    createMemo(() => `${offset()} ${wanted()}`),
    async (key, signal) => {
      const { group, ...rest } = JSON.parse(key.slice(key.indexOf(' '))) as FleetList
      const from = Number(key.slice(0, key.indexOf(' ')))
      let pieces: FleetRow[] = []
      const input = { ...rest, offset: from, limit: windowRows, ...(group === '' ? {} : { group }) }
      for await (const patch of follow('fleet.watch', input, signal)) {
        if (patch.totals !== undefined) setTotals(patch.totals)
        if (patch.page === undefined) {
          change(from, patch)
          continue
        }
        pieces = patch.page.at === 0 ? patch.page.rows : [...pieces, ...patch.page.rows]
        if (!patch.page.done) continue
        // Another question: what was answered to the one before stays until here, so that nothing blinks.
        if (drawnFor !== untrack(wanted)) places.forget()
        drawnFor = untrack(wanted)
        places.learn(pieces)
        pending = pieces.map(keyOf)
        apply()
        setReady(true)
      }
    },
  )

  function show(first: number, last: number): void {
    clearTimeout(timer)
    timer = setTimeout(() => {
      const from = untrack(offset)
      if (first >= from && last < from + windowRows) return
      setOffset(Math.max(0, Math.floor(((first + last) / 2 - windowRows / 2) / 50) * 50))
    }, settleMs)
  }

  const { at, indexOf, latest } = places
  return { count, at, indexOf, latest, totals, ready, ...stream, waiting, apply, expect: going.expect, show }
}
