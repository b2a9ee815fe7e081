import { createSignal, onCleanup, onMount, Show, type JSX } from 'solid-js'
import type { Assertion, Challenge } from '@fairlead/protocol/features/factors.ts'
import type { Me } from '@fairlead/protocol/features/logins.ts'
import { fetchJson } from '../api/api.ts'
import { ErrorBox } from '../kit/kit.tsx'
import { offer, passkeysWork, signWith, stopOffering } from './passkey.ts'
import { w } from './words.ts'

/** A challenge lives for five minutes: before that it is offered anew. */
const offerMs = 270_000

/** In by a passkey: offered where the e-mail is typed, and by a button. Nothing where passkeys do not work. */
export function PasskeyWay(props: { readonly host: string; readonly onIn: (me: Me) => void }): JSX.Element {
  const works = () => passkeysWork(props.host)
  const [error, setError] = createSignal<unknown>()
  const [busy, setBusy] = createSignal(false)
  const challenge = () => fetchJson<Challenge>('POST', '/logins/challenge', {})
  const enter = async (answer: Assertion) => props.onIn(await fetchJson<Me>('POST', '/logins/passkey', { answer }))
  let gone = false

  async function offering(): Promise<void> {
    const timer = setTimeout(stopOffering, offerMs)
    const startMs = Date.now()
    const answer = await offer(await challenge()).catch(() => undefined)
    clearTimeout(timer)
    if (gone || busy()) return
    if (answer !== undefined) return enter(answer).catch((reason: unknown) => void setError(reason))
    if (Date.now() - startMs >= offerMs) return offering()
  }

  async function use(): Promise<void> {
    setBusy(true)
    setError(undefined)
    stopOffering()
    try {
      await enter(await signWith(await challenge()))
    } catch (reason) {
      setError(reason)
      setBusy(false)
      void offering()
    }
  }

  onMount(() => works() && void offering().catch(() => undefined))
  onCleanup(() => {
    gone = true
    stopOffering()
  })
  return (
    <Show when={works()}>
      <Show when={error()}>{(now) => <ErrorBox error={now()} next={false} />}</Show>
      <button type="button" disabled={busy()} onClick={() => void use()}>
        {busy() ? w('proof.busy') : w('passkey.signIn')}
      </button>
    </Show>
  )
}
