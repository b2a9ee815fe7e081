import { For, Show, type JSX } from 'solid-js'
import type { Setting } from '@fairlead/protocol/features/settings.ts'
import { span, time } from '../i18n/i18n.ts'
import { nowMs } from '../i18n/now.ts'
import { plain, StateMark } from '../kit/kit.tsx'
import { SettingRow } from './rows.tsx'
import { say, sayIfKnown } from './words.ts'

const soonMs = 30 * 86_400_000

/** What the hub was started with, to read. */
export function HubTable(props: { readonly settings: readonly Setting[] }): JSX.Element {
  return (
    <Show when={props.settings.length > 0}>
      <section class="box settings">
        <h2>{say('group.hub')}</h2>
        <p class="dim">{say('group.hubWhat')}</p>
        <For each={props.settings}>
          {(setting) => (
            <SettingRow label={sayIfKnown(setting.name) ?? setting.name} setting={setting}>
              <span class="read">
                <Show when={setting.name === 'hub.certificateUntil'} fallback={valueWords(setting)}>
                  <Until ms={Number(setting.value)} />
                </Show>
              </span>
            </SettingRow>
          )}
        </For>
      </section>
    </Show>
  )
}

function valueWords({ name, value }: Setting): string {
  return value === null ? (sayIfKnown(`value.${name}`) ?? say('value.none')) : plain(String(value))
}

function Until(props: { readonly ms: number }): JSX.Element {
  const leftMs = () => props.ms - nowMs()
  return (
    <>
      {time(props.ms)}{' '}
      <Show when={leftMs() < soonMs}>
        <StateMark state={leftMs() <= 0 ? 'critical' : 'warn'} word={say('certificateSoon', { age: span(leftMs()) })} />
      </Show>
    </>
  )
}
