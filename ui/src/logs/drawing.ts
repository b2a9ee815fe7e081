import { batch, createSignal } from 'solid-js'
import type { Logs } from './logs.ts'
import { placeOf, scrollTo, windowOf, type Place } from './place.ts'
import { pinnedRows } from './selection.ts'
import { fillSlots, readLine, type Line, type Slot } from './slots.ts'

const rowHeight = 18
/** Drawn beyond what is seen, for whoever scrolls faster than it is drawn. */
const spareRows = 8
const widthEveryMs = 100
/** The scroll bar of a flood follows ten times a second: nobody sees more, and each time costs the page as much as the rows. */
const barEveryMs = 100

/** What the rest of the page asks of the pane. */
export interface PaneHandle {
  toEnd(): void
  toRow(row: number): void
  /** Moves as little as it takes to see a row. */
  reveal(row: number): void
  /** First and last row that are seen. */
  seen(): readonly [number, number]
}

interface Ask {
  readonly logs: Logs
  wrap(): boolean
  following(): boolean
  /** Rows may be of unlike heights. */
  uneven(): boolean
  /** Something is selected in the page. */
  selecting(): boolean
  onFollow(following: boolean): void
  onDrawn(ids: readonly number[], seen: readonly [number, number]): void
}

/** The three boxes: what scrolls, the glass that stays in sight, and the rows behind it. */
interface Boxes {
  readonly scroller: HTMLDivElement
  readonly glass: HTMLDivElement
  readonly block: HTMLDivElement
}

/** A row with a line that can be watched. */
interface RowSlot extends Slot {
  line(): Line
}

type Drawing = ReturnType<typeof createDrawing>

const nobody: ReadonlySet<number> = new Set()
const unpinned: readonly [readonly number[], readonly number[]] = [[], []]

/** Which rows are in the page, and where. */
export function createDrawing(ask: Ask) {
  const [slots, setSlots] = createSignal<readonly RowSlot[]>([])
  const [pinned, setPinned] = createSignal(nobody)
  const [total, setTotal] = createSignal(0)
  const [unit, setUnit] = createSignal(rowHeight)
  const [width, setWidth] = createSignal(0)
  return {
    ask,
    slots,
    setSlots,
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
    /** Of what can be seen; the page is asked for it only when it changed: an answer costs a layout. */
    height: 0,
    left: 0,
    /** Where the scroll bar is, and where it will be once all is drawn. */
    scrollTop: 0,
    top: 0,
    seen: [0, 0] as readonly [number, number],
    held: undefined as { readonly id: number; readonly row: number; readonly y: number } | undefined,
    /** A scroll of our own making says nothing about what the reader wants. */
    ours: -1,
    widening: undefined as ReturnType<typeof setTimeout> | undefined,
    /** Of the box, as it was last asked for. */
    size: '',
    /** The box and what is in it, as they were when the scroll bar was set: when they are others, the browser moved it. */
    shape: '',
    /** Until the scroll bar is where the rows are. */
    lagging: undefined as ReturnType<typeof setTimeout> | undefined,
    settledMs: 0,
  }
}

function makeSlot(first: Line): RowSlot {
  const [line, put] = createSignal(first)
  return {
    get id() {
      return line().id
    },
    line,
    put,
  }
}

function setScroll(drawing: Drawing, top: number): void {
  const { scroller } = drawing.boxes!
  drawing.top = top
  if (Math.abs(drawing.scrollTop - top) < 1) return
  scroller.scrollTop = top
  drawing.ours = drawing.top = drawing.scrollTop = scroller.scrollTop
}

/** Draws what belongs where the scroll bar is. Rows of one height are placed without asking the page for anything. */
function draw(drawing: Drawing): void {
  const { block } = drawing.boxes!
  const { ask, height } = drawing
  const { order } = ask.logs.rows
  const unit = drawing.unit()
  const place = placeOf(drawing.top, order.length, unit, height)
  const [from, to] = windowOf(place, order.length, ask.uneven() ? rowHeight : unit, height, ask.following() ? 1 : spareRows)
  const wanted = Array.from(order.ids.subarray(from, to))
  const [before, after] = ask.selecting() ? pinnedRows(block, wanted, ask.logs.store) : unpinned
  batch(() => {
    drawing.setPinned(before.length + after.length === 0 ? nobody : new Set([...before, ...after]))
    drawing.setSlots((slots) => fillSlots(slots, [...before, ...wanted, ...after], (id) => readLine(ask.logs.store, id), makeSlot))
  })
  const y = order.length * unit <= height ? 0 : place.y - topOf(drawing, place, from, before.length)
  block.style.transform = `translate(${-drawing.left}px,${y}px)`
  note(drawing, y, from, before.length, wanted)
}

