import { createEffect, createMemo, createSignal, onCleanup, untrack, type Signal } from 'solid-js'
import type { FleetRow, FleetTotals } from '@fairlead/protocol/features/fleet.ts'
import { follow } from '../api/api.ts'
import { createStream } from './live.ts'

export interface FleetList {
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
  show(first: number, last: number): void
}

/** As many rows as the hub gives one viewer. */
const windowRows = 200
const settleMs = 60

export const keyOf = ({ host, id }: { readonly host: string; readonly id: string }): string => `${host}/${id}`

export function createFleetWindow(list: () => FleetList, held: () => boolean): FleetWindow {
  const places = new Map<number, Signal<FleetRow | undefined>>()
  const known = new Map<string, FleetRow>()
  const keys = new Map<string, number>()
  const [totals, setTotals] = createSignal<FleetTotals>()
  const [count, setCount] = createSignal(0)
  const [ready, setReady] = createSignal(false)
  const [offset, setOffset] = createSignal(0)
  const [version, setVersion] = createSignal(0)
  const [waiting, setWaiting] = createSignal(0)
  let shown: readonly string[] = []
  let pending: readonly string[] | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  onCleanup(() => clearTimeout(timer))

  const place = (index: number) => {
    let signal = places.get(index)
    if (signal === undefined) places.set(index, (signal = createSignal<FleetRow>()))
    return signal
  }
  const wanted = createMemo(() => JSON.stringify(list()))

  function draw(from: number, order: readonly string[]): void {
    for (const [index, key] of order.entries()) {
      place(from + index)[1](() => known.get(key))
      keys.set(key, from + index)
    }
    shown = order
    setVersion((n) => n + 1)
  }

  function forget(): void {
    for (const [, set] of places.values()) set(undefined)
    known.clear()
    keys.clear()
  }

  function apply(): void {
    if (pending === undefined) return
    for (const key of shown) keys.delete(key)
    for (let index = pending.length; index < shown.length; index++) place(untrack(offset) + index)[1](undefined)
    draw(untrack(offset), pending)
    pending = undefined
    setWaiting(0)
    setCount(untrack(totals)?.matching ?? shown.length)
  }
  createEffect(() => !held() && apply())

  let drawnFor = ''
  const stream = createStream(
    createMemo(() => `${offset()} ${wanted()}`),
    async (key, signal) => {
      const query = JSON.parse(key.slice(key.indexOf(' '))) as FleetList
      const from = Number(key.slice(0, key.indexOf(' ')))
      let pieces: FleetRow[] = []
      const { group, ...rest } = query
      const input = { ...rest, offset: from, limit: windowRows, ...(group === '' ? {} : { group }) }
      for await (const patch of follow('fleet.watch', input, signal)) {
        if (patch.totals !== undefined) setTotals(patch.totals)
        if (patch.page !== undefined) {
          pieces = patch.page.at === 0 ? patch.page.rows : [...pieces, ...patch.page.rows]
          if (!patch.page.done) continue
          // Another question: what was answered to the one before stays until here, so that nothing blinks.
          if (drawnFor !== untrack(wanted)) forget()
          drawnFor = untrack(wanted)
          for (const row of pieces) known.set(keyOf(row), row)
          pending = pieces.map(keyOf)
          apply()
          setReady(true)
          continue
        }
        for (const row of patch.set) known.set(keyOf(row), row)
        for (const [host, id, cpu, memoryBytes] of patch.usage) {
          const old = known.get(`${host}/${id}`)
          if (old !== undefined)
            known.set(`${host}/${id}`, { ...old, ...(cpu === null ? {} : { cpu }), ...(memoryBytes === null ? {} : { memoryBytes }) })
        }
        if (patch.order !== undefined) {
          pending = patch.order.map(([host, id]) => `${host}/${id}`)
          setWaiting(pending.filter((one, index) => shown[index] !== one).length + Math.max(0, shown.length - pending.length))
        }
        // What a row says changes where it stands, also while its place is held.
        if (pending !== undefined && !untrack(held)) apply()
        else draw(from, shown)
        if (pending === undefined && patch.totals !== undefined) setCount(patch.totals.matching)
      }
    },
  )

  return {
    count,
    at: (index) => place(index)[0](),
    indexOf: (key) => (version(), keys.get(key) ?? -1),
    latest: (key) => (version(), known.get(key)),
    totals,
    ready,
    ...stream,
    waiting,
    apply,
    show(first, last) {
      clearTimeout(timer)
      timer = setTimeout(() => {
        const from = untrack(offset)
        if (first >= from && last < from + windowRows) return
        setOffset(Math.max(0, Math.floor(((first + last) / 2 - windowRows / 2) / 50) * 50))
      }, settleMs)
    },
  }
}
