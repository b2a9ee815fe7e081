import { createEffect, createMemo, createSignal, createUniqueId, For, onCleanup, onMount, Show, type JSX } from 'solid-js'
import { t } from '../i18n/i18n.ts'
import type { Key } from '../i18n/en.ts'
import { fitWidths } from './columns.ts'

export interface GridColumn<T> {
  readonly key: string
  readonly label: Key
  /** CSS pixels, when the person chose none. */
  readonly width: number
  /** false: not shown until the person asks for it. */
  readonly shown?: boolean
  /** CSS pixels, when there is no room for all: as narrow as it is still read. */
  readonly least?: number
  readonly number?: boolean
  /** false: the hub cannot sort by it. */
  readonly sort?: boolean
  /** Made once for a place on the screen; only what it reads of `row()` changes as rows pass by. */
  readonly cell: (row: () => T) => JSX.Element
  /** The same as plain text, for copies and files. */
  readonly text: (row: T) => string
}

interface Props<T> {
  readonly label: string
  readonly columns: readonly (GridColumn<T> & { readonly drawn?: boolean })[]
  readonly count: number
  readonly at: (index: number) => T | undefined
  readonly keyOf: (row: T) => string
  /** Two lines on a phone. */
  readonly card: (row: () => T) => JSX.Element
  readonly current: number
  /** undefined: rows of this list are not selected. */
  readonly isSelected?: (key: string) => boolean
  readonly isStale?: (row: T) => boolean
  /** Whether a row begins a group: it gets a stronger line. */
  readonly begins?: (index: number) => boolean
  readonly sort: readonly string[]
  readonly onSort: (key: string, add: boolean) => void
  readonly onResize: (key: string, width: number) => void
  readonly onCurrent: (index: number) => void
  readonly onToggle?: (index: number, range: boolean) => void
  readonly onToggleAll?: () => void
  readonly allSelected?: boolean
  readonly onOpen: (index: number, narrow: boolean) => void
  readonly onShow: (first: number, last: number) => void
  /** Somebody points at the rows or stands in them: they must not move. */
  readonly onHold: (held: boolean) => void
}

const overscan = 6
const selectWidth = 36

/** Rows of one height, as many as the fleet has, of which only those in sight exist. One tab stop; arrows move inside. */
export function Grid<T>(props: Props<T>): JSX.Element {
  const id = createUniqueId()
  const [size, setSize] = createSignal({ width: 1000, height: 600 })
  const [top, setTop] = createSignal(0)
  const [hovered, setHovered] = createSignal(false)
  const [focused, setFocused] = createSignal(false)
  const coarse = matchMedia('(pointer: coarse)').matches
  const narrow = createMemo(() => size().width < 640)
  const rowHeight = () => (narrow() ? 60 : coarse ? 44 : 32)
  let box!: HTMLDivElement

  onMount(() => {
    const observer = new ResizeObserver(() => setSize({ width: box.clientWidth, height: box.clientHeight }))
    observer.observe(box)
    onCleanup(() => observer.disconnect())
  })
  createEffect(() => props.onHold(hovered() || focused()))

  const slots = createMemo(() => Math.ceil(size().height / rowHeight()) + 2 * overscan)
  const first = createMemo(() => Math.max(0, Math.floor(top() / rowHeight()) - overscan))
  createEffect(() => props.onShow(first(), Math.min(Math.max(0, props.count - 1), first() + slots())))
  // The list became shorter than where one stood.
  createEffect(() => {
    const end = props.count * rowHeight()
    if (top() > end) box.scrollTop = end
  })

  const picks = () => props.isSelected !== undefined
  const pickWidth = () => (picks() ? selectWidth : 0)
  const widths = createMemo(() => fitWidths(props.columns, size().width - pickWidth()))
  const template = () =>
    `${picks() ? (narrow() ? '44px ' : `${selectWidth}px `) : ''}${
      narrow()
        ? ''
        : widths()
            .map((width) => `${width}px `)
            .join('')
    }minmax(0, 1fr)`
  const wide = () => pickWidth() + widths().reduce((sum, width) => sum + width, 0)

  // The row stood on comes into sight, below the header.
  createEffect(() => {
    const index = props.current
    if (index < 0) return
    const head = narrow() ? 0 : rowHeight()
    const from = index * rowHeight()
    if (from < box.scrollTop) box.scrollTop = from
    else if (from + rowHeight() + head > box.scrollTop + box.clientHeight) box.scrollTop = from + rowHeight() + head - box.clientHeight
  })

  return (
    <div
      class="grid"
      classList={{ narrow: narrow(), plain: !picks() }}
      role="grid"
      aria-label={props.label}
      aria-rowcount={props.count + 1}
      aria-colcount={props.columns.length + (picks() ? 1 : 0)}
      aria-multiselectable={picks()}
      aria-activedescendant={props.current < 0 ? undefined : `${id}-${props.current}`}
      tabindex="0"
      ref={(element) => (box = element)}
      style={{ '--cols': template(), '--row': `${rowHeight()}px` }}
      onScroll={() => setTop(box.scrollTop)}
      onFocusIn={() => setFocused(true)}
      onFocusOut={(event) => setFocused(box.contains(event.relatedTarget as Node | null))}
      onPointerLeave={() => setHovered(false)}
    >
      <Head {...props} shown={!narrow()} wide={wide()} widths={widths()} />
      <div
        class="grid-body"
        role="rowgroup"
        style={{ height: `${props.count * rowHeight()}px`, 'min-width': narrow() ? '0' : `${wide()}px` }}
        onPointerMove={(event) => setHovered(event.pointerType === 'mouse')}
      >
        <For each={Array.from({ length: slots() }, (_, slot) => slot)}>
          {(slot) => {
            // A place on the screen shows every slots()-th row: scrolling by one changes one of them.
            const index = createMemo(() => first() + ((slot - (first() % slots()) + slots()) % slots()))
            return (
              <Show when={index() < props.count}>
                <Line {...props} index={index()} narrow={narrow()} id={`${id}-${index()}`} height={rowHeight()} />
              </Show>
            )
          }}
        </For>
      </div>
    </div>
  )
}

