import { createSignal, onMount, Show, type JSX } from 'solid-js'
import { codeOf } from '@fairlead/protocol/errors.ts'
import type { Me, Welcome } from '@fairlead/protocol/features/logins.ts'
import { fetchJson, forgetSession } from '../api/api.ts'
import { language, t } from '../i18n/i18n.ts'
import { said } from '../i18n/said.ts'
import { ErrorBox, plain, Skeleton } from '../kit/kit.tsx'
import { BrandLine } from '../shell/BrandLine.tsx'
import { say } from './words.ts'

interface Invited {
  readonly organization: string
  readonly email: string
  readonly known: boolean
}

/** What stands behind an invitation's link. Its secret stands behind the `#`, which is sent to no server, and goes with the last step. */
export function Join(props: {
  readonly welcome: Welcome | undefined
  readonly me: Me | undefined
  readonly onIn: (me: Me) => void
  readonly onLeave: () => void
}): JSX.Element {
  const secret = location.hash.slice(1)
  const [invited, setInvited] = createSignal<Invited>()
  const [error, setError] = createSignal<unknown>()
  async function look(): Promise<void> {
    setError(undefined)
    await fetchJson<Invited>('POST', '/accounts/invited', { secret }).then(setInvited, setError)
  }
  onMount(() => void (secret !== '' && look()))
  return (
    <main class="gate">
      <div class="gate-box">
        <BrandLine />
        <Show
          when={invited()}
          fallback={
            <Show when={secret === '' || error() !== undefined} fallback={<Skeleton lines={5} />}>
              <h1>{say('title')}</h1>
              <Show when={secret !== ''} fallback={<p class="note note-warn">{say('join.broken')}</p>}>
                <NotOpen error={error()} onRetry={() => void look()} />
              </Show>
              <button type="button" onClick={() => props.onLeave()}>
                {say('join.signIn')}
              </button>
            </Show>
          }
        >
          {(now) => (
            <JoinForm invited={now()} secret={secret} welcome={props.welcome} me={props.me} onIn={props.onIn} onLeave={props.onLeave} />
          )}
        </Show>
      </div>
    </main>
  )
}

/** Used, canceled and expired are told alike; a hub that does not answer can be asked again. */
export function NotOpen(props: { readonly error: unknown; readonly onRetry: () => void }): JSX.Element {
  const closed = () => codeOf(props.error) === 'not_found' || codeOf(props.error) === 'invalid_input'
  return <ErrorBox what={say('join.error')} error={props.error} next={false} {...(closed() ? {} : { onRetry: props.onRetry })} />
}

const fieldOf = (error: unknown) => (error as { readonly details?: { readonly field?: unknown } }).details?.field

function JoinForm(props: {
  readonly invited: Invited
  readonly secret: string
  readonly welcome: Welcome | undefined
  readonly me: Me | undefined
  readonly onIn: (me: Me) => void
  readonly onLeave: () => void
}): JSX.Element {
  const [error, setError] = createSignal<unknown>()
  const [joined, setJoined] = createSignal(false)
  const [busy, setBusy] = createSignal(false)
  const email = () => plain(props.invited.email)
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    if (busy()) return
    const form = event.currentTarget as HTMLFormElement
    const { email: _shown, ...fields } = Object.fromEntries(new FormData(form)) as Record<string, string>
    setBusy(true)
    setError(undefined)
    try {
      const me = await fetchJson<Me>('POST', '/accounts/accept', { ...fields, secret: props.secret, language: language() })
      forgetSession()
      return props.onIn(me)
    } catch (reason) {
      setError(reason)
      // The password was right and the account asks for more: it belongs here now, and signs in as ever.
      if (codeOf(reason) === 'unauthenticated' && fieldOf(reason) !== 'password') return void setJoined(true)
      const wrong = form.querySelector<HTMLInputElement>('input[name=password]')
      wrong?.focus()
      wrong?.select()
    }
    setBusy(false)
  }
  return (
    <form onSubmit={(event) => void submit(event)} onInput={() => setError(undefined)}>
      <h1>{say('join.title', { organization: plain(props.invited.organization) })}</h1>
      <p>{say(props.invited.known ? 'join.known' : 'join.new', { email: email() })}</p>
      <Show when={props.me}>{(now) => <p class="note note-warn">{say('join.as', { name: plain(now().name), email: email() })}</p>}</Show>
      <Show when={props.welcome?.secure === false}>
        <div class="box error" role="alert">
          <p>{said(props.welcome!.insecureReason)}</p>
        </div>
      </Show>
      {/* A password manager keeps the password under it. */}
      <input
        class="visually-hidden"
        name="email"
        type="email"
        autocomplete="username"
        readonly
        tabindex="-1"
        aria-hidden="true"
        value={props.invited.email}
      />
      <Show when={!props.invited.known}>
        <label>
          {say('join.name')}
          <input name="name" autocomplete="name" maxlength="128" required ref={(field) => queueMicrotask(() => field.focus())} />
        </label>
      </Show>
      <label>
        {t('signIn.password')}
        <input
          name="password"
          type="password"
          autocomplete={props.invited.known ? 'current-password' : 'new-password'}
          minlength="12"
          maxlength="128"
          aria-describedby={props.invited.known ? undefined : 'join-hint'}
          required
        />
        <Show when={!props.invited.known}>
          <small id="join-hint" class="dim">
            {t('setup.passwordHint')}
          </small>
        </Show>
      </label>
      <Show when={error()}>{(now) => <ErrorBox error={now()} next={false} />}</Show>
      <Show
        when={joined()}
        fallback={
          <button class="primary" type="submit" disabled={busy()}>
            {busy() ? t('signIn.busy') : say('join.submit')}
          </button>
        }
      >
        <button class="primary" type="button" onClick={() => props.onLeave()}>
          {t('signIn.submit')}
        </button>
      </Show>
    </form>
  )
}
