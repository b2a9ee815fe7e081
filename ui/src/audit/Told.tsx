import { A } from '@solidjs/router'
import { For, Show, type JSX } from 'solid-js'
import type { AuditRow } from '@fairlead/protocol/features/audit.ts'
import { plain } from '../kit/kit.tsx'
import { subjectOf, verbWords } from './told.ts'
import { say, sayIfKnown } from './words.ts'

/** What was done, in words; as it is written in the trail on hover. */
export function Verb(props: { readonly row: AuditRow }): JSX.Element {
  return <span title={props.row.verb}>{verbWords(props.row.verb)}</span>
}

/** To what, and on which host. The id, which nobody reads, on hover. */
export function Subject(props: { readonly row: AuditRow }): JSX.Element {
  const subject = () => subjectOf(props.row)
  return (
    <>
      <Show when={subject().text !== ''}>
        <span title={props.row.target}>
          <Show when={subject().href} fallback={subject().text}>
            {(href) => <A href={href()}>{subject().text}</A>}
          </Show>
        </span>{' '}
      </Show>
      <span class={subject().text === '' ? '' : 'dim'}>{plain(props.row.hostName)}</span>
    </>
  )
}

/** What became of what, where the trail has it. */
export function Changed(props: { readonly row: AuditRow }): JSX.Element {
  const changes = () => Object.entries(props.row.after ?? {})
  return (
    <For each={changes()}>
      {([key, after]) => (
        <span class="trail-change dim">
          {sayIfKnown(`changed.${key}`) ?? plain(key)}: {plain(props.row.before?.[key] ?? '') || say('changed.nothing')} →{' '}
          {plain(after) || say('changed.nothing')}
        </span>
      )}
    </For>
  )
}
