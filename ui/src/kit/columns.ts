import { createMemo, createSignal } from 'solid-js'

/** How a person likes the columns of a list: which, in what order, how wide. Kept in this browser. */
interface ColumnChoice {
  readonly key: string
  readonly shown: boolean
  /** CSS pixels. */
  readonly width: number
}

interface ColumnDefault {
  readonly key: string
  readonly width: number
  /** As narrow as it is still read, when there is no room for all; two thirds of its width where nothing is said. */
  readonly least?: number
  readonly shown?: boolean
}

const narrowest = 48
const widest = 900
/** Columns sorted by at once. */
const mostSorted = 4

/** What was kept, made to fit today's columns: unknown ones go, new ones come last, nonsense is put right. */
export function mergeColumns(kept: unknown, defaults: readonly ColumnDefault[]): readonly ColumnChoice[] {
  const known = new Map(defaults.map((column) => [column.key, column]))
  const choices: ColumnChoice[] = []
  for (const one of Array.isArray(kept) ? (kept as readonly Partial<ColumnChoice>[]) : []) {
    const column = typeof one?.key === 'string' ? known.get(one.key) : undefined
    if (column === undefined) continue
    known.delete(column.key)
    const width = typeof one.width === 'number' && Number.isFinite(one.width) ? clamp(one.width) : column.width
    choices.push({ key: column.key, shown: one.shown !== false, width })
  }
  for (const { key, width, shown = true } of known.values()) choices.push({ key, width, shown })
  return choices
}

const clamp = (width: number) => Math.round(Math.min(widest, Math.max(narrowest, width)))

export interface Columns {
  readonly all: () => readonly ColumnChoice[]
  resize(key: string, width: number): void
  show(key: string, shown: boolean): void
  /** One place up or down the list. */
  move(key: string, by: -1 | 1): void
  reset(): void
}

/** `list` names the kept choice: one for each list, not for each page that shows it. */
function createColumns(list: string, defaults: readonly ColumnDefault[]): Columns {
  const place = `columns.${list}`
  const read = () => {
    try {
      return mergeColumns(JSON.parse(localStorage.getItem(place) ?? 'null'), defaults)
    } catch {
      return mergeColumns(undefined, defaults)
    }
  }
  const [all, setAll] = createSignal(read())
  const keep = (next: readonly ColumnChoice[]) => {
    localStorage.setItem(place, JSON.stringify(next))
    setAll(next)
  }
  const change = (key: string, part: Partial<ColumnChoice>) =>
    keep(all().map((column) => (column.key === key ? { ...column, ...part } : column)))
  return {
    all,
    resize: (key, width) => change(key, { width: clamp(width) }),
    show: (key, shown) => change(key, { shown }),
    move(key, by) {
      const next = [...all()]
      const from = next.findIndex((column) => column.key === key)
      if (from + by < 0 || from + by >= next.length) return
      next.splice(from + by, 0, ...next.splice(from, 1))
      keep(next)
    },
    reset() {
      localStorage.removeItem(place)
      setAll(mergeColumns(undefined, defaults))
    },
  }
}

interface Fitted {
  readonly width: number
  readonly least?: number
  /** A person gave it this width, and it keeps it. */
  readonly drawn?: boolean
}

/** The widths of columns in so much room, CSS pixels: the widest gives the most, until none is narrower than it may be. */
export function fitWidths(columns: readonly Fitted[], room: number): readonly number[] {
  const widths = columns.map(({ width }) => width)
  const spare = columns.map(({ width, least = Math.round((width * 2) / 3), drawn }) => (drawn === true ? 0 : Math.max(0, width - least)))
  const sum = (of: readonly number[]) => of.reduce((total, one) => total + one, 0)
  const share = Math.min(1, Math.max(0, sum(widths) - room) / Math.max(1, sum(spare)))
  return widths.map((width, i) => Math.floor(width - spare[i]! * share))
}

/** What a list shows of its columns, and whether somebody is choosing them. */
export function createLook<C extends ColumnDefault>(list: string, columns: readonly C[]) {
  const choice = createColumns(list, columns)
  const byKey = new Map(columns.map((column) => [column.key, column]))
  const [choosing, setChoosing] = createSignal(false)
  const shown = createMemo(() =>
    choice
      .all()
      .filter((one) => one.shown)
      .map(({ key, width }) => ({ ...byKey.get(key)!, width, drawn: width !== byKey.get(key)!.width })),
  )
  return { choice, choosing, setChoosing, shown, columnOf: (key: string) => byKey.get(key)! }
}

/** The columns sorted by after a click on one: up, down, off; with `add` beside those sorted by already. */
export function turnSort(sort: readonly string[], key: string, add: boolean, most = false): readonly string[] {
  const old = sort.find((one) => one.replace('-', '') === key)
  const [first, second] = most ? [`-${key}`, key] : [key, `-${key}`]
  const next = old === undefined ? [first] : old === first ? [second] : []
  return [...(add ? sort.filter((one) => one.replace('-', '') !== key) : []), ...next].slice(0, mostSorted)
}
