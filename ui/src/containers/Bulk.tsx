import { createMemo, createSignal, For, Show, type JSX } from 'solid-js'
import type { FleetRow } from '@fairlead/protocol/features/fleet.ts'
import { t } from '../i18n/i18n.ts'
import { Dialog } from '../kit/Dialog.tsx'
import { keyOf } from '../kit/fleet-window.ts'
import { plain } from '../kit/kit.tsx'
import { showOperation, startOperation } from '../kit/operations.ts'
import { labelOf, plan, run, type Verb } from './actions.ts'

const mostListed = 500

/** What will happen to what, before it does. What cannot be undone lists every name and wants the number typed. */
export function BulkPreview(props: {
  readonly verb: Verb
  readonly rows: readonly FleetRow[]
  readonly onClose: () => void
  readonly onStarted: () => void
}): JSX.Element {
  const what = createMemo(() => plan(props.verb, props.rows))
  const [typed, setTyped] = createSignal('')
  const danger = () => props.verb === 'remove'
  const ready = () => what().rows.length > 0 && (!danger() || typed().trim() === String(what().rows.length))

  function start(): void {
    if (!ready()) return
    // This dialog is gone before the last of them is done: nothing below may ask it anything.
    const verb = props.verb
    const rows = new Map(what().rows.map((row) => [keyOf(row), row]))
    const targets = [...rows].map(([key, { name, hostName }]) => ({ key, name, hostName }))
    const id = startOperation(`${t(labelOf(verb))}: ${t('bulk.many', { n: targets.length })}`, targets, (key) => run(verb, rows.get(key)!))
    props.onStarted()
    showOperation(id)
  }

  return (
    <Dialog title={t(labelOf(props.verb))} onClose={() => props.onClose()}>
      <p>
        <strong>{t('bulk.on', { n: what().rows.length, hosts: what().hosts })}</strong>
        <For each={what().skipped}>{({ reason, count }) => <span>; {t('bulk.skipped', { n: count, why: t(reason) })}</span>}</For>
      </p>
      <Show when={danger() && what().rows.length > 0}>
        <p class="state-critical">{t('bulk.removeAsk')}</p>
      </Show>
      <ul class="listed" tabindex="0" aria-label={t('containers.title')}>
        <For each={what().rows.slice(0, mostListed)}>
          {(row) => (
            <li>
              {plain(row.name)} <span class="dim">{plain(row.hostName)}</span>
            </li>
          )}
        </For>
        <Show when={what().rows.length > mostListed}>
          <li class="dim">{t('bulk.more', { n: what().rows.length - mostListed })}</li>
        </Show>
      </ul>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault()
          start()
        }}
      >
        <Show when={danger() && what().rows.length > 0}>
          <label class="field">
            {t('bulk.typeNumber', { n: what().rows.length })}
            <input
              data-first
              inputmode="numeric"
              autocomplete="off"
              value={typed()}
              onInput={(event) => setTyped(event.currentTarget.value)}
            />
          </label>
        </Show>
        <span class="grow dim">{t('bulk.atOnce')}</span>
        <button type="button" onClick={() => props.onClose()}>
          {t('cancel')}
        </button>
        <button type="submit" class={danger() ? 'danger' : 'primary'} disabled={!ready()} data-first>
          {t(labelOf(props.verb))}
        </button>
      </form>
    </Dialog>
  )
}
