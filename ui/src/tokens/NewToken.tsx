import { createSignal, For, Show, type JSX } from 'solid-js'
import { PermissionFields } from '../access/Role.tsx'
import { isGiven } from '../access/told.ts'
import { ask } from '../api/api.ts'
import { time } from '../i18n/i18n.ts'
import { AskDialog } from '../kit/ask.tsx'
import { Dialog } from '../kit/Dialog.tsx'
import { CopyButton, plain } from '../kit/kit.tsx'
import { me } from '../kit/me.ts'
import { t } from '../i18n/i18n.ts'
import { addressesOf } from './told.ts'
import { say } from './words.ts'

const lives = [7, 30, 90, 180, 365] as const
const usualDays = 90

interface Made {
  readonly name: string
  readonly token: string
  readonly expiresMs: number
}

/** What it is for, what it may, for how long, from where; then the token, once. */
export function NewToken(props: {
  /** The service account that it is for; absent: one's own. */
  readonly of?: string
  readonly onMade: () => void
  readonly onClose: () => void
}): JSX.Element {
  const own = () => (me()?.permissions ?? []).filter(isGiven)
  const [name, setName] = createSignal('')
  const [scopes, setScopes] = createSignal<ReadonlySet<string>>(new Set())
  const [days, setDays] = createSignal<number>(usualDays)
  const [from, setFrom] = createSignal('')
  const [made, setMade] = createSignal<Made>()
  async function send(): Promise<void> {
    const input = { name: name().trim(), scopes: [...scopes()].sort(), days: days(), addresses: addressesOf(from()) }
    setMade(await (props.of === undefined ? ask('tokens.create', input) : ask('tokens.createFor', { ...input, account: props.of })))
    props.onMade()
  }
  return (
    <Show
      when={made()}
      fallback={
        <AskDialog
          wide
          title={say('make')}
          action={say('make')}
          disabled={name().trim() === '' || scopes().size === 0}
          send={send}
          onClose={props.onClose}
        >
          <label class="field">
            {say('make.name')}
            <input data-first required maxlength="64" autocomplete="off" onInput={(event) => setName(event.currentTarget.value)} />
            <small>{say('make.hint')}</small>
          </label>
          <div class="halves">
            <label class="field">
              {say('make.days')}
              <select onChange={(event) => setDays(Number(event.currentTarget.value))}>
                <For each={lives}>
                  {(n) => (
                    <option value={n} selected={n === usualDays}>
                      {say('make.days.n', { n })}
                    </option>
                  )}
                </For>
              </select>
            </label>
            <label class="field">
              {say('make.from')}
              <textarea rows="2" maxlength="1024" spellcheck={false} onInput={(event) => setFrom(event.currentTarget.value)} />
              <small>{say('make.fromHint')}</small>
            </label>
          </div>
          <div class="row scopes" role="group" aria-label={say('make.scopes')}>
            <strong class="grow">{say('make.scopes')}</strong>
            <button type="button" onClick={() => setScopes(new Set(own().filter((one) => one.endsWith(':read'))))}>
              {say('make.look')}
            </button>
            <button type="button" onClick={() => setScopes(new Set(own()))}>
              {say('make.all')}
            </button>
            <button type="button" disabled={scopes().size === 0} onClick={() => setScopes(new Set<string>())}>
              {say('make.nothing')}
            </button>
          </div>
          <PermissionFields all={own()} chosen={scopes()} onChange={setScopes} />
          <p class="dim" role="status">
            {scopes().size === 0 ? say('make.none') : say('make.chosen', { n: scopes().size, all: own().length })}
          </p>
        </AskDialog>
      }
    >
      {(now) => (
        <Dialog title={say('made.title')} onClose={props.onClose}>
          <ShownToken made={now()} />
          <p class="row">
            <CopyButton primary text={now().token} label={say('made.copy')} />
            <CopyButton text={commandOf(now().token)} label={say('made.copyUse')} />
            <button type="button" onClick={() => props.onClose()}>
              {t('keys.close')}
            </button>
          </p>
        </Dialog>
      )}
    </Show>
  )
}

/** A first question that any token may ask: whom it stands for. */
const commandOf = (token: string) => `curl -H 'Authorization: Bearer ${token}' ${location.origin}/api/v1/me`

export function ShownToken(props: { readonly made: Made }): JSX.Element {
  return (
    <>
      <p>
        <strong>{plain(props.made.name)}</strong>
      </p>
      <div class="line-box">{props.made.token}</div>
      <p class="dim">{say('made.once', { time: time(props.made.expiresMs) })}</p>
      <p class="dim">{say('made.use')}</p>
      <div class="line-box">{commandOf('…')}</div>
    </>
  )
}
