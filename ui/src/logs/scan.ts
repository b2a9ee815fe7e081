import type { Chunk } from './chunks.ts'
import type { Block } from './match.ts'
import type { Matcher } from './matcher.ts'
import type { LogStore } from './store.ts'

/** Marks the lines of a store that fit a filter: newest first, a chunk at a time, off the page's own thread. */
interface Scan {
  readonly busy: boolean
  /** Until then nothing may be shown to fit yet, only because nothing was looked at. */
  readonly blankUntilMs: number
  /** Another filter, empty for none: every line is looked at anew. */
  restart(filter: string): void
  /** Looks at what is new. */
  more(): void
}

/** While one block is looked at, the next is copied. */
const lanes = 2
/** Of the newest chunks, looked at before all else: something is seen at once, however long the rest takes. */
const firstLines = 500
/** What was shown before stays until there is something to show instead; not longer than this. */
const mostBlankMs = 100

/** `onNews`: there are more marks, or no more to come. `onFail`: it stopped, until `restart`. */
export function makeScan(store: LogStore, matcher: Matcher, onNews: () => void, onFail: (error: unknown) => void): Scan {
  let filter = ''
  let failed = false
  let busy = false
  let turn = 0
  let blankUntilMs = 0

  /** False: there is another filter by now, or this one takes too long. */
  async function look(chunk: Chunk, from: number, mine: number): Promise<boolean> {
    const fits = await matcher.match(blockOf(chunk, from))
    if (mine !== turn || fits === undefined) return false
    chunk.marks.set(fits, from)
    if (!fits.includes(1)) return true
    onNews()
    return true
  }

  async function lookFirst(): Promise<void> {
    const mine = turn
    blankUntilMs = performance.now() + mostBlankMs
    await Promise.all(store.chunks.slice(-2).map((chunk) => look(chunk, Math.max(0, chunk.count - firstLines), mine)))
    if (mine !== turn) return
    blankUntilMs = 0
    onNews()
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
    if (busy || failed || filter === '' || unscannedOf(store) === undefined) return
    busy = true
    const mine = turn
    const looked = await Promise.all(Array.from({ length: lanes }, () => lane(mine))).finally(() => (busy = false))
    if (mine !== turn) return begin(pump)
    if (!looked.includes(true)) return
    // That there is no more to look at is news as well: nothing may fit, and nothing more may come.
    onNews()
  }

  /** What was taken for looked at and was not is looked at again after `restart`, which forgets all marks. */
  function begin(work: () => Promise<void>): void {
    const mine = turn
    work().catch((error: unknown) => {
      // Nobody wants to hear of a filter that is no longer asked for.
      if (mine !== turn) return begin(pump)
      if (failed) return
      failed = true
      blankUntilMs = 0
      onFail(error)
    })
  }

  return {
    get busy() {
      return busy
    },
    get blankUntilMs() {
      return blankUntilMs
    },
    restart(next) {
      filter = next
      matcher.setFilter(next)
      store.unmark()
      turn++
      failed = false
      blankUntilMs = 0
      if (next !== '') begin(lookFirst)
    },
    more: () => begin(pump),
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
