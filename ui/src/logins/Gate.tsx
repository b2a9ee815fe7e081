import { createEffect, createSignal, lazy, onCleanup, Show, Suspense, untrack, type JSX } from 'solid-js'
import { codeOf } from '@fairlead/protocol/errors.ts'
import type { Me, SecondStep as Step, Welcome } from '@fairlead/protocol/features/logins.ts'
import { fetchJson, forgetSession } from '../api/api.ts'
import { language, t } from '../i18n/i18n.ts'
import { said } from '../i18n/said.ts'
import { ErrorBox } from '../kit/kit.tsx'
import { createUnsaved } from '../kit/unsaved.ts'
import { BrandLine } from '../shell/BrandLine.tsx'

const SecondStep = lazy(async () => ({ default: (await import('./SecondStep.tsx')).SecondStep }))
const Ways = lazy(async () => ({ default: (await import('./Ways.tsx')).Ways }))
const TlsFirst = lazy(async () => ({ default: (await import('../settings/TlsFirst.tsx')).TlsFirst }))
const PasskeyWay = lazy(async () => ({ default: (await import('./PasskeyWay.tsx')).PasskeyWay }))

/** First run or sign-in: what a stranger sees. What was typed stays after a refusal; the address stays, too. */
export function Gate(props: { readonly welcome: Welcome; readonly ended: boolean; readonly onIn: (me: Me) => void }): JSX.Element {
  const [error, setError] = createSignal<unknown>()
  const [busy, setBusy] = createSignal(false)
  const [waitSeconds, setWaitSeconds] = createSignal(0)
  const [step, setStep] = createSignal<Step>()
  const unsaved = createUnsaved()
  createEffect(() => {
    if (waitSeconds() <= 0) return
    const timer = setTimeout(() => {
      if (setWaitSeconds((n) => n - 1) <= 0) setError(undefined)
    }, 1000)
    onCleanup(() => clearTimeout(timer))
  })

  function enter(me: Me): void {
    forgetSession()
    unsaved.saved()
    props.onIn(me)
  }

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    if (busy() || waitSeconds() > 0) return
    const form = event.currentTarget as HTMLFormElement
    const fields = Object.fromEntries(new FormData(form)) as Record<string, string>
    setBusy(true)
    setError(undefined)
    try {
      const answer = await (props.welcome.firstRun
        ? fetchJson<Me>('POST', '/setup', { ...fields, language: language() })
        : fetchJson<Me | Step>('POST', '/logins', fields))
      setBusy(false)
      return 'step' in answer ? void setStep(answer) : enter(answer)
    } catch (reason) {
      setError(reason)
      const seconds = (reason as { details?: { retryAfterSeconds?: unknown } }).details?.retryAfterSeconds
      setWaitSeconds(codeOf(reason) === 'rate_limited' && typeof seconds === 'number' ? seconds : 0)
      const { field } = (reason as { details?: { field?: unknown } }).details ?? {}
      const named = props.welcome.firstRun && form.elements.namedItem(String(field ?? 'code'))
      const wrong = named instanceof HTMLInputElement ? named : form.querySelector<HTMLInputElement>('input[name=password]')
      wrong?.focus()
      wrong?.select()
    }
    setBusy(false)
  }

  return (
    <main class="gate">
      <Show when={step()}>
        {(now) => (
          <Suspense>
            <SecondStep step={now()} onIn={enter} onAgain={() => setStep(undefined)} />
          </Suspense>
        )}
      </Show>
      {/* Nothing is lost with an address and a password; the rest of a first run is more to type again. */}
      <form
        hidden={step() !== undefined}
        onSubmit={submit}
        onInput={() => waitSeconds() <= 0 && setError(undefined)}
        ref={(form) => untrack(() => props.welcome.firstRun) && unsaved.watch(form)}
      >
        <BrandLine />
        <h1>{props.welcome.firstRun ? t('setup.title') : t('signIn.title')}</h1>
        <Show when={!props.welcome.secure}>
          <div class="box error" role="alert">
            <p>{said(props.welcome.insecureReason)}</p>
            <Show when={props.welcome.secureUrl}>
              {(url) => (
                <p>
                  <a href={url()}>{url()}</a>
                </p>
              )}
            </Show>
          </div>
        </Show>
        <Show when={props.ended}>
          <p class="note note-warn">{t('signIn.ended')}</p>
        </Show>
        <Show when={props.welcome.firstRun}>
          <p class="dim">{t('setup.intro')}</p>
          <Field name="code" label={t('setup.code')} autocomplete="one-time-code" />
          <Field name="name" label={t('setup.name')} autocomplete="name" max={128} />
          <Field name="organization" label={t('setup.organization')} autocomplete="organization" max={128} />
        </Show>
        <Field
          name="email"
          label={t('signIn.email')}
          type="email"
          autocomplete={props.welcome.firstRun ? 'username' : 'username webauthn'}
        />
        <Field
          name="password"
          label={t('signIn.password')}
          type="password"
          autocomplete={props.welcome.firstRun ? 'new-password' : 'current-password'}
          {...(props.welcome.firstRun ? { min: 12, max: 128, hint: t('setup.passwordHint') } : {})}
        />
        <Show when={error()}>{(now) => <ErrorBox error={now()} next={['rate_limited', 'internal'].includes(codeOf(now()))} />}</Show>
        <button class="primary" type="submit" disabled={busy() || waitSeconds() > 0}>
          <Show
            when={waitSeconds() > 0}
            fallback={busy() ? t('signIn.busy') : props.welcome.firstRun ? t('setup.submit') : t('signIn.submit')}
          >
            {t('signIn.wait', { n: waitSeconds() })}
          </Show>
        </button>
        <Show when={!props.welcome.firstRun && step() === undefined}>
          <Suspense>
            <PasskeyWay host={props.welcome.passkeyHost} onIn={enter} />
            <Ways onStep={setStep} />
          </Suspense>
        </Show>
      </form>
      <Show when={(props.welcome.tls?.missing.length ?? 0) > 0 && props.welcome.tls}>
        {(tls) => (
          <Suspense>
            <TlsFirst tls={tls()} />
          </Suspense>
        )}
      </Show>
      <p class="dim version">Fairlead {props.welcome.version}</p>
    </main>
  )
}

function Field(props: {
  readonly name: string
  readonly label: string
  readonly type?: string
  readonly autocomplete: string
  readonly min?: number
  readonly max?: number
  readonly hint?: string
}): JSX.Element {
  return (
    <label>
      {props.label}
      <input
        name={props.name}
        type={props.type ?? 'text'}
        autocomplete={props.autocomplete}
        minlength={props.min}
        maxlength={props.max}
        aria-describedby={props.hint === undefined ? undefined : `${props.name}-hint`}
        required
      />
      <Show when={props.hint}>
        <small id={`${props.name}-hint`} class="dim">
          {props.hint}
        </small>
      </Show>
    </label>
  )
}
