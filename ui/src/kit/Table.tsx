import { For, type JSX } from 'solid-js'

/** What a column is called; `num`: figures stand in it. */
type Head = string | { readonly num: string }

/** A table of a page, whole: rows that come and go by themselves are a grid's. On a phone each row is a block. */
export function Table<T>(props: {
  readonly label: string
  /** Of the frame. */
  readonly class?: string
  /** Of the table: `roomy` for sentences and buttons. */
  readonly looks?: string
  readonly heads: readonly Head[]
  readonly rows: readonly T[]
  readonly children: (row: T) => JSX.Element
}): JSX.Element {
  return (
    <div class={`table ${props.class ?? ''}`} tabindex="0" role="region" aria-label={props.label}>
      <table class={`stack-phone ${props.looks ?? ''}`}>
        <thead>
          <tr>
            <For each={props.heads}>{(head) => (typeof head === 'string' ? <th>{head}</th> : <th class="num">{head.num}</th>)}</For>
          </tr>
        </thead>
        <tbody>
          <For each={props.rows}>{props.children}</For>
        </tbody>
      </table>
    </div>
  )
}
