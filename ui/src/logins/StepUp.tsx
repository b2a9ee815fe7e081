import { Show, type JSX } from 'solid-js'
import type { Challenge, Given } from '@fairlead/protocol/features/factors.ts'
import { fetchJson, renew, type Wanted } from '../api/api.ts'
import { Dialog } from '../kit/Dialog.tsx'
import { ProveAway } from './ProveAway.tsx'
import { Proof } from './Proof.tsx'
import { w } from './words.ts'

/** What was asked waits behind it, and goes on when one proved that it is still oneself. */
export function StepUp(props: { readonly wanted: Wanted }): JSX.Element {
  const method = () => props.wanted.method
  async function send(given: Given): Promise<void> {
    const { settle } = props.wanted
    await renew(() => fetchJson('POST', '/logins/current/proof', { wanted: method(), given }))
    settle(true)
  }
  return (
    <Dialog title={w('stepUp.title')} onClose={() => props.wanted.settle(false)}>
      <p>{w('stepUp.why')}</p>
      <Show when={!props.wanted.accepts.includes('provider')} fallback={<ProveAway />}>
        <Proof
          accepts={props.wanted.accepts}
          challenge={() => fetchJson<Challenge>('POST', '/logins/current/challenge', { wanted: method() })}
          send={send}
        />
      </Show>
    </Dialog>
  )
}
