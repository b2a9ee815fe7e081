import type { JSX } from 'solid-js'
import { t } from '../i18n/i18n.ts'
import { CopyButton } from './kit.tsx'

/** Something to type on a host, within a sentence. */
export function Command(props: { readonly text: string }): JSX.Element {
  return (
    <span class="command">
      <code>{props.text}</code>
      <CopyButton text={props.text} label={t('error.copy')} />
    </span>
  )
}
