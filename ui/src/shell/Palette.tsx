import { useNavigate } from '@solidjs/router'
import { createEffect, createSignal, For, onCleanup, Show, type JSX } from 'solid-js'
import type { FleetRow } from '@fairlead/protocol/features/fleet.ts'
import { ask } from '../api/api.ts'
import { t } from '../i18n/i18n.ts'
import { plain, StateMark } from '../kit/kit.tsx'

/** Go to anything: the hub's best matches over all hosts, and the pages. */
export function Palette(props: { readonly onClose: () => void }): JSX.Element {
  const [text, setText] = createSignal('')
  const [rows, setRows] = createSignal<readonly FleetRow[]>([])
  const [current, setCurrent] = createSignal(0)
  const navigate = useNavigate()
  const before = document.activeElement as HTMLElement | null
  onCleanup(() => before?.focus())

  createEffect(() => {
    const wanted = text().trim()
    setCurrent(0)
    if (wanted === '') return void setRows([])
    let stale = false
    ask('fleet.find', { text: wanted }).then(
      (found) => !stale && setRows(found),
      () => undefined,
    )
    onCleanup(() => (stale = true))
  })

  const go = (row: FleetRow | undefined) => {
    if (row === undefined) return
    props.onClose()
    navigate(`/containers/${row.host}/${row.id}`)
  }

  function onKey(event: KeyboardEvent): void {
    if (event.key === 'Escape') props.onClose()
    else if (event.key === 'Enter') go(rows()[current()])
    else if (event.key === 'ArrowDown') setCurrent((n) => Math.min(n + 1, rows().length - 1))
    else if (event.key === 'ArrowUp') setCurrent((n) => Math.max(n - 1, 0))
    else return
    event.preventDefault()
  }

  return (
    <div class="palette" onClick={(event) => event.target === event.currentTarget && props.onClose()} role="presentation">
      <div role="dialog" aria-modal="true" aria-label={t('palette.open')}>
        <input
          aria-label={t('palette.placeholder')}
          placeholder={t('palette.placeholder')}
          value={text()}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={onKey}
          ref={(input) => queueMicrotask(() => input.focus())}
        />
        <Show when={text().trim() !== ''}>
          <ul role="listbox" aria-label={t('palette.open')}>
            <For each={rows()} fallback={<li class="dim">{t('palette.none')}</li>}>
              {(row, index) => (
                <li
                  role="option"
                  aria-selected={index() === current()}
                  class={index() === current() ? 'current' : ''}
                  onClick={() => go(row)}
                >
                  <StateMark state={row.staleMs === undefined ? row.state : 'stale'} word="" />
                  <span class="grow">{plain(row.name)}</span>
                  <span class="dim">{plain(row.hostName)}</span>
                </li>
              )}
            </For>
          </ul>
        </Show>
      </div>
    </div>
  )
}
