import type { LogStore, Stream } from './store.ts'

/** What is drawn of a line. It never changes, and it may be gone from the store while its row still stands for a moment. */
export interface Line {
  readonly id: number
  readonly text: string
  readonly timeMs: number
  readonly source: number
  readonly stream: Stream
  readonly level: number
}

/** A row of the page. Rows are not made and thrown away with the lines that pass: that costs more than all else. */
export interface Slot {
  readonly id: number
  put(line: Line): void
}

export function readLine(store: LogStore, id: number): Line {
  return {
    id,
    text: store.text(id),
    timeMs: store.time(id),
    source: store.source(id),
    stream: store.stream(id),
    level: store.level(id),
  }
}

/**
 * The rows for these lines, in their order. A line that has a row keeps it (a selection lives in it); rows whose lines are no
 * longer wanted show the new ones, from top to bottom, so that none has to be moved when all of them change.
 */
export function fillSlots<S extends Slot>(
  slots: readonly S[],
  ids: readonly number[],
  read: (id: number) => Line,
  make: (line: Line) => S,
): readonly S[] {
  const standing = new Map(slots.map((slot) => [slot.id, slot]))
  const wanted = new Set(ids)
  const free = slots.filter(({ id }) => !wanted.has(id))
  let used = 0
  const next = ids.map((id) => {
    const kept = standing.get(id)
    if (kept !== undefined) return kept
    const slot = free[used++]
    if (slot === undefined) return make(read(id))
    slot.put(read(id))
    return slot
  })
  return next.length === slots.length && next.every((slot, i) => slot === slots[i]) ? slots : next
}
