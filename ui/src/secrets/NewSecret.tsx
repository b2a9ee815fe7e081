import { useNavigate } from '@solidjs/router'
import { createSignal, For, Show, type JSX } from 'solid-js'
import { ask } from '../api/api.ts'
import { t } from '../i18n/i18n.ts'
import { AskDialog } from '../kit/ask.tsx'
import { ErrorBox, plain, tell } from '../kit/kit.tsx'
import type { Shelf } from './Secrets.tsx'
import { pathOf } from './SecretTable.tsx'
import { say } from './words.ts'

/** A value goes in and is not seen again; or only where it is kept goes in. */
export function NewSecret(props: { readonly shelf: Shelf; readonly elsewhere: boolean; readonly onClose: () => void }): JSX.Element {
  const [name, setName] = createSignal('')
  const [environment, setEnvironment] = createSignal('')
  const [description, setDescription] = createSignal('')
  const [value, setValue] = createSignal('')
  const navigate = useNavigate()
  const title = () => say(props.elsewhere ? 'refer' : 'create')
  async function send(): Promise<void> {
    const of = environment() === '' ? {} : { environment: environment() }
    const which = { name: name().trim(), description: description().trim(), ...of }
    const made = await (props.elsewhere
      ? ask('secrets.refer', { ...which, reference: value().trim() })
      : ask('secrets.create', { ...which, value: value() }))
    tell(t('containers.done', { action: `${title()}: ${made.name}` }))
    await props.shelf.secrets.load()
    props.onClose()
    navigate(pathOf(made))
  }
  return (
    <AskDialog title={title()} action={title()} disabled={name().trim() === '' || value() === ''} send={send} onClose={props.onClose}>
      <label class="field">
        {t('containers.name')}
        <input
          data-first
          required
          maxlength="64"
          autocomplete="off"
          spellcheck={false}
          pattern="[a-z][a-z0-9]*(-[a-z0-9]+)*|[A-Z][A-Z0-9]*(_[A-Z0-9]+)*"
          onInput={(event) => setName(event.currentTarget.value)}
        />
        <small>{say('create.name')}</small>
      </label>
      <Show when={props.shelf.environments.error()}>
        {(error) => <ErrorBox what={say('error.environments')} error={error()} onRetry={() => void props.shelf.environments.load()} />}
      </Show>
      <label class="field">
        {say('where')}
        <select onChange={(event) => setEnvironment(event.currentTarget.value)}>
          <option value="">{say('whole')}</option>
          <For each={props.shelf.environments.now() ?? []}>{({ id, name }) => <option value={id}>{plain(name)}</option>}</For>
        </select>
      </label>
      <label class="field">
        {say('description')}
        <input maxlength="512" autocomplete="off" onInput={(event) => setDescription(event.currentTarget.value)} />
      </label>
      <Show when={props.elsewhere} fallback={<ValueField onValue={setValue} />}>
        <label class="field">
          {say('reference')}
          <input maxlength="1024" autocomplete="off" spellcheck={false} onInput={(event) => setValue(event.currentTarget.value)} />
          <small>{say('reference.hint')}</small>
        </label>
      </Show>
    </AskDialog>
  )
}

/** Nothing is shown of what is typed unless it is being typed. */
export function ValueField(props: { readonly onValue: (value: string) => void }): JSX.Element {
  return (
    <label class="field">
      {say('value')}
      <textarea
        class="secret-value"
        rows="3"
        maxlength="65536"
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => props.onValue(event.currentTarget.value)}
      />
      <small>{say('value.hint')}</small>
    </label>
  )
}
