import { For, Show, type JSX } from 'solid-js'
import { say, type Observed } from '../i18n/observe.ts'
import { plain } from '../kit/kit.tsx'
import type { FeedState } from './feed.ts'
import { colorOf, keyOf, type SourceRef } from './sources.ts'

interface ChipSource {
  readonly ref: SourceRef
  readonly index: number
  readonly state: FeedState
}

const shapes: Readonly<Record<FeedState, string>> = { opening: '◐', live: '●', waiting: '◌', stopped: '○', gone: '✕', failed: '■' }

/** The sources of a view: colour, name, how its log is; a press hides it and shows it again. */
export function SourceChips(props: {
  readonly sources: readonly ChipSource[]
  readonly off: ReadonlySet<string>
  /** There is one, and it is the page's subject: only what is odd about it is said. */
  readonly single: boolean
  readonly onToggle: (key: string) => void
  readonly onRemove?: (key: string) => void
  /** Others come by a filter, and cannot be taken out one by one. */
  readonly removable?: (key: string) => boolean
}): JSX.Element {
  const shown = () => props.sources.filter(({ state }) => !props.single || (state !== 'live' && state !== 'opening'))
  return (
    <Show when={shown().length > 0}>
      <ul class="chips" aria-label={say('logs.sources')}>
        <For each={shown()}>
          {(source) => (
            <li class={`chip c${colorOf(source.index)}`} classList={{ off: props.off.has(keyOf(source.ref)) }}>
              <Show
                when={!props.single}
                fallback={
                  <span class="chip-text">
                    <span aria-hidden="true">{shapes[source.state]}</span> {say(`logs.feed.${source.state}` as Observed)}
                  </span>
                }
              >
                <button
                  type="button"
                  aria-pressed={!props.off.has(keyOf(source.ref))}
                  title={say('logs.toggle')}
                  onClick={() => props.onToggle(keyOf(source.ref))}
                >
                  <i aria-hidden="true" />
                  <bdi>{plain(source.ref.name)}</bdi>
                  <bdi class="dim">{plain(source.ref.hostName)}</bdi>
                  <Show when={source.state !== 'live'}>
                    <span class="feed">
                      <span aria-hidden="true">{shapes[source.state]}</span> {say(`logs.feed.${source.state}` as Observed)}
                    </span>
                  </Show>
                </button>
                <Show when={props.onRemove !== undefined && (props.removable?.(keyOf(source.ref)) ?? true)}>
                  <button
                    type="button"
                    class="drop"
                    aria-label={say('logs.remove', { name: plain(source.ref.name) })}
                    title={say('logs.remove', { name: plain(source.ref.name) })}
                    onClick={() => props.onRemove!(keyOf(source.ref))}
                  >
                    ✕
                  </button>
                </Show>
              </Show>
            </li>
          )}
        </For>
      </ul>
    </Show>
  )
}
