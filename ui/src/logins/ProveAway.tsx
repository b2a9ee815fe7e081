import { createResource, createSignal, Show, type JSX } from 'solid-js'
import type { Me } from '@fairlead/protocol/features/logins.ts'
import { fetchJson } from '../api/api.ts'
import { ErrorBox } from '../kit/kit.tsx'
import { goAgain } from './away.ts'
import { DirectoryWay } from './DirectoryWay.tsx'
import { w } from './words.ts'

/** Whoever came in through a provider and has nothing else to prove who they are signs in there once more. */
export function ProveAway(): JSX.Element {
  const [me] = createResource(() => fetchJson<Me>('GET', '/me'))
  const [error, setError] = createSignal<unknown>()
  const [busy, setBusy] = createSignal(false)
  async function go(now: Me): Promise<void> {
    setBusy(true)
    setError(undefined)
    try {
      await goAgain(now)
    } catch (reason) {
      setError(reason)
      setBusy(false)
    }
  }
  return (
    <Show when={me()?.provider && me()}>
      {(now) => (
        <>
          <p>{w('proof.away.why', { name: now().provider?.name ?? '' })}</p>
          <Show when={error()}>{(reason) => <ErrorBox error={reason()} />}</Show>
          <Show
            when={now().provider?.kind === 'ldap' && now().provider}
            fallback={
              <button class="primary" type="button" data-first disabled={busy()} onClick={() => void go(now())}>
                {busy() ? w('proof.busy') : w('proof.away', { name: now().provider?.name ?? '' })}
              </button>
            }
          >
            {(provider) => <DirectoryWay provider={provider()} organization={now().organization.id} />}
          </Show>
        </>
      )}
    </Show>
  )
}
