import { createSignal, For, Show, type JSX } from 'solid-js'
import { containerFields, unknownContainerField } from '../containers/fields.ts'
import { t } from '../i18n/i18n.ts'
import { say } from '../i18n/observe.ts'
import { Dialog, DialogButtons } from '../kit/Dialog.tsx'
import { NoSuchField } from '../kit/FilterBar.tsx'
import { ErrorBox, plain, StateMark } from '../kit/kit.tsx'
import { createFleetPage } from '../kit/live.ts'
import { SearchField } from '../kit/SearchField.tsx'
import { keyOf, type SourceRef } from './sources.ts'
import { refOf } from './workspace.ts'

const shownRows = 100

/** Containers of the whole fleet, found with the fleet's own filter: some of them, or all that match, now and later. */
export function Picker(props: {
  readonly chosen: readonly SourceRef[]
  readonly onAdd: (refs: readonly SourceRef[]) => void
  readonly onFollow: (filter: string) => void
  readonly onClose: () => void
}): JSX.Element {
  const [filter, setFilter] = createSignal('')
  const [picked, setPicked] = createSignal<ReadonlyMap<string, SourceRef>>(new Map())
  const { state, error, retry } = createFleetPage(() => ({
    kind: 'container',
    filter: filter(),
    sort: 'name',
    offset: 0,
    limit: shownRows,
  }))
  const already = () => new Set(props.chosen.map(keyOf))
  const matching = () => state.totals?.matching ?? 0
  const unknown = () => unknownContainerField(filter(), state.ready ? matching() : undefined)
  const toggle = (ref: SourceRef) => {
    const next = new Map(picked())
    if (!next.delete(keyOf(ref))) next.set(keyOf(ref), ref)
    setPicked(next)
  }
  return (
    <Dialog title={say('logs.pick')} wide onClose={props.onClose}>
      <form
        class="picker"
        onSubmit={(event) => {
          event.preventDefault()
          if (picked().size > 0) props.onAdd([...picked().values()])
        }}
      >
        <SearchField label={say('logs.pick.filter')} value={filter()} onInput={setFilter} />
        <Show when={unknown()}>
          {(field) => <NoSuchField field={field()} names={containerFields} onMend={() => setFilter(field().mended)} />}
        </Show>
        <Show when={error()}>{(now) => <ErrorBox error={now()} onRetry={retry} />}</Show>
        <ul>
          <For each={state.rows} fallback={<li class="box dim">{state.ready ? say('logs.pick.none') : t('loading')}</li>}>
            {(row) => {
              const ref = refOf(row)
              return (
                <li>
                  <label class="pick">
                    <input
                      type="checkbox"
                      checked={already().has(keyOf(ref)) || picked().has(keyOf(ref))}
                      disabled={already().has(keyOf(ref))}
                      onChange={() => toggle(ref)}
                    />
                    <StateMark state={row.staleMs === undefined ? row.state : 'stale'} word="" />
                    <bdi>{plain(row.name)}</bdi>
                    <bdi class="dim">{plain(row.hostName)}</bdi>
                    <span class="grow" />
                    <bdi class="dim image">{plain(String(row.facts?.['image'] ?? ''))}</bdi>
                  </label>
                </li>
              )
            }}
          </For>
        </ul>
        <Show when={matching() > shownRows}>
          <p class="log-note">{say('logs.pick.more', { n: shownRows, all: matching() })}</p>
        </Show>
        <DialogButtons
          action={picked().size === 0 ? say('logs.pick.add') : say('logs.pick.addN', { n: picked().size })}
          disabled={picked().size === 0}
          onCancel={() => props.onClose()}
        >
          <button type="button" disabled={filter().trim() === '' || matching() === 0} onClick={() => props.onFollow(filter().trim())}>
            {say('logs.pick.follow', { n: matching() })}
          </button>
          <span class="grow" />
        </DialogButtons>
      </form>
    </Dialog>
  )
}
