import { createSignal, For, Show, type JSX } from 'solid-js'
import type { Provider, TestStep } from '@fairlead/protocol/features/identities.ts'
import { ask } from '../api/api.ts'
import { said } from '../i18n/said.ts'
import { ErrorBox, plain } from '../kit/kit.tsx'
import { may } from '../kit/me.ts'
import { Text } from './Text.tsx'
import { say, sayIfKnown } from './words.ts'

/** Asks the provider what a sign-in will ask, and says of each step what is wrong and how to mend it. */
export function TestBox(props: { readonly provider: Provider }): JSX.Element {
  const [steps, setSteps] = createSignal<readonly TestStep[]>()
  const [error, setError] = createSignal<unknown>()
  const [busy, setBusy] = createSignal(false)
  const [name, setName] = createSignal('')
  async function run(): Promise<void> {
    setBusy(true)
    setError(undefined)
    try {
      const who = name().trim()
      setSteps((await ask('identities.test', { id: props.provider.id, ...(who === '' ? {} : { name: who }) })).steps)
    } catch (reason) {
      setError(reason)
    }
    setBusy(false)
  }
  return (
    <Show when={may('identities:manage')}>
      <section class="box">
        <div class="head">
          <h2 class="grow">{say('test.title', { name: plain(props.provider.name) })}</h2>
          <button type="button" disabled={busy()} onClick={() => void run()}>
            {busy() ? say('test.busy') : say(steps() === undefined ? 'test' : 'test.again')}
          </button>
        </div>
        <Show when={props.provider.settings.kind === 'ldap'}>
          <div class="form">
            <Text label={say('test.name')} hint={say('test.nameHint')} most={256} value={name()} onValue={setName} />
          </div>
        </Show>
        <Show when={error()}>{(now) => <ErrorBox error={now()} onRetry={() => void run()} />}</Show>
        <Show when={steps()}>{(now) => <Steps steps={now()} />}</Show>
      </section>
    </Show>
  )
}

export function Steps(props: { readonly steps: readonly TestStep[] }): JSX.Element {
  return (
    <ul class="grants" aria-live="polite">
      <For each={props.steps}>
        {({ step, state, why, detail }) => (
          <li>
            <span>
              {sayIfKnown(`step.${step}`)}: <strong>{say(`state.${state}`)}</strong>
            </span>
            <Show when={why !== ''}>
              <p class={state === 'failed' ? 'note note-warn' : 'dim'}>
                {sayIfKnown(`why.${why}`)} <Show when={detail !== ''}>{<code class="wrap">{plain(said(detail))}</code>}</Show>
              </p>
            </Show>
          </li>
        )}
      </For>
    </ul>
  )
}