function Line<T>(
  props: Props<T> & { readonly index: number; readonly narrow: boolean; readonly id: string; readonly height: number },
): JSX.Element {
  const row = createMemo(() => props.at(props.index))
  // What a cell reads while its row is being replaced: never nothing.
  const last = createMemo<T | undefined>((before) => row() ?? before)
  const here = () => last()!
  const selected = () => row() !== undefined && props.isSelected?.(props.keyOf(row()!)) === true
  return (
    <div
      class="grid-row"
      classList={{
        current: props.index === props.current,
        selected: selected(),
        stale: row() !== undefined && props.isStale?.(row()!) === true,
        begins: props.begins?.(props.index) === true,
      }}
      role="row"
      id={props.id}
      aria-rowindex={props.index + 2}
      aria-selected={props.isSelected === undefined ? undefined : selected()}
      style={{ transform: `translateY(${props.index * props.height}px)` }}
      onClick={(event) => {
        if ((event.target as HTMLElement).closest('a, button, input') !== null) return
        props.onCurrent(props.index)
        if (event.shiftKey || event.ctrlKey || event.metaKey) props.onToggle?.(props.index, event.shiftKey)
        else if (props.narrow) props.onOpen(props.index, true)
      }}
      onDblClick={() => props.onOpen(props.index, props.narrow)}
    >
      <Show when={row() !== undefined} fallback={<div role="gridcell" class="cell waiting" aria-busy="true" />}>
        <Show when={props.isSelected}>
          <label class="cell pick" role="gridcell">
            <input
              type="checkbox"
              tabindex="-1"
              aria-label={t('grid.select')}
              checked={selected()}
              onClick={(event) => {
                props.onCurrent(props.index)
                props.onToggle?.(props.index, event.shiftKey)
                event.currentTarget.checked = selected()
              }}
            />
          </label>
        </Show>
        <Show
          when={!props.narrow}
          fallback={
            <div class="cell card-cell" role="gridcell">
              {props.card(here)}
            </div>
          }
        >
          <For each={props.columns}>
            {(column, place) => (
              <div class="cell" classList={{ num: column.number === true, lead: place() === 0 }} role="gridcell">
                {column.cell(here)}
              </div>
            )}
          </For>
        </Show>
      </Show>
    </div>
  )
}

function Head<T>(props: Props<T> & { readonly shown: boolean; readonly wide: number; readonly widths: readonly number[] }): JSX.Element {
  const turned = (key: string) => props.sort.findIndex((one) => one === key || one === `-${key}`)
  const direction = (key: string) => (turned(key) < 0 ? 'none' : props.sort[turned(key)]!.startsWith('-') ? 'descending' : 'ascending')
  return (
    <div
      role="rowgroup"
      class="grid-head"
      classList={{ 'visually-hidden': !props.shown }}
      style={{ 'min-width': props.shown ? `${props.wide}px` : undefined }}
    >
      <div class="grid-row" role="row" aria-rowindex="1">
        <Show when={props.isSelected}>
          <div class="cell pick" role="columnheader" aria-label={t('grid.select')}>
            <input
              type="checkbox"
              tabindex="-1"
              aria-label={t('grid.selectAll')}
              checked={props.allSelected}
              onChange={() => props.onToggleAll?.()}
            />
          </div>
        </Show>
        <For each={props.columns}>
          {(column, place) => (
            <div
              class="cell"
              classList={{ num: column.number === true, lead: place() === 0 }}
              role="columnheader"
              aria-sort={direction(column.key)}
            >
              <Show when={column.sort !== false} fallback={<span>{t(column.label)}</span>}>
                <button
                  type="button"
                  tabindex="-1"
                  title={t('grid.sortHint')}
                  onClick={(event) => props.onSort(column.key, event.shiftKey)}
                >
                  {t(column.label)}
                  <Show when={turned(column.key) >= 0}>
                    <span aria-hidden="true">
                      {direction(column.key) === 'ascending' ? ' ↑' : ' ↓'}
                      {props.sort.length > 1 ? turned(column.key) + 1 : ''}
                    </span>
                  </Show>
                </button>
              </Show>
              <Edge width={props.widths[place()] ?? column.width} onResize={(width) => props.onResize(column.key, width)} />
            </div>
          )}
        </For>
      </div>
    </div>
  )
}

/** The edge between two headers, drawn to make a column wider or narrower. */
function Edge(props: { readonly width: number; readonly onResize: (width: number) => void }): JSX.Element {
  return (
    <span
      class="edge"
      aria-hidden="true"
      onPointerDown={(event) => {
        event.preventDefault()
        const [fromX, width, edge] = [event.clientX, props.width, event.currentTarget]
        edge.setPointerCapture(event.pointerId)
        const drag = (move: PointerEvent) => props.onResize(width + (move.clientX - fromX) * (document.dir === 'rtl' ? -1 : 1))
        edge.addEventListener('pointermove', drag)
        edge.addEventListener('pointerup', () => edge.removeEventListener('pointermove', drag), { once: true })
      }}
    />
  )
}
