import { Show, type JSX } from 'solid-js'
import type { TagFault as Fault } from '@fairlead/protocol/tags.ts'
import { t } from '../i18n/i18n.ts'
import { plain } from './kit.tsx'

/** What is wrong with the tags in a field, and one that would do. Always there: what comes into it is read out. */
export function TagFault(props: { readonly id: string; readonly fault: Fault | undefined }): JSX.Element {
  return (
    <div id={props.id} role="alert">
      <Show when={props.fault}>
        {(fault) => <p class="state-critical">{t(`tags.${fault().why}`, { tag: plain(fault().tag), at: plain(fault().at) })}</p>}
      </Show>
    </div>
  )
}
