import { createUniqueId, Show, type JSX } from 'solid-js'

export function Text(props: {
  readonly label: string
  readonly hint?: string
  readonly most: number
  readonly value: string
  readonly onValue: (value: string) => void
  readonly first?: boolean
  readonly secret?: boolean
}): JSX.Element {
  const id = createUniqueId()
  return (
    <label class="field">
      {props.label}
      <input
        data-first={props.first === true ? '' : undefined}
        type={props.secret === true ? 'password' : 'text'}
        autocomplete={props.secret === true ? 'new-password' : 'off'}
        spellcheck={false}
        maxlength={props.most}
        aria-describedby={props.hint === undefined ? undefined : id}
        value={props.value}
        onInput={(event) => props.onValue(event.currentTarget.value)}
      />
      <Show when={props.hint}>
        <small id={id} class="dim">
          {props.hint}
        </small>
      </Show>
    </label>
  )
}
