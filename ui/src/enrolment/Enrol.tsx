import { A } from '@solidjs/router'
import { createResource, createSignal, For, onCleanup, Show, type JSX } from 'solid-js'
import type { EnrolProgress, Invitation } from '@fairlead/protocol/features/enrolment.ts'
import { ask, follow } from '../api/api.ts'
import { t, time } from '../i18n/i18n.ts'
import { CopyButton, ErrorBox, plain } from '../kit/kit.tsx'

const marks = { waiting: '○', ok: '●', warn: '▲', failed: '■' } as const

/** One line to paste, and what becomes of it, live. */
export function Enrol(): JSX.Element {
  const [addresses] = createResource(() => ask('enrolment.addresses', {}))
  const [invitation, setInvitation] = createSignal<Invitation>()
  const [progress, setProgress] = createSignal<EnrolProgress>()
  const [error, setError] = createSignal<unknown>()
  let leaving = new AbortController()
  onCleanup(() => leaving.abort())

  async function invite(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    const address = String(new FormData(event.currentTarget as HTMLFormElement).get('address'))
    leaving.abort()
    leaving = new AbortController()
    setError(undefined)
    setProgress(undefined)
    try {
      const made = await ask('enrolment.invite', { address })
      setInvitation(made)
      for await (const now of follow('enrolment.watch', { id: made.id }, leaving.signal)) setProgress(now)
    } catch (reason) {
      setError(reason)
    }
  }

  return (
    <>
      <div class="head">
        <h1>{t('enrol.title')}</h1>
      </div>
      <Show when={error()}>{(now) => <ErrorBox error={now()} />}</Show>
      <form class="box" onSubmit={invite}>
        <label class="field grow">
          {t('enrol.address')}
          <input name="address" list="addresses" required value={addresses()?.[0]?.url ?? ''} />
        </label>
        <datalist id="addresses">
          <For each={addresses() ?? []}>{({ url, note }) => <option value={url}>{note}</option>}</For>
        </datalist>
        <button type="submit" class="primary">
          {t('enrol.make')}
        </button>
      </form>
      <Show when={invitation()}>
        {(now) => (
          <div class="box">
            <p>{t('enrol.paste', { time: time(now().expiresMs) })}</p>
            <div class="line-box">{now().line}</div>
            <p class="row">
              <CopyButton text={now().line} label={t('enrol.copy')} />
              <span class="dim">
                {t('enrol.words')}
                <strong>{now().words.join(' ')}</strong>
              </span>
            </p>
            <Show when={progress()}>
              {(state) => (
                <ul style={{ 'list-style': 'none', padding: '0' }} aria-live="polite">
                  <For each={state().steps.filter(({ step }) => step !== 'engine' && step !== 'metrics')}>
                    {(step) => (
                      <li class={`state-${step.state === 'failed' ? 'critical' : step.state === 'waiting' ? 'off' : step.state}`}>
                        {marks[step.state]} {t(`enrol.step.${step.step}`)} <span class="dim">{plain(step.detail)}</span>
                      </li>
                    )}
                  </For>
                  <Show when={state().host}>
                    {(host) => (
                      <li>
                        <A href={`/hosts/${host()}`}>{t('enrol.done', { name: plain(state().hostName ?? '') })}</A>
                      </li>
                    )}
                  </Show>
                  <Show when={state().expired}>
                    <li class="state-critical">{t('enrol.expired')}</li>
                  </Show>
                </ul>
              )}
            </Show>
          </div>
        )}
      </Show>
    </>
  )
}
