import { Show, type JSX } from 'solid-js'
import type { Certificate } from '@fairlead/protocol/features/settings.ts'
import { ask } from '../api/api.ts'
import { time } from '../i18n/i18n.ts'
import { said } from '../i18n/said.ts'
import { Part } from '../kit/ask.tsx'
import { plain } from '../kit/kit.tsx'
import { createLoaded } from '../kit/loaded.ts'
import { tls as say } from './tls-words.ts'
import { TlsMissing } from './TlsMissing.tsx'

const command = 'fairlead-hub certificate renew'

/** Which of the ways to HTTPS is used, until when it holds, and what is missing. */
export function TlsBox(): JSX.Element {
  const found = createLoaded<Certificate | undefined>('hub:settings', undefined, () => ask('settings.certificate', {}))
  return (
    <Part of={found} what={say('error')}>
      {() => <Show when={found.now()}>{(now) => <TlsReport of={now()} />}</Show>}
    </Part>
  )
}

function TlsReport(props: { readonly of: Certificate }): JSX.Element {
  const names = (list: readonly string[]) => list.map(plain).join(', ')
  // A proxy shows its own, of which the hub knows nothing.
  const ours = () => props.of.way !== 'proxy'
  return (
    <section class="box settings tls" aria-label={say('title')}>
      <h2>{say('title')}</h2>
      <p>{say(`way.${props.of.way}`)}</p>
      <Show when={ours()}>
        <p class="dim">
          {say('until', { time: time(props.of.untilMs) })} {say('names', { names: names(props.of.names) })}
        </p>
      </Show>
      <Show when={props.of.order}>
        {(order) => (
          <p class="dim">
            {say('by', { directory: plain(order().directory), names: names(order().domains) })}{' '}
            <Show when={props.of.missing.length === 0}>{say('renewal', { time: time(order().nextMs) })}</Show>
          </p>
        )}
      </Show>
      <Show when={props.of.missing.length === 0}>
        <p>{say('nothing')}</p>
      </Show>
      <TlsMissing tls={props.of} />
      <Show when={props.of.detail !== ''}>
        <p class="said">{say('said', { text: plain(said(props.of.detail)) })}</p>
      </Show>
      <Show when={props.of.missing.includes('order') && props.of.order}>
        {(order) => <p class="dim">{say('again', { time: time(order().nextMs), command })}</p>}
      </Show>
    </section>
  )
}
