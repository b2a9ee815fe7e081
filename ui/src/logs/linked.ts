import { keyOf, type SourceRef } from './sources.ts'
import type { LogStore, Order } from './store.ts'
import type { FeedState } from './feed.ts'

/** What has arrived so far. Times are as shown, in ms. */
interface Arriving {
  readonly store: Pick<LogStore, 'time'>
  readonly rows: { readonly order: Order }
  readonly sources: readonly { readonly ref: Pick<SourceRef, 'host' | 'id'>; readonly index: number; readonly state: FeedState }[]
  /** Time of the newest line that a source has sent; undefined before its first. */
  newest(index: number): number | undefined
  find(timeMs: number, key: string): number
  /** Reads back to a time; answers how many lines came. */
  older(toMs: number): Promise<number>
  /** Calls for another look. */
  touch(): void
}

/** A log that is quiet for so long after it was opened has told what it has. */
const patienceMs = 3000

/**
 * A link to a line, by its time and its source (`host/id`, empty: any): looked for as lines arrive, in the past if need be,
 * and shown once it is there; the nearest in time instead when it is nowhere. Lines come in pieces, oldest first: as long as a
 * source is behind the time, the line may be on its way. Call what this answers whenever something arrived.
 */
export function createLinked(
  logs: Arriving,
  timeMs: number | undefined,
  key: string,
  onFound: (row: number, exact: boolean) => void,
): { look(): void; stop(): void } {
  let wanted = timeMs
  let asked = false
  let patient = true
  let waiting: ReturnType<typeof setTimeout> | undefined

  const behind = (wantedMs: number) =>
    logs.sources.some(({ ref, index, state }) => {
      if (key !== '' && keyOf(ref) !== key) return false
      return state === 'opening' || (state === 'live' && patient && (logs.newest(index) ?? Number.NEGATIVE_INFINITY) < wantedMs)
    })
  function wait(): void {
    waiting ??= setTimeout(() => {
      patient = false
      logs.touch()
    }, patienceMs)
  }

  return {
    look() {
      const { order } = logs.rows
      if (wanted === undefined || order.length === 0) return
      const row = logs.find(wanted, key)
      const exact = logs.store.time(order.ids[row]!) === wanted
      if (!exact && behind(wanted)) return wait()
      if (!exact && !asked) {
        asked = true
        // When nothing older comes, the nearest line is shown.
        return void logs.older(wanted - 1000).then((count) => count === 0 && logs.touch(), logs.touch)
      }
      wanted = undefined
      clearTimeout(waiting)
      onFound(row, exact)
    },
    stop: () => clearTimeout(waiting),
  }
}
