import { createSignal } from 'solid-js'

/** What is selected, by key, with the row as it was when it was selected: it stays selected when it scrolls away. */
interface Selection<T> {
  readonly size: () => number
  readonly has: (key: string) => boolean
  readonly rows: () => readonly T[]
  toggle(row: T): void
  /** Sets exactly these on, leaving the others. */
  add(rows: readonly T[]): void
  clear(): void
}

export function createSelection<T>(keyOf: (row: T) => string): Selection<T> {
  const [chosen, setChosen] = createSignal<ReadonlyMap<string, T>>(new Map())
  return {
    size: () => chosen().size,
    has: (key) => chosen().has(key),
    rows: () => [...chosen().values()],
    toggle: (row) =>
      setChosen((before) => {
        const next = new Map(before)
        if (!next.delete(keyOf(row))) next.set(keyOf(row), row)
        return next
      }),
    add: (rows) => setChosen((before) => new Map([...before, ...rows.map((row) => [keyOf(row), row] as const)])),
    clear: () => setChosen((before) => (before.size === 0 ? before : new Map())),
  }
}
