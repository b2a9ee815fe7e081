import { createSignal, Show, type JSX } from 'solid-js'
import type { Me, Welcome } from '@fairlead/protocol/features/logins.ts'
import { fetchJson } from '../api/api.ts'
import { language, t } from '../i18n/i18n.ts'
import { ErrorBox } from '../kit/kit.tsx'

/** First run or sign-in: what a stranger sees. */
export function Gate(props: { readonly welcome: Welcome; readonly onIn: (me: Me) => void }): JSX.Element {
  const [error, setError] = createSignal<unknown>()
  const [busy, setBusy] = createSignal(false)

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    const fields = Object.fromEntries(new FormData(event.currentTarget as HTMLFormElement)) as Record<string, string>
    setBusy(true)
    setError(undefined)
    try {
      props.onIn(
        await (props.welcome.firstRun
          ? fetchJson<Me>('POST', '/setup', { ...fields, language: language() })
          : fetchJson<Me>('POST', '/logins', fields)),
      )
    } catch (reason) {
      setError(reason)
    }
    setBusy(false)
  }

  return (
    <main class="gate">
      <form onSubmit={submit}>
        <h1>{props.welcome.firstRun ? t('setup.title') : t('signIn.title')}</h1>
        <Show when={!props.welcome.secure}>
          <div class="box error">{props.welcome.insecureReason}</div>
        </Show>
        <Show when={props.welcome.firstRun}>
          <p class="dim">{t('setup.intro')}</p>
          <Field name="code" label={t('setup.code')} autocomplete="one-time-code" />
          <Field name="name" label={t('setup.name')} autocomplete="name" />
          <Field name="organization" label={t('setup.organization')} autocomplete="organization" />
        </Show>
        <Field name="email" label={t('signIn.email')} type="email" autocomplete="username" />
        <Field
          name="password"
          label={t('signIn.password')}
          type="password"
          autocomplete={props.welcome.firstRun ? 'new-password' : 'current-password'}
        />
        <Show when={props.welcome.firstRun}>
          <p class="dim">{t('setup.passwordHint')}</p>
        </Show>
        <Show when={error()}>{(now) => <ErrorBox error={now()} />}</Show>
        <button class="primary" type="submit" disabled={busy()}>
          {props.welcome.firstRun ? t('setup.submit') : t('signIn.submit')}
        </button>
      </form>
    </main>
  )
}

function Field(props: {
  readonly name: string
  readonly label: string
  readonly type?: string
  readonly autocomplete: string
}): JSX.Element {
  return (
    <label>
      {props.label}
      <input name={props.name} type={props.type ?? 'text'} autocomplete={props.autocomplete} required />
    </label>
  )
}
