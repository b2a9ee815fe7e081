import type { JSX } from 'solid-js'
import type { AuditRow } from '@fairlead/protocol/features/audit.ts'
import { codeWords } from './told.ts'
import { say } from './words.ts'

const looks = { ok: ['●', 'ok'], started: ['◐', 'busy'], failed: ['■', 'critical'], refused: ['▲', 'warn'] } as const

/** How it ended, by shape, colour and word, with what went wrong. */
export function Outcome(props: { readonly row: AuditRow }): JSX.Element {
  return (
    <span class={`state state-${looks[props.row.outcome][1]}`}>
      <span aria-hidden="true">{looks[props.row.outcome][0]}</span> {say(`outcome.${props.row.outcome}`)}{' '}
      <span class="dim" title={props.row.code}>
        {codeWords(props.row)}
      </span>
    </span>
  )
}
