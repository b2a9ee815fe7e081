import { createSignal, For, onMount, Show, type JSX } from 'solid-js'
import type { Policy } from '@fairlead/protocol/features/factors.ts'
import { ask } from '../api/api.ts'
import { act } from '../kit/kit.tsx'
import { may } from '../kit/me.ts'
import { w } from './words.ts'

const policies = ['optional', 'admins', 'everyone'] as const

/** Who has to have a second factor in this organization: seen by who may see accounts, chosen by who manages them. */
export function PolicyForm(): JSX.Element {
  const [policy, setPolicy] = createSignal<Policy>()
  onMount(() => {
    if (may('accounts:read'))
      void ask('factors.policy', {}).then(
        ({ secondFactor }) => setPolicy(secondFactor),
        () => undefined,
      )
  })
  async function save(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    const secondFactor = new FormData(event.currentTarget as HTMLFormElement).get('secondFactor') as Policy
    await act(w('policy.title'), async () => setPolicy((await ask('factors.setPolicy', { secondFactor })).secondFactor))
  }
  return (
    <Show when={policy()}>
      {(now) => (
        <section class="box form">
          <h2 id="policy-title">{w('policy.title')}</h2>
          <form class="row" onSubmit={(event) => void save(event)}>
            <select name="secondFactor" aria-labelledby="policy-title" disabled={!may('accounts:manage')}>
              <For each={policies}>
                {(one) => (
                  <option value={one} selected={one === now()}>
                    {w(`policy.${one}`)}
                  </option>
                )}
              </For>
            </select>
            <Show when={may('accounts:manage')}>
              <button type="submit">{w('policy.save')}</button>
            </Show>
          </form>
        </section>
      )}
    </Show>
  )
}
