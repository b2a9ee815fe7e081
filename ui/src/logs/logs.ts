import { createEffect, createMemo, createSignal, on, onCleanup, untrack } from 'solid-js'
import { createFeeds, type Source } from './feeds.ts'
import { makeMatcher, openWorker } from './matcher.ts'
import { makeRows, type Choice } from './rows.ts'
import { keyOf, type SourceRef } from './sources.ts'
import { createLogStore, findTime, type LogStore } from './store.ts'

/** The logs of some containers as one: read, merged, bounded, filtered. Lives as long as the component that made it. */
export function createLogs(
  wanted: () => readonly SourceRef[],
  choice: () => Omit<Choice, 'hidden'> & { readonly off: ReadonlySet<string> },
) {
  const store = createLogStore()
  const [version, setVersion] = createSignal(0)
  const [slow, setSlow] = createSignal(false)
  const [broken, setBroken] = createSignal<unknown>(undefined)
  let frame = 0
  let later: ReturnType<typeof setTimeout> | undefined
  const matcher = makeMatcher(openWorker, () => setSlow(true))
  const rows = makeRows(store, matcher, changed, setBroken)
  const { sources, arrived, newest, retry, older } = createFeeds(wanted, store, changed)

  /** A flood becomes one drawing a frame; what was put off is drawn a little later. */
  function changed(): void {
    frame ||= requestAnimationFrame(() => {
      frame = 0
      rows.scan()
      clearTimeout(later)
      const found = rows.refresh(performance.now())
      if (found === 'changed') touch()
      if (found === 'early') later = setTimeout(changed, 50)
    })
  }
  const pulse = createPulse(version)
  const touch = () => void setVersion((n) => n + 1)
  /** Sources that are no longer wanted are hidden, not forgotten. */
  const hidden = createMemo(() => {
    const keys = new Set(wanted().map(keyOf))
    const { off } = choice()
    return new Set(sources.filter(({ ref }) => !keys.has(keyOf(ref)) || off.has(keyOf(ref))).map(({ index }) => index))
  })
  createEffect(() => {
    setSlow(false)
    setBroken(undefined)
    rows.choose({ ...choice(), hidden: hidden() })
  })
  // Whoever begins to type waits for no worker.
  const warming = setTimeout(matcher.warm, 500)
  onCleanup(() => {
    clearTimeout(warming)
    cancelAnimationFrame(frame)
    clearTimeout(later)
    matcher.close()
  })

  return {
    store,
    rows,
    matcher,
    sources,
    version,
    /** As `version`, ten times a second at most: for numbers, which nobody reads faster. */
    pulse,
    slow,
    /** Why lines could not be looked at: the filter shows only what it found before. */
    broken,
    lookAgain: () => (setBroken(undefined), rows.again()),
    manyHosts: createMemo(() => new Set(wanted().map(({ host }) => host)).size > 1),
    /** Lines that came as they were written, since the beginning. */
    arrived,
    newest,
    /** Lets everyone look again. */
    touch,
    /** Brings the rows up to date at once. */
    settle: () => void (rows.refresh(Number.POSITIVE_INFINITY) === 'changed' && touch()),
    retry,
    /** Reads history back to a time; without one, as much again as is there. Answers how many lines came. */
    older: (toMs?: number) => readBack(store, sources, older, toMs),
    /** The row of a line known by its time and source; the nearest in time when it is not there. */
    find(timeMs: number, key: string): number {
      const { order } = rows
      const at = findTime(store, order, timeMs)
      for (let i = at; i < order.length && store.time(order.ids[i]!) === timeMs; i++) {
        const source = sources[store.source(order.ids[i]!)]
        if (source !== undefined && keyOf(source.ref) === key) return i
      }
      return Math.min(at, order.length - 1)
    },
  }
}

const pulseMs = 100

/** The same at the beginning and at the end of a flood, and now and then within it. */
export function createPulse<T>(of: () => T): () => T {
  const [beat, setBeat] = createSignal<T>(of(), { equals: false })
  let waiting: ReturnType<typeof setTimeout> | undefined
  let lastMs = 0
  const now = () => {
    waiting = undefined
    lastMs = performance.now()
    setBeat(() => untrack(of))
  }
  createEffect(
    on(of, () => {
      if (waiting !== undefined) return
      const sinceMs = performance.now() - lastMs
      if (sinceMs >= pulseMs) now()
      else waiting = setTimeout(now, pulseMs - sinceMs)
    }),
  )
  onCleanup(() => clearTimeout(waiting))
  return beat
}

export type Logs = ReturnType<typeof createLogs>

async function readBack(
  store: LogStore,
  sources: readonly Source[],
  older: (source: Source, sinceMs: number) => Promise<number>,
  toMs: number | undefined,
): Promise<number> {
  const { order } = store
  const firstMs = order.length === 0 ? Date.now() : store.time(order.ids[0]!)
  const spanMs = Math.max(60_000, order.length === 0 ? 0 : store.time(order.ids[order.length - 1]!) - firstMs)
  for (let backMs = spanMs; ; backMs *= 16) {
    const sinceMs = toMs ?? Math.max(0, firstMs - backMs)
    const found = await Promise.all(sources.filter(({ state }) => state !== 'gone').map((source) => older(source, sinceMs)))
    const count = found.reduce((sum, n) => sum + n, 0)
    if (count > 0 || toMs !== undefined || sinceMs === 0) return count
  }
}
