import { A } from '@solidjs/router'
import { For, Show, type JSX } from 'solid-js'
import type { EnrolProgress } from '@fairlead/protocol/features/enrolment.ts'
import { t } from '../i18n/i18n.ts'
import { plain, Skeleton } from '../kit/kit.tsx'

const marks = { waiting: ['○', 'off'], ok: ['●', 'ok'], warn: ['▲', 'warn'], failed: ['■', 'critical'] } as const

/** What the hub has seen of the host so far, step by step. */
export function Checklist(props: { readonly progress: EnrolProgress | undefined }): JSX.Element {
  return (
    <section class="box wizard">
      <h2>3. {t('enrol.watch')}</h2>
      <Show when={props.progress} fallback={<Skeleton lines={4} />}>
        {(now) => (
          <ul class="checklist" aria-live="polite">
            <For each={now().steps}>
              {({ step, state, detail }) => (
                <li>
                  <span class={`state state-${marks[state][1]}`}>
                    <span aria-hidden="true">{marks[state][0]}</span> {t(`enrol.state.${state}`)}
                  </span>
                  <span>{t(`enrol.step.${step}`)}</span>
                  <span class="dim">
                    {plain(detail)}
                    <Show when={state === 'failed' || state === 'warn'}> {t(`enrol.fix.${step}`)}</Show>
                  </span>
                </li>
              )}
            </For>
          </ul>
        )}
      </Show>
      <Show when={props.progress?.host}>
        {(host) => (
          <p class="state-ok">
            ● <A href={`/hosts/${host()}`}>{t('enrol.done', { name: plain(props.progress?.hostName ?? '') })}</A>
          </p>
        )}
      </Show>
    </section>
  )
}
