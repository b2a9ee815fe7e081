import { createSignal } from 'solid-js'
import type { Logs } from './logs.ts'
import { placeOf, scrollTo, windowOf } from './place.ts'
import { pinnedRows } from './selection.ts'

const rowHeight = 18

/** What the rest of the page asks of the pane. */
export interface PaneHandle {
  toEnd(): void
  toRow(row: number): void
  /** Moves as little as it takes to see a row. */
  reveal(row: number): void
  /** First and last row that are seen. */
  seen(): readonly [number, number]
}

export interface Ask {
  readonly logs: Logs
  wrap(): boolean
  following(): boolean
  /** Rows may be of unlike heights. */
  uneven(): boolean
  onFollow(following: boolean): void
  onDrawn(ids: readonly number[], seen: readonly [number, number]): void
}

/** The three boxes: what scrolls, the glass that stays in sight, and the rows behind it. */
export interface Boxes {
  readonly scroller: HTMLDivElement
  readonly glass: HTMLDivElement
  readonly block: HTMLDivElement
}

type Drawing = ReturnType<typeof createDrawing>

const nobody: ReadonlySet<number> = new Set()

/** Which rows are in the page, and where. */
export function createDrawing(ask: Ask) {
  const [ids, setIds] = createSignal<readonly number[]>([])
  const [pinned, setPinned] = createSignal(nobody)
  const [total, setTotal] = createSignal(0)
  const [unit, setUnit] = createSignal(rowHeight)
  const [width, setWidth] = createSignal(0)
  return {
    ask,
    ids,
    setIds,
    /** Rows that stand only because the selection begins or ends in them. */
    pinned,
    setPinned,
    total,
    setTotal,
    /** Average height of a row. */
    unit,
    setUnit,
    /** Of the widest row that was drawn. */
    width,
    setWidth,
    boxes: undefined as Boxes | undefined,
    seen: [0, 0] as readonly [number, number],
    held: undefined as { readonly id: number; readonly row: number; readonly y: number } | undefined,
    /** A scroll of our own making says nothing about what the reader wants. */
    ours: -1,
  }
}

function setScroll(drawing: Drawing, top: number): void {
  const { scroller } = drawing.boxes!
  if (Math.abs(scroller.scrollTop - top) < 1) return
  scroller.scrollTop = top
  drawing.ours = scroller.scrollTop
}

/** Draws what belongs where the scroll bar is. */
export function draw(drawing: Drawing): void {
  const { scroller, block } = drawing.boxes!
  const { order } = drawing.ask.logs.rows
  const height = scroller.clientHeight
  const place = placeOf(scroller.scrollTop, order.length, drawing.unit(), height)
  const [from, to] = windowOf(place, order.length, drawing.ask.uneven() ? rowHeight : drawing.unit(), height)
  const wanted = [...order.ids.subarray(from, to)]
  const [before, after] = pinnedRows(block, wanted, drawing.ask.logs.store)
  drawing.setPinned(before.length + after.length === 0 ? nobody : new Set([...before, ...after]))
  drawing.setIds([...before, ...wanted, ...after])
  const element = rowElement(drawing, order.ids[place.row])
  const top = element === undefined ? 0 : element.offsetTop + place.share * element.offsetHeight
  const y = order.length * drawing.unit() <= height ? 0 : place.y - top
  block.style.transform = `translate(${-scroller.scrollLeft}px,${y}px)`
  measure(drawing, y, before.length, wanted)
}

/** Which rows are really seen, and how wide the widest one was. */
function measure(drawing: Drawing, y: number, skip: number, wanted: readonly number[]): void {
  const { scroller, block } = drawing.boxes!
  const children = block.children as HTMLCollectionOf<HTMLElement>
  let first = -1
  let last = -1
  for (let i = 0; i < wanted.length; i++) {
    const child = children[skip + i]
    if (child === undefined) continue
    const top = child.offsetTop + y
    if (top + child.offsetHeight <= 0 || top >= scroller.clientHeight) continue
    if (first < 0) first = i
    last = i
  }
  const start = wanted.length === 0 ? 0 : indexOf(drawing, wanted[0]!, drawing.seen[0])
  drawing.seen = [start + Math.max(0, first), start + Math.max(0, last)]
  const id = wanted[Math.max(0, first)]
  const top = (children[skip + Math.max(0, first)]?.offsetTop ?? 0) + y
  drawing.held = id === undefined ? undefined : { id, row: drawing.seen[0], y: top }
  if (!drawing.ask.wrap() && block.scrollWidth > drawing.width()) drawing.setWidth(block.scrollWidth)
  drawing.ask.onDrawn(wanted, drawing.seen)
}

