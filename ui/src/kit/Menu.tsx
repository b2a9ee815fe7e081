import { createSignal, For, onCleanup, Show, type JSX } from 'solid-js'
import { Icon, type IconName } from './Icon.tsx'

export interface MenuItem {
  readonly label: string
  readonly key?: string
  readonly danger?: boolean
  /** One of several of which one holds. */
  readonly checked?: boolean
  /** A line above it. */
  readonly begins?: boolean
  /** The language of the label, when it is not the page's. */
  readonly lang?: string
  /** Why it cannot be done now; shown, never silently grey. */
  readonly reason?: string | undefined
  readonly run: () => void
}

/** A label may be a name of somebody's: of a long one the whole is a hover away. */
const longLabel = 20

/** A button and what it unfolds. Arrows move, Escape closes, focus returns. */
export function Menu(props: {
  readonly label: string
  readonly items: readonly MenuItem[]
  readonly class?: string
  readonly icon?: IconName
  /** Unfolds upwards: for what stands at the bottom. */
  readonly up?: boolean
  readonly ref?: (open: () => void) => void
}): JSX.Element {
  const [open, setOpen] = createSignal(false)
  const [atStart, setAtStart] = createSignal(false)
  let button!: HTMLButtonElement
  let list: HTMLDivElement | undefined
  const focus = (step: number) => {
    const stops = [...(list?.querySelectorAll<HTMLElement>('button') ?? [])]
    stops.at((stops.indexOf(document.activeElement as HTMLElement) + step) % stops.length)?.focus()
  }
  const close = () => {
    setOpen(false)
    button.focus()
  }
  const show = () => {
    setAtStart(false)
    setOpen(true)
    queueMicrotask(() => {
      // Near the edge of a narrow window it unfolds towards the other side.
      const box = list?.getBoundingClientRect()
      setAtStart(box !== undefined && (box.left < 0 || box.right > innerWidth))
      focus(1)
    })
  }
  props.ref?.(show)
  const outside = (event: PointerEvent) => {
    if (open() && !button.parentElement!.contains(event.target as Node)) setOpen(false)
  }
  document.addEventListener('pointerdown', outside)
  onCleanup(() => document.removeEventListener('pointerdown', outside))

  return (
    <span class="menu">
      <button
        type="button"
        class={props.class}
        title={props.label.length > longLabel ? props.label : undefined}
        aria-haspopup="menu"
        aria-expanded={open()}
        ref={(element) => (button = element)}
        onClick={() => (open() ? close() : show())}
      >
        <Show when={props.icon}>{(name) => <Icon name={name()} />}</Show>
        <span class="clip" classList={{ 'hide-phone': props.icon !== undefined }}>
          {props.label}
        </span>
        <Show when={props.icon}>
          <span class="visually-hidden only-phone">{props.label}</span>
        </Show>
      </button>
      <Show when={open()}>
        <div
          class="menu-list"
          classList={{ up: props.up === true, start: atStart() }}
          role="menu"
          tabindex="-1"
          ref={(element) => (list = element)}
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown') focus(1)
            else if (event.key === 'ArrowUp') focus(-1)
            else if (event.key === 'Escape' || event.key === 'Tab') close()
            else return
            event.preventDefault()
            event.stopPropagation()
          }}
        >
          <For each={props.items}>
            {(item) => (
              <button
                type="button"
                role={item.checked === undefined ? 'menuitem' : 'menuitemradio'}
                aria-checked={item.checked}
                lang={item.lang}
                classList={{ danger: item.danger === true, begins: item.begins === true }}
                aria-disabled={item.reason !== undefined}
                title={item.reason}
                onClick={() => {
                  if (item.reason !== undefined) return
                  close()
                  item.run()
                }}
              >
                <Show when={item.checked !== undefined}>
                  <span class="tick" aria-hidden="true">
                    {item.checked ? '✓' : ''}
                  </span>
                </Show>
                <span class="grow">
                  {item.label}
                  <Show when={item.reason}>
                    <small class="dim">{item.reason}</small>
                  </Show>
                </span>
                <Show when={item.key}>
                  <kbd>{item.key}</kbd>
                </Show>
              </button>
            )}
          </For>
        </div>
      </Show>
    </span>
  )
}
