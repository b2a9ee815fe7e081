import { A } from '@solidjs/router'
import { For, Show, type JSX } from 'solid-js'
import type { EnrolProgress } from '@fairlead/protocol/features/enrolment.ts'
import { said } from '../i18n/said.ts'
import { plain, Skeleton } from '../kit/kit.tsx'
import { say } from './words.ts'

const marks = { waiting: ['○', 'off'], ok: ['●', 'ok'], warn: ['▲', 'warn'], failed: ['■', 'critical'] } as const

/** What the hub has seen of the host so far, step by step. */
export function Checklist(props: { readonly progress: EnrolProgress | undefined }): JSX.Element {
  return (
    <section class="box wizard">
      <h2>3. {say('watch')}</h2>
      <Show when={props.progress} fallback={<Skeleton lines={4} />}>
        {(now) => (
          <ul class="checklist" aria-live="polite">
            <For each={now().steps}>
              {({ step, state, detail }) => (
                <li>
                  <span class={`state state-${marks[state][1]}`}>
                    <span aria-hidden="true">{marks[state][0]}</span> {say(`state.${state}`)}
                  </span>
                  <span>{say(`step.${step}`)}</span>
                  <span class="dim">
                    {plain(said(detail))}
                    <Show when={state === 'failed' || state === 'warn'}> {say(`fix.${step}`)}</Show>
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
            ● <A href={`/hosts/${host()}`}>{say('done', { name: plain(props.progress?.hostName ?? '') })}</A>
          </p>
        )}
      </Show>
    </section>
  )
}
