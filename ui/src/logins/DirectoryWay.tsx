import { createSignal, Show, type JSX } from 'solid-js'
import type { Me, SecondStep } from '@fairlead/protocol/features/logins.ts'
import { fetchJson } from '../api/api.ts'
import { createWords } from '../i18n/i18n.ts'
import { waysEn } from '../i18n/ways-en.ts'
import { waysFr } from '../i18n/ways-fr.ts'
import { ErrorBox, plain } from '../kit/kit.tsx'

const say = createWords<keyof typeof waysEn>(waysEn, waysFr)

/** The name and the password that somebody has in a directory. Signed in, the page begins anew under the new login. */
export function DirectoryWay(props: {
  readonly provider: { readonly id: string; readonly name: string }
  readonly organization: string
  readonly onStep?: (step: SecondStep) => void
}): JSX.Element {
  const [name, setName] = createSignal('')
  const [password, setPassword] = createSignal('')
  const [error, setError] = createSignal<unknown>()
  const [busy, setBusy] = createSignal(false)
  async function send(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    setBusy(true)
    setError(undefined)
    try {
      const input = { organization: props.organization, name: name(), password: password() }
      const answer = await fetchJson<Me | SecondStep>('POST', `/sign-in/${props.provider.id}/password`, input)
      if ('step' in answer && props.onStep !== undefined) return props.onStep(answer)
      window.location.reload()
    } catch (reason) {
      setError(reason)
      setBusy(false)
    }
  }
  return (
    <form onSubmit={(event) => void send(event)}>
      <label class="field">
        {say('directory.name', { name: plain(props.provider.name) })}
        <input
          data-first
          required
          maxlength="256"
          autocomplete="username"
          spellcheck={false}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <label class="field">
        {say('directory.password')}
        <input
          required
          type="password"
          maxlength="1024"
          autocomplete="current-password"
          onInput={(event) => setPassword(event.currentTarget.value)}
        />
      </label>
      <Show when={error()}>{(now) => <ErrorBox error={now()} next={false} />}</Show>
      <button type="submit" class="primary" disabled={busy() || name().trim() === '' || password() === ''}>
        {say(busy() ? 'busy' : 'through', { name: plain(props.provider.name) })}
      </button>
    </form>
  )
}
