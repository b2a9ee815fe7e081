import { createSignal, Show, type JSX } from 'solid-js'
import { codeOf } from '@fairlead/protocol/errors.ts'
import { ErrorBox, tell } from '../kit/kit.tsx'
import { createUnsaved } from '../kit/unsaved.ts'
import type { OnFactors } from './Codes.tsx'
import { change } from './own.ts'
import { w } from './words.ts'

/** What was typed stays after a refusal. */
export function Password(props: { readonly on: OnFactors }): JSX.Element {
  const [error, setError] = createSignal<unknown>()
  const [busy, setBusy] = createSignal(false)
  const unsaved = createUnsaved()

  async function save(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    if (busy()) return
    const form = event.currentTarget as HTMLFormElement
    const { current, password } = Object.fromEntries(new FormData(form)) as Record<string, string>
    setBusy(true)
    setError(undefined)
    try {
      await change(['factors.setPassword', 'PUT', '/factors/password'], { current, password })
      form.reset()
      unsaved.saved()
      tell(w('notice.password'))
      props.on.changed()
    } catch (reason) {
      setError(reason)
      const field = (reason as { details?: { field?: unknown } }).details?.field
      form.querySelector<HTMLInputElement>(`input[name=${field === 'current' ? 'current' : 'password'}]`)?.focus()
    }
    setBusy(false)
  }

  return (
    <section class="box form">
      <h2>{w('password.title')}</h2>
      <form class="stacked" onSubmit={(event) => void save(event)} ref={unsaved.watch}>
        <label class="field">
          {w('password.current')}
          <input name="current" type="password" autocomplete="current-password" maxlength="128" required />
        </label>
        <label class="field">
          {w('password.next')}
          <input
            name="password"
            type="password"
            autocomplete="new-password"
            minlength="12"
            maxlength="128"
            aria-describedby="next-password-hint"
            required
          />
          <small id="next-password-hint">{w('password.hint')}</small>
        </label>
        <Show when={error()}>{(now) => <ErrorBox error={now()} next={codeOf(now()) === 'internal'} />}</Show>
        <p>
          <button type="submit" class="primary" disabled={busy()}>
            {busy() ? w('proof.busy') : w('password.change')}
          </button>
        </p>
      </form>
    </section>
  )
}
