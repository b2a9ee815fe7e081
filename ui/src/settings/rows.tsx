import { createEffect, createSignal, For, on, Show, type JSX, type ParentProps } from 'solid-js'
import type { Setting } from '@fairlead/protocol/features/settings.ts'
import { plain } from '../kit/kit.tsx'
import { say } from './words.ts'

/** A value beside what it is called, and below it where it comes from. */
export function SettingRow(props: ParentProps<{ readonly label: string; readonly setting: Setting }>): JSX.Element {
  const locked = () => props.setting.source === 'env' || props.setting.source === 'file'
  return (
    <div class="setting">
      <span class="what">{props.label}</span>
      <div class="value">
        {props.children}
        <small class="dim">
          {say(`source.${props.setting.source}`, { from: props.setting.from })}
          <Show when={locked()}> · {say('locked')}</Show>
        </small>
      </div>
    </div>
  )
}

/** Kept as soon as it is chosen; back to what holds when the hub refused. */
export function Choice(props: {
  readonly label: string
  readonly value: string
  readonly options: readonly (readonly [value: string, label: string])[]
  readonly disabled: boolean
  readonly onChoose: (value: string) => void
}): JSX.Element {
  let select!: HTMLSelectElement
  createEffect(
    on([() => props.value, () => props.disabled], ([value]) => {
      select.value = value
    }),
  )
  return (
    <select
      ref={(element) => (select = element)}
      aria-label={props.label}
      disabled={props.disabled}
      onChange={(event) => props.onChoose(event.currentTarget.value)}
    >
      <For each={props.options}>
        {([value, label]) => (
          <option value={value} selected={value === props.value}>
            {label}
          </option>
        )}
      </For>
    </select>
  )
}

export function TextValue(props: {
  readonly label: string
  readonly value: string
  readonly disabled: boolean
  readonly onSave: (value: string) => void
}): JSX.Element {
  const [typed, setTyped] = createSignal<string>()
  createEffect(
    on(
      () => props.value,
      () => setTyped(undefined),
      { defer: true },
    ),
  )
  const next = () => typed()?.trim() ?? ''
  return (
    <form
      class="row"
      onSubmit={(event) => {
        event.preventDefault()
        if (next() !== '' && next() !== props.value) props.onSave(next())
      }}
    >
      <input
        aria-label={props.label}
        maxlength="128"
        autocomplete="off"
        disabled={props.disabled}
        value={typed() ?? plain(props.value)}
        onInput={(event) => setTyped(event.currentTarget.value)}
      />
      <Show when={next() !== '' && next() !== props.value}>
        <button type="submit">{say('save')}</button>
      </Show>
    </form>
  )
}
