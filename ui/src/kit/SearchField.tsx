import type { JSX } from 'solid-js'

/** Where a dialog's list is narrowed by typing. It has the focus first; its label is also what it shows when empty. */
export function SearchField(props: {
  readonly label: string
  readonly value: string
  readonly onInput: (text: string) => void
}): JSX.Element {
  return (
    <input
      type="search"
      data-first
      spellcheck={false}
      autocomplete="off"
      aria-label={props.label}
      placeholder={props.label}
      value={props.value}
      onInput={(event) => props.onInput(event.currentTarget.value)}
    />
  )
}

/** The one above a list, to which `/` leads and which Escape leaves. */
export function FilterField(props: {
  readonly label: string
  readonly value: string
  /** undefined: nothing is typed any more. */
  readonly onInput: (text: string | undefined) => void
}): JSX.Element {
  return (
    <input
      data-filter
      class="grow"
      type="search"
      maxlength="256"
      aria-label={props.label}
      placeholder={props.label}
      value={props.value}
      onInput={(event) => props.onInput(event.currentTarget.value || undefined)}
      onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
    />
  )
}
