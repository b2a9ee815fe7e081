import { createSignal, Show, type JSX } from 'solid-js'
import type { UpdateWindow } from '@fairlead/protocol/features/updates-api.ts'
import { ask } from '../api/api.ts'
import { AskDialog, Part } from '../kit/ask.tsx'
import { Days, week } from '../kit/Days.tsx'
import { minuteOf, minuteText } from '../kit/hours.ts'
import { act, plain } from '../kit/kit.tsx'
import { createLoaded } from '../kit/loaded.ts'
import { Table } from '../kit/Table.tsx'
import { say, windowWords } from './words.ts'

export interface Windowed {
  readonly id: string
  readonly name: string
  readonly window: UpdateWindow | null
}

/** When hosts of each environment may be given another agent. */
export function Windows(): JSX.Element {
  const [changing, setChanging] = createSignal<Windowed>()
  const all = createLoaded<readonly Windowed[]>('hosts:manage', [], async () => {
    const environments = await ask('environments.list', {})
    // Those that this person may not manage are not theirs to change, and not shown.
    const found = await Promise.all(
      environments.map(({ id, name }) =>
        ask('updates.window', { environment: id }).then(
          ({ window }) => [{ id, name, window }],
          () => [],
        ),
      ),
    )
    return found.flat()
  })
  return (
    <section class="windows">
      <h2>{say('windows')}</h2>
      <p class="dim">{say('windows.what')}</p>
      <Part of={all} what={say('error.windows')} lines={3}>
        {(now) => <WindowTable windows={now()} onChange={setChanging} />}
      </Part>
      <Show when={changing()} keyed>
        {(of) => <WindowDialog of={of} onClose={() => setChanging(undefined)} onSaved={() => void all.load()} />}
      </Show>
    </section>
  )
}

export function WindowTable(props: { readonly windows: readonly Windowed[]; readonly onChange: (of: Windowed) => void }): JSX.Element {
  return (
    <Table label={say('windows')} looks="roomy" heads={[say('where'), say('windows'), say('window.change')]} rows={props.windows}>
      {(one) => (
        <tr>
          <td>{plain(one.name)}</td>
          <td class="why">{windowWords(one.window)}</td>
          <td>
            <button type="button" aria-label={`${say('window.change')}: ${plain(one.name)}`} onClick={() => props.onChange(one)}>
              {say('window.change')}
            </button>
          </td>
        </tr>
      )}
    </Table>
  )
}

export function WindowDialog(props: { readonly of: Windowed; readonly onClose: () => void; readonly onSaved: () => void }): JSX.Element {
  const before = props.of.window
  const [days, setDays] = createSignal<readonly number[]>(before?.days ?? week)
  const [from, setFrom] = createSignal(minuteText(before?.fromMinute ?? 60))
  const [to, setTo] = createSignal(minuteText(before?.toMinute ?? 300))
  const [zone, setZone] = createSignal(before?.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone)
  const window = (): UpdateWindow | undefined => {
    const [fromMinute, toMinute] = [minuteOf(from()), minuteOf(to())]
    if (fromMinute === undefined || toMinute === undefined || days().length === 0 || zone().trim() === '') return undefined
    return { days: [...days()], fromMinute, toMinute, zone: zone().trim() }
  }
  async function save(next: UpdateWindow | null): Promise<void> {
    await ask('updates.setWindow', { environment: props.of.id, window: next })
    props.onSaved()
    props.onClose()
  }
  return (
    <AskDialog
      title={say('window.of', { name: plain(props.of.name) })}
      action={say('window.save')}
      disabled={window() === undefined}
      send={() => save(window()!)}
      onClose={props.onClose}
    >
      <Days legend={say('window.days')} days={days()} onChange={setDays} />
      <label class="field">
        {say('window.from')}
        <input data-first type="time" value={from()} onInput={(event) => setFrom(event.currentTarget.value)} />
      </label>
      <label class="field">
        {say('window.to')}
        <input type="time" value={to()} onInput={(event) => setTo(event.currentTarget.value)} />
      </label>
      <label class="field">
        {say('window.zone')}
        <input
          maxlength="64"
          autocomplete="off"
          spellcheck={false}
          value={zone()}
          onInput={(event) => setZone(event.currentTarget.value)}
        />
      </label>
      <div role="alert">
        <Show when={window() === undefined}>
          <p class="state-critical">{say('window.none')}</p>
        </Show>
      </div>
      <Show when={before !== null}>
        <p>
          <button type="button" onClick={() => void act(say('window.clear'), () => save(null))}>
            {say('window.clear')}
          </button>
        </p>
      </Show>
    </AskDialog>
  )
}
