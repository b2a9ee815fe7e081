import { createSignal, For, Show, type JSX } from 'solid-js'
import { ask } from '../api/api.ts'
import { t, time } from '../i18n/i18n.ts'
import { Dialog } from '../kit/Dialog.tsx'
import { CopyButton, plain } from '../kit/kit.tsx'
import type { Book } from './book.ts'
import { RoleField } from './Grants.tsx'
import { AskDialog } from '../kit/ask.tsx'
import { createReach, ReachFields } from './reach.tsx'
import { say } from './words.ts'

const lifetimes = [24, 168, 720] as const
const usual = 168

interface Made {
  readonly email: string
  readonly link: string
  readonly mailed?: boolean
  readonly expiresMs: number
}

/** Who, with which role, where, and for how long the link works; then the link, once. */
export function InviteDialog(props: { readonly book: Book; readonly onClose: () => void }): JSX.Element {
  const choice = createReach()
  const [email, setEmail] = createSignal('')
  const [role, setRole] = createSignal('viewer')
  const [ttlHours, setTtlHours] = createSignal<number>(usual)
  const [made, setMade] = createSignal<Made>()
  async function send(): Promise<void> {
    const answer = await ask('accounts.invite', { email: email().trim(), role: role(), reach: choice.reach()!, ttlHours: ttlHours() })
    setMade({ ...answer, email: email().trim() })
    await props.book.invitations.load()
  }
  return (
    <Show
      when={made()}
      fallback={
        <AskDialog
          title={say('invite.title')}
          action={say('invite.make')}
          disabled={choice.reach() === undefined}
          send={send}
          onClose={props.onClose}
        >
          <label class="field">
            {t('signIn.email')}
            <input
              type="email"
              data-first
              required
              maxlength="254"
              autocomplete="off"
              value={email()}
              onInput={(event) => setEmail(event.currentTarget.value)}
            />
          </label>
          <RoleField book={props.book} owner role={role()} onRole={setRole} />
          <ReachFields book={props.book} choice={choice} />
          <label class="field">
            {say('invite.ttl')}
            <select onChange={(event) => setTtlHours(Number(event.currentTarget.value))}>
              <For each={lifetimes}>
                {(hours) => (
                  <option value={hours} selected={hours === ttlHours()}>
                    {say(`invite.ttl.${hours}`)}
                  </option>
                )}
              </For>
            </select>
          </label>
        </AskDialog>
      }
    >
      {(now) => (
        <Dialog title={say('invite.made', { email: plain(now().email) })} onClose={props.onClose}>
          <InviteLink made={now()} />
          <p class="row">
            <CopyButton text={now().link} label={say('invite.copy')} />
            <button type="button" onClick={() => props.onClose()}>
              {t('keys.close')}
            </button>
          </p>
        </Dialog>
      )}
    </Show>
  )
}

export function InviteLink(props: { readonly made: Made }): JSX.Element {
  return (
    <>
      <div class="line-box">{props.made.link}</div>
      <p class="dim">{say('invite.once', { time: time(props.made.expiresMs) })}</p>
      <Show when={props.made.mailed === true}>
        <p>{say('invite.mailed', { email: plain(props.made.email) })}</p>
      </Show>
    </>
  )
}
