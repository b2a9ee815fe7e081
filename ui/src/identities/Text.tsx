import { createEffect, createUniqueId, on, Show, type JSX } from 'solid-js'
import type { Fault } from './fault.ts'

/** A line or a few of text, with its hint; and, in the hint's place, what the hub does not take of it. */
export function Text(props: {
  readonly label: string
  readonly hint?: string
  readonly most: number
  readonly value: string
  readonly onValue: (value: string) => void
  readonly first?: boolean
  readonly secret?: boolean
  readonly lines?: number
  /** As the hub calls it. */
  readonly name?: string
  readonly fault?: Fault | undefined
}): JSX.Element {
  const id = createUniqueId()
  let field!: HTMLInputElement | HTMLTextAreaElement
  const wrong = () => (props.fault !== undefined && props.fault.field === props.name ? props.fault.text : undefined)
  createEffect(
    on(
      () => props.fault,
      () => wrong() !== undefined && field.focus(),
      { defer: true },
    ),
  )
  const shared = () => ({
    maxlength: props.most,
    spellcheck: false,
    'aria-describedby': (wrong() ?? props.hint) === undefined ? undefined : id,
    'aria-invalid': wrong() !== undefined,
    value: props.value,
    onInput: (event: { readonly currentTarget: { readonly value: string } }) => props.onValue(event.currentTarget.value),
  })
  return (
    <label class="field">
      {props.label}
      <Show
        when={props.lines}
        fallback={
          <input
            {...shared()}
            ref={(element) => (field = element)}
            data-first={props.first === true ? '' : undefined}
            type={props.secret === true ? 'password' : 'text'}
            autocomplete={props.secret === true ? 'new-password' : 'off'}
          />
        }
      >
        {(lines) => <textarea {...shared()} ref={(element) => (field = element)} rows={lines()} />}
      </Show>
      <Show when={wrong() ?? props.hint}>
        {(text) => (
          <small id={id} class={wrong() === undefined ? 'dim' : 'state-critical'} role={wrong() === undefined ? undefined : 'alert'}>
            {text()}
          </small>
        )}
      </Show>
    </label>
  )
}
