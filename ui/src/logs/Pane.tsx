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
                  onPick={() => props.onPick(slot.id)}
                />
              )}
            </For>
          </div>
        </div>
      </div>
    </div>
  )
}

const none: readonly number[] = []
