/**
 * Where rows lie. The scroll bar's place is a share of all rows: at 0 the first row touches the top, at 1 the last touches
 * the bottom, in between the row at that share of the rows is at that share of the height. With rows of one height this is
 * exactly how a browser scrolls; with rows of unlike heights nothing has to be measured that is not seen.
 */
export interface Place {
  /** Row that is held in place. */
  readonly row: number
  /** How much of it is above the point, 0 to 1. */
  readonly share: number
  /** Where the point is, pixels from the top. */
  readonly y: number
}

export function placeOf(scrollTop: number, rows: number, rowHeight: number, height: number): Place {
  const most = rows * rowHeight - height
  if (most <= 0 || rows === 0) return { row: 0, share: 0, y: 0 }
  const part = Math.max(0, Math.min(1, scrollTop / most))
  const at = part * rows
  const row = Math.min(rows - 1, Math.floor(at))
  return { row, share: at - row, y: part * height }
}

/** The scroll place at which a row stands in the middle. */
export function scrollTo(row: number, rows: number, rowHeight: number, height: number): number {
  const most = Math.max(0, rows * rowHeight - height)
  return Math.max(0, Math.min(most, (row + 0.5) * rowHeight - height / 2))
}

/** First row and the one after the last to be drawn: those that are seen, and some to spare on each side. */
export function windowOf({ row, y }: Place, rows: number, rowHeight: number, height: number, spare: number): readonly [number, number] {
  return [Math.max(0, row - Math.ceil(y / rowHeight) - spare), Math.min(rows, row + Math.ceil((height - y) / rowHeight) + spare + 1)]
}
