import { createEffect, createMemo, createSignal, on, onCleanup } from 'solid-js'
import { createAddress, type Address } from './address.ts'
import type { PaneHandle } from './drawing.ts'
import { parseFilter } from './filter.ts'
import { startCount, type Counting, type Histogram } from './histogram.ts'
import { createLogKeys } from './keys.ts'
import { createLogs, createPulse, type Logs } from './logs.ts'
import { createPick } from './pick.ts'
import { shownText } from './shown.ts'
import type { SourceRef } from './sources.ts'

export const buckets = 120

/** Everything a log view does, without how it looks. */
export function createReader(wanted: () => readonly SourceRef[]) {
  const view = createAddress()
  const logs: Logs = createLogs(wanted, () => ({
    filter: view.filtering(),
    highlight: view.highlight(),
    around: view.around(),
    off: view.off(),
  }))
  const { store, rows } = logs
  const [seenTimes, setSeenTimes] = createSignal<readonly [number, number]>()
  const [asking, setAsking] = createSignal(false)
  const [options, setOptions] = createSignal(false)
  let handle: PaneHandle | undefined
  const pane = () => handle
  const following = createFollowing(logs, view, pane)
  const lines = createPick(logs, view, pane, () => following.follow(false))
  const { marks, mark } = createMarks(logs, view)

  async function jump(timeMs: number): Promise<void> {
    const { ids, length } = rows.order
    if (length > 0 && timeMs < store.time(ids[0]!)) await logs.older(timeMs - 1000).catch(() => 0)
    logs.settle()
    following.follow(false)
    handle?.toRow(logs.find(timeMs, ''))
  }

  createLogKeys({
    follow: following.toEnd,
    pause: () => following.follow(false),
    next: () => lines.toHit(1),
    previous: () => lines.toHit(-1),
    time: () => setAsking(true),
    step: lines.step,
    unfold: lines.unfold,
    clear: lines.unpick,
  })

  return {
    view,
    logs,
    ...following,
    ...lines,
    jump,
    marks,
    counts: createCounts(logs),
    seenTimes: createPulse(seenTimes),
    asking,
    askTime: () => setAsking(true),
    askedTime: () => setAsking(false),
    /** On a phone the options are folded away. */
    options,
    turnOptions: () => setOptions(!options()),
    attach: (now: PaneHandle) => void (handle = now),
    drawn(ids: readonly number[], [first, last]: readonly [number, number]) {
      mark(ids)
      const { ids: all, length } = rows.order
      if (length > 0) setSeenTimes([store.time(all[first]!), store.time(all[Math.min(last, length - 1)]!)])
    },
  }
}

export type Reader = ReturnType<typeof createReader>

/** At the end, or where one reads; and how much came meanwhile. */
function createFollowing(logs: Logs, view: Address, pane: () => PaneHandle | undefined) {
  const [following, setFollowing] = createSignal(view.at() === undefined)
  const [unseenFrom, setUnseenFrom] = createSignal(0)
  const unseen = createMemo(() => {
    logs.pulse()
    return following() ? 0 : logs.arrived() - unseenFrom()
  })
  function follow(next: boolean): void {
    if (next === following()) return
    setUnseenFrom(logs.arrived())
    setFollowing(next)
  }
  function toEnd(): void {
    setFollowing(true)
    pane()?.toEnd()
  }
  return { following, follow, unseen, toEnd, toggleFollow: () => (following() ? follow(false) : toEnd()) }
}

/** Found texts of the drawn rows: of words at once, of expressions by the worker, so that a bad one cannot stop the page here either. */
function createMarks({ store, matcher }: Logs, { filtering, raw }: Address) {
  const [marks, setMarks] = createSignal<ReadonlyMap<number, readonly number[]>>(none)
  createEffect(on([filtering, raw], () => setMarks(none), { defer: true }))
  const words = createMemo(() => {
    const filter = parseFilter(filtering())
    return 'why' in filter || filter.endless ? undefined : filter
  })
  async function mark(drawn: readonly number[]): Promise<void> {
    if (filtering() === '') return
    const wanted = drawn.filter((id) => store.has(id) && store.marked(id))
    if (wanted.every((id) => marks().has(id))) return
    const texts = wanted.map((id) => shownText(store.text(id), raw()))
    const here = words()
    const found = here === undefined ? await matcher.marks(texts) : texts.map(here.marks)
    if (found !== undefined) setMarks(new Map(wanted.map((id, i) => [id, found[i]!])))
  }
  return {
    marks,
    /** The scan says what keeps the worker from working: it looks at the same lines. */
    mark: (drawn: readonly number[]) => void mark(drawn).catch(() => undefined),
  }
}

const none: ReadonlyMap<number, readonly number[]> = new Map()

/** Bars are counted anew twice a second at most, and rarer the longer it takes; some rows at a time, so that no frame is late for it. */
function createCounts({ store, rows, version }: Logs) {
  const [counts, setCounts] = createSignal<Histogram>()
  let counting: Counting | undefined
  let tookMs = 0
  let countedVersion = 0
  let waiting: ReturnType<typeof setTimeout> | undefined
  function count(): void {
    const began = performance.now()
    if (counting === undefined) countedVersion = version()
    counting ??= startCount(store, rows.order, buckets)
    const done = counting?.some(rowsAtOnce) ?? true
    if (done) setCounts(counting?.result())
    tookMs += performance.now() - began
    waiting = done ? undefined : setTimeout(count, 12)
    if (!done) return
    counting = undefined
    if (countedVersion !== version()) later()
  }
  function later(): void {
    waiting ??= setTimeout(count, counts() === undefined ? 0 : Math.max(500, 20 * tookMs))
    if (counting === undefined) tookMs = 0
  }
  createEffect(on(version, later))
  onCleanup(() => clearTimeout(waiting))
  return counts
}

/** About a millisecond. */
const rowsAtOnce = 50_000
