import { A } from '@solidjs/router'
import { createResource, createSignal, For, Match, onCleanup, Show, Suspense, Switch, type JSX } from 'solid-js'
import type { EnrolProgress, Invitation } from '@fairlead/protocol/features/enrolment.ts'
import { ask, follow } from '../api/api.ts'
import { t } from '../i18n/i18n.ts'
import { act, CopyButton, ErrorBox, NoPermission, Note, plain, Skeleton } from '../kit/kit.tsx'
import { may } from '../kit/me.ts'
import { readTags } from '../kit/tags.ts'
import { createUnsaved } from '../kit/unsaved.ts'

const marks = { waiting: ['○', 'off'], ok: ['●', 'ok'], warn: ['▲', 'warn'], failed: ['■', 'critical'] } as const
const lifetimes = [900, 3600, 86_400] as const

/** One line to paste, and what becomes of it, live. `bare`: within another page, without a heading of its own. */
export function Enrol(props: { readonly bare?: boolean }): JSX.Element {
  return (
    <>
      <Show when={props.bare !== true}>
        <div class="head">
          <h1>{t('enrol.title')}</h1>
        </div>
      </Show>
      <Show when={may('hosts:enrol')} fallback={<NoPermission permission="hosts:enrol" />}>
        <Suspense fallback={<Skeleton lines={6} />}>
          <Wizard />
        </Suspense>
      </Show>
    </>
  )
}

function Wizard(): JSX.Element {
  const [addresses, { refetch }] = createResource(() => ask('enrolment.addresses', {}))
  const [invitation, setInvitation] = createSignal<Invitation>()
  const [progress, setProgress] = createSignal<EnrolProgress>()
  const [error, setError] = createSignal<unknown>()
  const [busy, setBusy] = createSignal(false)
  const unsaved = createUnsaved()
  let leaving = new AbortController()
  onCleanup(() => leaving.abort())

  async function invite(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    const fields = new FormData(event.currentTarget as HTMLFormElement)
    const tags = [...readTags(String(fields.get('tags'))).tags]
    const input = { address: String(fields.get('address')), tags, ttlSeconds: Number(fields.get('ttl')) }
    leaving.abort()
    leaving = new AbortController()
    setError(undefined)
    setProgress(undefined)
    setBusy(true)
    try {
      const made = await ask('enrolment.invite', input)
      setInvitation(made)
      unsaved.saved()
      setBusy(false)
      for await (const now of follow('enrolment.watch', { id: made.id }, leaving.signal)) setProgress(now)
    } catch (reason) {
      setError(reason)
    }
    setBusy(false)
  }

  return (
    <>
      <Show when={error()}>{(now) => <ErrorBox what={t('error.what.line')} error={now()} />}</Show>
      <form class="box form wizard" onSubmit={invite} ref={unsaved.watch}>
        <h2>1. {t('enrol.where')}</h2>
        <label class="field">
          {t('enrol.address')}
          <input
            name="address"
            list="addresses"
            required
            maxlength="512"
            value={addresses.error === undefined ? (addresses()?.[0]?.url ?? '') : ''}
          />
          <small>{t('enrol.addressHint')}</small>
        </label>
        <datalist id="addresses">
          <For each={addresses.error === undefined ? (addresses() ?? []) : []}>
            {({ url, note }) => <option value={url}>{note}</option>}
          </For>
        </datalist>
        <Show when={addresses.error !== undefined}>
          <ErrorBox what={t('error.what.addresses')} error={addresses.error} onRetry={() => void refetch()} />
        </Show>
        <div class="two">
          <label class="field">
            {t('hosts.tags')}
            <input name="tags" />
          </label>
          <label class="field">
            {t('enrol.valid')}
            <select name="ttl">
              <For each={lifetimes}>{(seconds) => <option value={seconds}>{t(`enrol.ttl.${seconds}`)}</option>}</For>
            </select>
          </label>
        </div>
        <p>
          <button type="submit" class={invitation() === undefined ? 'primary' : ''} disabled={busy()}>
            {t(invitation() === undefined ? 'enrol.make' : 'enrol.again')}
          </button>
        </p>
      </form>
      <Show when={invitation()} keyed>
        {(now) => (
          <>
            <Line invitation={now} progress={progress()} />
            <Checklist progress={progress()} />
          </>
        )}
      </Show>
    </>
  )
}

