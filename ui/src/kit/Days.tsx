import { For, type JSX } from 'solid-js'
import { dayWords } from './hours.ts'

/** From Monday. */
export const week: readonly number[] = [1, 2, 3, 4, 5, 6, 7]

/** Days of the week to tick. */
export function Days(props: {
  readonly legend: string
  readonly days: readonly number[]
  readonly onChange: (days: readonly number[]) => void
}): JSX.Element {
  const toggle = (day: number, on: boolean) =>
    props.onChange(on ? [...props.days, day].sort((a, b) => a - b) : props.days.filter((one) => one !== day))
  return (
    <fieldset class="days">
      <legend>{props.legend}</legend>
      <For each={week}>
        {(day) => (
          <label class="ticked">
            <input type="checkbox" checked={props.days.includes(day)} onChange={(event) => toggle(day, event.currentTarget.checked)} />
            {dayWords(day, 'long')}
          </label>
        )}
      </For>
    </fieldset>
  )
}
