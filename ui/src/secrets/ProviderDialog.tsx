import { createSignal, For, Show, untrack, type JSX } from 'solid-js'
import type { SecretProvider } from '@fairlead/protocol/features/secrets.ts'
import { ask } from '../api/api.ts'
import { AskDialog } from '../kit/ask.tsx'
import { Note } from '../kit/kit.tsx'
import type { Shelf } from './Secrets.tsx'
import { say } from './words.ts'

const ways = ['token', 'approle'] as const

/** Where a Vault is, and by which secret the hub shows itself there. */
export function ProviderDialog(props: {
  readonly shelf: Shelf
  readonly before?: SecretProvider
  readonly onDone: () => void
  readonly onClose: () => void
}): JSX.Element {
  const before = untrack(() => props.before)
  /** Of the organization, and kept here: what else would a Vault be asked with. */
  const own = () => (props.shelf.secrets.now() ?? []).filter(({ environment, reference }) => environment === null && reference === null)
  const [fields, setFields] = createSignal({
    name: before?.name ?? 'vault',
    address: before?.address ?? '',
    mount: before?.mount ?? 'secret',
    namespace: before?.namespace ?? '',
    auth: before?.auth ?? ('token' as 'token' | 'approle'),
    roleId: before?.roleId ?? '',
    authMount: before?.authMount ?? 'approle',
    secret: before?.secretGone === false ? before.secret : (untrack(own)[0]?.name ?? ''),
  })
  type Fields = ReturnType<typeof fields>
  const set = (more: Partial<Fields>) => setFields((now) => ({ ...now, ...more }))
  async function send(): Promise<void> {
    await ask('secrets.setProvider', fields())
    props.onDone()
  }
  const title = () => (before === undefined ? say('providers.set') : say('providers.change', { name: before.name }))
  const line = (
    name: 'address' | 'mount' | 'namespace' | 'roleId' | 'authMount' | 'name',
    hint?: 'nameHint' | 'addressHint',
    first = false,
  ) => (
    <label class="field">
      {say(`providers.${name}`)}
      <input
        {...(first ? { 'data-first': '' } : {})}
        maxlength={name === 'name' ? 32 : 256}
        autocomplete="off"
        spellcheck={false}
        disabled={name === 'name' && before !== undefined}
        value={fields()[name]}
        onInput={(event) => set({ [name]: event.currentTarget.value.trim() })}
      />
      <Show when={hint}>{(key) => <small>{say(`providers.${key()}`)}</small>}</Show>
    </label>
  )
  return (
    <AskDialog
      title={title()}
      action={say('providers.save')}
      disabled={fields().name === '' || fields().address === '' || fields().secret === ''}
      send={send}
      onClose={props.onClose}
    >
      <Show when={own().length === 0}>
        <Note state="warn">{say('providers.noSecret')}</Note>
      </Show>
      {line('name', 'nameHint', before === undefined)}
      {line('address', 'addressHint', before !== undefined)}
      <div class="halves">
        {line('mount')}
        {line('namespace')}
      </div>
      <label class="field">
        {say('providers.auth')}
        <select onChange={(event) => set({ auth: event.currentTarget.value as 'token' | 'approle' })}>
          <For each={ways}>
            {(way) => (
              <option value={way} selected={way === fields().auth}>
                {say(`providers.auth.${way}`)}
              </option>
            )}
          </For>
        </select>
      </label>
      <Show when={fields().auth === 'approle'}>
        <div class="halves">
          {line('roleId')}
          {line('authMount')}
        </div>
      </Show>
      <label class="field">
        {say(`providers.secret.${fields().auth}`)}
        <select onChange={(event) => set({ secret: event.currentTarget.value })}>
          <For each={own()}>
            {({ name }) => (
              <option value={name} selected={name === fields().secret}>
                {name}
              </option>
            )}
          </For>
        </select>
      </label>
    </AskDialog>
  )
}
