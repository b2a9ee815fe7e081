import { createSignal, For, Show, type JSX } from 'solid-js'
import type { Factors, NewPasskey, Passkey } from '@fairlead/protocol/features/factors.ts'
import { fetchJson } from '../api/api.ts'
import { ago, t } from '../i18n/i18n.ts'
import { act, ConfirmByName, plain } from '../kit/kit.tsx'
import type { OnFactors } from './Codes.tsx'
import { change, demand } from './own.ts'
import { makePasskey, passkeysWork } from './passkey.ts'
import { w } from './words.ts'

export function Passkeys(props: { readonly factors: Factors; readonly on: OnFactors }): JSX.Element {
  const [name, setName] = createSignal('')
  const [busy, setBusy] = createSignal(false)

  async function add(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    if (busy()) return
    setBusy(true)
    const called = name().trim() || w('passkeys.usual')
    await act(w('passkeys.add'), async () => {
      const options = await demand<NewPasskey>(['factors.beginPasskey', 'POST', '/factors/passkeys/begin'], {})
      const answer = await makePasskey(options)
      const path = ['factors.addPasskey', 'POST', '/factors/passkeys'] as const
      const { recoveryCodes } = await change<{ recoveryCodes: string[] }>(path, { name: called, answer })
      props.on.drawn(recoveryCodes)
      setName('')
    })
    setBusy(false)
    props.on.changed()
  }

  return (
    <section class="box form">
      <h2>{w('passkeys.title')}</h2>
      <p class="dim">{w('passkeys.intro')}</p>
      <ul class="plain-list">
        <For each={props.factors.passkeys} fallback={<li class="dim">{w('passkeys.none')}</li>}>
          {(passkey) => <One passkey={passkey} on={props.on} />}
        </For>
      </ul>
      <Show
        when={passkeysWork(props.factors.passkeyHost)}
        fallback={<p class="dim">{w('passkeys.elsewhere', { host: props.factors.passkeyHost })}</p>}
      >
        <form class="row" onSubmit={(event) => void add(event)}>
          <input
            aria-label={w('passkeys.name')}
            placeholder={w('passkeys.name')}
            maxlength="64"
            value={name()}
            onInput={(event) => setName(event.currentTarget.value)}
          />
          <button type="submit" class="primary" disabled={busy()}>
            {busy() ? w('proof.busy') : w('passkeys.add')}
          </button>
        </form>
      </Show>
    </section>
  )
}

function One(props: { readonly passkey: Passkey; readonly on: OnFactors }): JSX.Element {
  const [asking, setAsking] = createSignal<'rename' | 'remove'>()
  const [name, setName] = createSignal('')
  const path = () => `/factors/passkeys/${props.passkey.id}`
  const used = () => {
    const { usedMs } = props.passkey
    return usedMs === null ? w('passkeys.unused') : w('passkeys.used', { ago: ago(usedMs) })
  }

  async function rename(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    const send = () => fetchJson('PATCH', path(), { name: name().trim() })
    if (await act(w('passkeys.rename'), send)) setAsking(undefined)
    props.on.changed()
  }

  return (
    <li>
      <p class="row">
        <strong>{plain(props.passkey.name)}</strong>
        <span class="dim grow">
          {w('passkeys.made', { ago: ago(props.passkey.createdMs) })}, {used()}
          {props.passkey.synced ? `, ${w('passkeys.synced')}` : ''}
        </span>
        <button type="button" onClick={() => (setName(props.passkey.name), setAsking('rename'))}>
          {w('passkeys.rename')}
        </button>
        <button type="button" class="danger" onClick={() => setAsking('remove')}>
          {w('passkeys.remove')}
        </button>
      </p>
      <Show when={asking() === 'rename'}>
        <form class="row" onSubmit={(event) => void rename(event)}>
          <input
            aria-label={w('passkeys.name')}
            maxlength="64"
            required
            value={name()}
            ref={(input) => queueMicrotask(() => input.focus())}
            onInput={(event) => setName(event.currentTarget.value)}
          />
          <button type="submit" class="primary">
            {w('passkeys.rename')}
          </button>
          <button type="button" onClick={() => setAsking(undefined)}>
            {t('cancel')}
          </button>
        </form>
      </Show>
      <Show when={asking() === 'remove'}>
        <ConfirmByName
          name={props.passkey.name}
          question={w('passkeys.remove')}
          action={w('passkeys.remove')}
          onCancel={() => setAsking(undefined)}
          onConfirm={() =>
            void act(w('passkeys.remove'), () => change(['factors.removePasskey', 'DELETE', path()])).then(() => props.on.changed())
          }
        />
      </Show>
    </li>
  )
}