function rowElement(drawing: Drawing, id: number | undefined): HTMLElement | undefined {
  const at = id === undefined ? -1 : drawing.ids().indexOf(id)
  return at < 0 ? undefined : (drawing.boxes!.block.children[at] as HTMLElement)
}

/** Near the row where it was, looking outwards. */
function indexOf({ ask }: Drawing, id: number, near: number): number {
  const { ids: all, length } = ask.logs.rows.order
  for (let distance = 0; distance <= length; distance++) {
    if (all[near - distance] === id && near - distance >= 0) return near - distance
    if (near + distance < length && all[near + distance] === id) return near + distance
  }
  return -1
}

/** Average height, so that the scroll bar fits what is drawn. */
function settleUnit(drawing: Drawing): void {
  const { block } = drawing.boxes!
  const count = block.children.length
  const average = !drawing.ask.uneven() || count === 0 ? rowHeight : Math.max(rowHeight, block.offsetHeight / count)
  const all = count >= drawing.ask.logs.rows.order.length && count > 0
  if (all || Math.abs(average - drawing.unit()) / drawing.unit() > 0.1) drawing.setUnit(average)
}

/** The rows changed: the reader at the end stays at the end, every other one at the line he reads. */
export function redraw(drawing: Drawing): void {
  const { ask, held: before } = drawing
  const { order } = ask.logs.rows
  drawing.setTotal(order.length)
  draw(drawing)
  settleUnit(drawing)
  if (ask.following()) {
    setScroll(drawing, order.length * drawing.unit())
  } else if (before !== undefined) {
    const row = ask.logs.store.has(before.id) ? indexOf(drawing, before.id, Math.min(before.row, order.length - 1)) : -1
    if (row >= 0 && row !== before.row) setScroll(drawing, drawing.boxes!.scroller.scrollTop + (row - before.row) * drawing.unit())
  }
  draw(drawing)
  if (before !== undefined && ask.uneven() && !ask.following()) putBack(drawing, before)
}

/** With rows of unlike heights it takes a second look. */
function putBack(drawing: Drawing, { id, y }: { readonly id: number; readonly y: number }): void {
  const { scroller, glass } = drawing.boxes!
  for (let tries = 0; tries < 3; tries++) {
    const element = rowElement(drawing, id)
    const off = element === undefined ? 0 : element.getBoundingClientRect().top - glass.getBoundingClientRect().top - y
    if (Math.abs(off) < 1) return
    setScroll(drawing, scroller.scrollTop + off)
    draw(drawing)
  }
}

export function scrolled(drawing: Drawing): void {
  const { scroller } = drawing.boxes!
  const own = Math.abs(scroller.scrollTop - drawing.ours) < 1
  drawing.ours = -1
  if (!own) drawing.ask.onFollow(scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - 4)
  draw(drawing)
}

export function handleOf(drawing: Drawing): PaneHandle {
  return {
    toEnd() {
      drawing.ask.onFollow(true)
      redraw(drawing)
    },
    toRow(row) {
      drawing.ask.onFollow(false)
      setScroll(drawing, scrollTo(row, drawing.ask.logs.rows.order.length, drawing.unit(), drawing.boxes!.scroller.clientHeight))
      draw(drawing)
    },
    reveal(row) {
      // The last row may be seen in part only.
      const [first, last] = drawing.seen
      const by = row <= first ? row - first - 1 : row >= last ? row - last + 1 : 0
      if (by === 0) return
      setScroll(drawing, drawing.boxes!.scroller.scrollTop + by * drawing.unit())
      draw(drawing)
    },
    seen: () => drawing.seen,
  }
}
