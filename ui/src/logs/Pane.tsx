import { createEffect, For, on, onCleanup, onMount, type Accessor, type JSX } from 'solid-js'
import { say } from '../i18n/observe.ts'
import type { Address } from './address.ts'
import { createDrawing, handleOf, redraw, resized, scrolled, type PaneHandle } from './drawing.ts'
import type { Logs } from './logs.ts'
import { Row } from './Row.tsx'
import { copySelected, watchSelection } from './selection.ts'

/** Rows, drawn only where they are seen, whatever their heights; the selection survives all of it. */
export function Pane(props: {
  readonly logs: Logs
  readonly following: boolean
  readonly view: Address
  readonly nowMs: number
  readonly named: boolean
  readonly current: number | undefined
  readonly unfolded: ReadonlySet<number>
  readonly marks: Accessor<ReadonlyMap<number, readonly number[]>>
  readonly onFollow: (following: boolean) => void
  readonly onDrawn: (ids: readonly number[], seen: readonly [number, number]) => void
  readonly onPick: (id: number) => void
  readonly onToggle: (id: number) => void
  readonly ref: (handle: PaneHandle) => void
}): JSX.Element {
  let scroller: HTMLDivElement | undefined
  let glass: HTMLDivElement | undefined
  let block: HTMLDivElement | undefined
  // While lines come, another one is there by the time the button is up, and a click is none's: what was pressed counts.
  let pressed: Press | undefined
  const uneven = () => props.view.wrap() || props.unfolded.size > 0
  const selection = watchSelection()
  onCleanup(selection.stop)
  const drawing = createDrawing({
    logs: props.logs,
    wrap: () => props.view.wrap(),
    following: () => props.following,
    uneven,
    selecting: selection.any,
    onFollow: (following) => props.onFollow(following),
    onDrawn: (ids, seen) => props.onDrawn(ids, seen),
  })

  onMount(() => {
    const boxes = { scroller: scroller!, glass: glass!, block: block! }
    drawing.boxes = boxes
    props.ref(handleOf(drawing))
    const watcher = new ResizeObserver(() => resized(drawing))
    watcher.observe(boxes.scroller)
    onCleanup(() => watcher.disconnect())
    // Not within the effect: what is drawn there stands in the page only after it.
    let due = false
    let gone = false
    onCleanup(() => (gone = true))
    const soon = () => {
      if (due) return
      due = true
      queueMicrotask(() => {
        due = false
        if (!gone) redraw(drawing)
      })
    }
    createEffect(on(props.logs.version, soon))
    const looks = () => [props.view.wrap(), props.unfolded, props.named, props.view.clock(), props.view.raw(), props.view.columns()]
    const looksElse = () => {
      drawing.setWidth(0)
      soon()
    }
    createEffect(on(looks, looksElse, { defer: true }))
  })

  return (
    <div
      class="logs"
      classList={{ wrap: props.view.wrap(), even: !uneven() }}
      role="log"
      aria-live="off"
      aria-label={say('logs.label')}
      tabindex="0"
      ref={(box) => (scroller = box)}
      onScroll={() => scrolled(drawing)}
      onPointerDown={(event) => (pressed = pressAt(event))}
      onPointerUp={(event) => {
        // The end of a selection is no click.
        if (pressed !== undefined && isClick(pressed, event) && getSelection()?.isCollapsed !== false) props.onPick(pressed.line)
        pressed = undefined
      }}
      onPointerCancel={() => (pressed = undefined)}
      onCopy={(event) => copySelected(event, block!, props.logs)}
    >
      <div
        class="spacer"
        style={{ height: `${drawing.total() * drawing.unit()}px`, width: props.view.wrap() ? '100%' : `${drawing.width()}px` }}
      >
        <div class="glass" ref={(box) => (glass = box)}>
          <div class="block" style={{ width: `max(100%, ${drawing.width()}px)` }} ref={(box) => (block = box)}>
            <For each={drawing.slots()}>
              {(slot) => (
                <Row
                  line={slot.line()}
                  logs={props.logs}
                  view={props.view}
                  nowMs={props.nowMs}
                  named={props.named}
                  current={props.current === slot.id}
                  open={props.unfolded.has(slot.id)}
                  away={drawing.pinned().has(slot.id)}
                  marks={props.marks().get(slot.id) ?? none}
                  onToggle={() => props.onToggle(slot.id)}
                />
              )}
            </For>
          </div>
        </div>
      </div>
    </div>
  )
}

interface Press {
  readonly line: number
  readonly x: number
  readonly y: number
}

/** A link is a link, and a button a button. */
function pressAt({ target, button, clientX: x, clientY: y }: PointerEvent): Press | undefined {
  const at = target as HTMLElement
  const id = button === 0 && at.closest('a, button') === null ? at.closest<HTMLElement>('.line')?.dataset['id'] : undefined
  return id === undefined ? undefined : { line: Number(id), x, y }
}

const isClick = ({ x, y }: Press, up: PointerEvent) => Math.hypot(up.clientX - x, up.clientY - y) < 6

const none: readonly number[] = []