/** Where in the block the point is that is held in place. */
function topOf(drawing: Drawing, { row, share }: Place, from: number, skip: number): number {
  if (!drawing.ask.uneven()) return (row - from + share) * rowHeight
  const element = drawing.boxes!.block.children[skip + row - from] as HTMLElement | undefined
  return element === undefined ? 0 : element.offsetTop + share * element.offsetHeight
}

/** Which rows are really seen. */
function note(drawing: Drawing, y: number, from: number, skip: number, wanted: readonly number[]): void {
  const [first, last, top] = drawing.ask.uneven() ? measured(drawing, y, skip, wanted.length) : computed(drawing, y, wanted.length)
  drawing.seen = [from + first, from + last]
  const id = wanted[first]
  drawing.held = id === undefined ? undefined : { id, row: drawing.seen[0], y: top }
  widen(drawing)
  drawing.ask.onDrawn(wanted, drawing.seen)
}

type Seen = readonly [first: number, last: number, firstTop: number]

function computed({ height }: Drawing, y: number, count: number): Seen {
  const first = Math.max(0, Math.min(count - 1, Math.floor(-y / rowHeight)))
  const last = Math.max(first, Math.min(count - 1, Math.ceil((height - y) / rowHeight) - 1))
  return [first, last, first * rowHeight + y]
}

function measured({ boxes, height }: Drawing, y: number, skip: number, count: number): Seen {
  const children = boxes!.block.children as HTMLCollectionOf<HTMLElement>
  let first = -1
  let last = -1
  for (let i = 0; i < count; i++) {
    const child = children[skip + i]
    if (child === undefined) continue
    const top = child.offsetTop + y
    if (top + child.offsetHeight <= 0 || top >= height) continue
    if (first < 0) first = i
    last = i
  }
  first = Math.max(0, first)
  return [first, Math.max(0, last), (children[skip + first]?.offsetTop ?? 0) + y]
}

/** How wide the widest row is, asked now and then and at the beginning of a frame, when the page knows it anyway. */
function widen(drawing: Drawing): void {
  if (drawing.ask.wrap()) return
  drawing.widening ??= setTimeout(() => {
    requestAnimationFrame(() => {
      drawing.widening = undefined
      const { clientWidth, scrollWidth } = drawing.boxes!.block
      // Rows that fit are as wide as the pane, which a scrollbar makes narrower later.
      if (!drawing.ask.wrap() && scrollWidth > clientWidth && scrollWidth > drawing.width()) drawing.setWidth(scrollWidth)
    })
  }, widthEveryMs)
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
  if (!drawing.ask.uneven()) return void drawing.setUnit(rowHeight)
  const { block } = drawing.boxes!
  const count = block.children.length
  const average = count === 0 ? rowHeight : Math.max(rowHeight, block.offsetHeight / count)
  const all = count >= drawing.ask.logs.rows.order.length && count > 0
  if (all || Math.abs(average - drawing.unit()) / drawing.unit() > 0.1) drawing.setUnit(average)
}

/** The rows changed: the reader at the end stays at the end, every other one at the line he reads. */
export function redraw(drawing: Drawing): void {
  const { ask, held: before } = drawing
  const { order } = ask.logs.rows
  if (drawing.boxes === undefined) return
  if (ask.uneven()) draw(drawing)
  settleUnit(drawing)
  if (ask.following()) {
    drawing.top = Math.max(0, order.length * drawing.unit() - drawing.height)
    draw(drawing)
    const sinceMs = performance.now() - drawing.settledMs
    if (sinceMs >= barEveryMs) settleBar(drawing)
    else drawing.lagging ??= setTimeout(() => requestAnimationFrame(() => settleBar(drawing)), barEveryMs - sinceMs)
    return
  }
  const row =
    before !== undefined && ask.logs.store.has(before.id) ? indexOf(drawing, before.id, Math.min(before.row, order.length - 1)) : -1
  if (row >= 0 && row !== before!.row) drawing.top += (row - before!.row) * drawing.unit()
  draw(drawing)
  settleBar(drawing)
  if (before !== undefined && ask.uneven()) putBack(drawing, before)
}

