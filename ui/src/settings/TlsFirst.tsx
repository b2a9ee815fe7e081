import type { JSX } from 'solid-js'
import type { Tls } from '@fairlead/protocol/features/settings.ts'
import { tls as say } from './tls-words.ts'
import { TlsMissing } from './TlsMissing.tsx'

/** Beside the first run: whoever sets the hub up reads there what to do next. */
export function TlsFirst(props: { readonly tls: Tls }): JSX.Element {
  return (
    <aside class="first-tls" aria-label={say('missing')}>
      <h2>{say('missing')}</h2>
      <p class="dim">{say(`way.${props.tls.way}`)}</p>
      <TlsMissing tls={props.tls} />
    </aside>
  )
}