/** The line itself: usable, used, canceled or expired, and how long it still is good. */
export function Line(props: { readonly invitation: Invitation; readonly progress: EnrolProgress | undefined }): JSX.Element {
  const left = createCountdown(() => props.invitation.expiresMs)
  const over = () => props.progress?.expired === true || left() <= 0
  const used = () => props.progress?.used === true
  const dead = () => used() || over() || props.progress?.canceled === true
  return (
    <section class="box wizard">
      <h2>2. {t('enrol.run')}</h2>
      <Switch fallback={<p>{t('enrol.paste', { left: clockOf(left()) })}</p>}>
        <Match when={used()}>
          <Note state="ok">{t('enrol.used')}</Note>
        </Match>
        <Match when={props.progress?.canceled}>
          <Note state="off">{t('enrol.canceled')}</Note>
        </Match>
        <Match when={over()}>
          <Note state="critical">{t('enrol.expired')}</Note>
        </Match>
      </Switch>
      <div class="line-box" classList={{ dead: dead() }}>
        {props.invitation.line}
      </div>
      <p class="row">
        <Show when={!dead()}>
          <CopyButton text={props.invitation.line} label={t('enrol.copy')} />
          <button type="button" onClick={() => void act(t('enrol.cancel'), () => ask('enrolment.cancel', { id: props.invitation.id }))}>
            {t('enrol.cancel')}
          </button>
        </Show>
        <span class="dim">
          {t('enrol.words')}
          <strong>{props.invitation.words.join(' ')}</strong>
        </span>
      </p>
      <p class="dim">
        {t('enrol.sum')} <code>{props.invitation.scriptSha256}</code>
      </p>
    </section>
  )
}

/** What the hub has seen of the host so far, step by step. */
export function Checklist(props: { readonly progress: EnrolProgress | undefined }): JSX.Element {
  return (
    <section class="box wizard">
      <h2>3. {t('enrol.watch')}</h2>
      <Show when={props.progress} fallback={<Skeleton lines={4} />}>
        {(now) => (
          <ul class="checklist" aria-live="polite">
            <For each={now().steps}>
              {({ step, state, detail }) => (
                <li>
                  <span class={`state state-${marks[state][1]}`}>
                    <span aria-hidden="true">{marks[state][0]}</span> {t(`enrol.state.${state}`)}
                  </span>
                  <span>{t(`enrol.step.${step}`)}</span>
                  <span class="dim">
                    {plain(detail)}
                    <Show when={state === 'failed' || state === 'warn'}> {t(`enrol.fix.${step}`)}</Show>
                  </span>
                </li>
              )}
            </For>
          </ul>
        )}
      </Show>
      <Show when={props.progress?.host}>
        {(host) => (
          <p class="state-ok">
            ● <A href={`/hosts/${host()}`}>{t('enrol.done', { name: plain(props.progress?.hostName ?? '') })}</A>
          </p>
        )}
      </Show>
    </section>
  )
}

/** Milliseconds until then, told every second. */
function createCountdown(untilMs: () => number): () => number {
  const [now, setNow] = createSignal(Date.now())
  const timer = setInterval(() => setNow(Date.now()), 1000)
  onCleanup(() => clearInterval(timer))
  return () => Math.max(0, untilMs() - now())
}

const clockOf = (ms: number) => {
  const seconds = Math.ceil(ms / 1000)
  const two = (n: number) => String(n).padStart(2, '0')
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}