/** Brings the scroll bar to where the rows are. Last of all: it makes the page lay out what was drawn. */
function settleBar(drawing: Drawing): void {
  clearTimeout(drawing.lagging)
  drawing.lagging = undefined
  drawing.settledMs = performance.now()
  drawing.setTotal(drawing.ask.logs.rows.order.length)
  setScroll(drawing, drawing.top)
  drawing.shape = shapeOf(drawing)
}

const shapeOf = (drawing: Drawing) => `${drawing.size} ${drawing.total() * drawing.unit()}`

function measure(drawing: Drawing): void {
  const { clientWidth, clientHeight } = drawing.boxes!.scroller
  drawing.height = clientHeight
  drawing.size = `${clientWidth} ${clientHeight}`
}

/** With rows of unlike heights it takes a second look. */
function putBack(drawing: Drawing, { id, y }: { readonly id: number; readonly y: number }): void {
  const { block, glass } = drawing.boxes!
  for (let tries = 0; tries < 3; tries++) {
    const at = drawing.slots().findIndex((slot) => slot.id === id)
    const off = at < 0 ? 0 : block.children[at]!.getBoundingClientRect().top - glass.getBoundingClientRect().top - y
    if (Math.abs(off) < 1) return
    setScroll(drawing, drawing.top + off)
    draw(drawing)
  }
}

/** The box has another size. */
export function resized(drawing: Drawing): void {
  const { scroller, glass } = drawing.boxes!
  glass.style.width = `${scroller.clientWidth}px`
  glass.style.height = `${scroller.clientHeight}px`
  measure(drawing)
  redraw(drawing)
}

/** Whether all is as it was when the scroll bar was set. */
function settled(drawing: Drawing): boolean {
  measure(drawing)
  return shapeOf(drawing) === drawing.shape
}

export function scrolled(drawing: Drawing): void {
  const { scroller } = drawing.boxes!
  const { scrollTop, scrollLeft } = scroller
  // A larger window, wrapped lines, another zoom: the browser moved the bar, and the reader at the end stays there.
  if (drawing.ask.following() && scrollLeft === drawing.left && !settled(drawing)) {
    drawing.scrollTop = scrollTop
    redraw(drawing)
    return settleBar(drawing)
  }
  if (drawing.lagging !== undefined && Math.abs(scrollTop - drawing.scrollTop) >= 1) {
    // The reader moved a bar that was behind the rows: he means as much from where they are.
    const moved = scrollTop - drawing.scrollTop
    drawing.scrollTop = scrollTop
    drawing.top += moved
    settleBar(drawing)
    drawing.ask.onFollow(moved > 0)
    return draw(drawing)
  }
  const { scrollHeight } = scroller
  const own = Math.abs(scrollTop - drawing.ours) < 1
  drawing.ours = -1
  // It was drawn before it was scrolled.
  if (own && scrollLeft === drawing.left) return
  drawing.top = drawing.scrollTop = scrollTop
  drawing.left = scrollLeft
  if (!own) drawing.ask.onFollow(scrollTop + drawing.height >= scrollHeight - 4)
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
      drawing.top = scrollTo(row, drawing.ask.logs.rows.order.length, drawing.unit(), drawing.height)
      settleBar(drawing)
      draw(drawing)
    },
    reveal(row) {
      // The last row may be seen in part only.
      const [first, last] = drawing.seen
      const by = row <= first ? row - first - 1 : row >= last ? row - last + 1 : 0
      if (by === 0) return
      drawing.top += by * drawing.unit()
      settleBar(drawing)
      draw(drawing)
    },
    seen: () => drawing.seen,
  }
}
