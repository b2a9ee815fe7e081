import { A, useNavigate } from '@solidjs/router'
import { createSignal, Show, type JSX } from 'solid-js'
import type { Provider as Row } from '@fairlead/protocol/features/identities.ts'
import { ask } from '../api/api.ts'
import { t } from '../i18n/i18n.ts'
import { Locked, Part, RemoveDialog } from '../kit/ask.tsx'
import { act, CopyButton, Empty, plain, tell } from '../kit/kit.tsx'
import { createLoaded } from '../kit/loaded.ts'
import { may } from '../kit/me.ts'
import type { Book } from '../access/book.ts'
import { ProviderForm } from './Form.tsx'
import { Rules } from './Rules.tsx'
import { TestBox } from './Test.tsx'
import { whereOf } from './where.ts'
import { say } from './words.ts'

/** One provider: what it is, what comes of its groups, whether it works. */
export function Provider(props: { readonly book: Book; readonly id: string }): JSX.Element {
  const providers = createLoaded<readonly Row[]>('identities:read', [], () => ask('identities.list', {}))
  const one = () => providers.now()?.find(({ id }) => id === props.id)
  return (
    <Part of={providers} what={say('error')}>
      {() => (
        <Show
          when={one()}
          fallback={
            <Empty text={say('gone')}>
              <A class="button" href="/access/sign-in">
                {say('all')}
              </A>
            </Empty>
          }
        >
          {(now) => (
            <>
              <Head provider={now()} onChanged={providers.load} />
              <SecondFactor provider={now()} onChanged={providers.load} />
              <TestBox provider={now()} />
              <Rules book={props.book} provider={now()} onChanged={providers.load} />
              <Remove provider={now()} />
            </>
          )}
        </Show>
      )}
    </Part>
  )
}

function Head(props: { readonly provider: Row; readonly onChanged: () => Promise<void> }): JSX.Element {
  const [editing, setEditing] = createSignal(false)
  async function turn(): Promise<void> {
    const { id, enabled, name } = props.provider
    await act(`${say(enabled ? 'close.do' : 'open.do')}: ${plain(name)}`, () => ask('identities.update', { id, enabled: !enabled }))
    await props.onChanged()
  }
  return (
    <section class="box">
      <div class="head">
        <h2 class="grow">{plain(props.provider.name)}</h2>
        <span>{say(props.provider.enabled ? 'open' : 'closed')}</span>
        <Show when={may('identities:manage')}>
          <button type="button" onClick={() => setEditing(true)}>
            {say('edit')}
          </button>
          <button type="button" classList={{ primary: !props.provider.enabled }} onClick={() => void turn()}>
            {say(props.provider.enabled ? 'close.do' : 'open.do')}
          </button>
        </Show>
      </div>
      <Locked permission="identities:manage" />
      <p class="dim">{plain(whereOf(props.provider))}</p>
      <Show when={props.provider.callback}>
        {(address) => (
          <>
            <p>{say('callback')}</p>
            <div class="line-box">{address()}</div>
            <p>
              <CopyButton text={address()} label={say('callback.copy')} />
            </p>
          </>
        )}
      </Show>
      <Show when={props.provider.enabled}>
        <p class="dim">{say('close.what')}</p>
      </Show>
      <Show when={editing()}>
        <ProviderForm
          before={props.provider}
          onDone={() => {
            setEditing(false)
            void props.onChanged()
          }}
          onClose={() => setEditing(false)}
        />
      </Show>
    </section>
  )
}

/** Apart from the rest: it may take a second person. */
function SecondFactor(props: { readonly provider: Row; readonly onChanged: () => Promise<void> }): JSX.Element {
  async function choose(select: HTMLSelectElement): Promise<void> {
    const { id, secondFactor: now } = props.provider
    const secondFactor = select.value as Row['secondFactor']
    // It shows what holds; whether that changes is the hub's to say.
    select.value = now
    await act(say('second'), () => ask('identities.setSecondFactor', { id, secondFactor }))
    await props.onChanged()
  }
  return (
    <section class="box">
      <label class="field">
        {say('second')}
        <select
          value={props.provider.secondFactor}
          disabled={!may('identities:manage')}
          onChange={(event) => void choose(event.currentTarget)}
        >
          <option value="here">{say('second.here')}</option>
          <option value="provider">{say('second.provider')}</option>
        </select>
      </label>
      <p class="dim">{say('second.hint')}</p>
    </section>
  )
}

function Remove(props: { readonly provider: Row }): JSX.Element {
  const [asking, setAsking] = createSignal(false)
  const navigate = useNavigate()
  const title = () => say('remove.one', { name: plain(props.provider.name) })
  const goes = () => [
    ...(props.provider.people > 0 ? [say('remove.people', { n: props.provider.people })] : []),
    ...(props.provider.rules.length > 0 ? [say('remove.rules', { n: props.provider.rules.length })] : []),
  ]
  async function send(): Promise<void> {
    const said = title()
    await ask('identities.remove', { id: props.provider.id })
    tell(t('containers.done', { action: said }))
    navigate('/access/sign-in')
  }
  return (
    <Show when={may('identities:manage')}>
      <section class="box">
        <p>{say('remove.what')}</p>
        <button type="button" class="danger" onClick={() => setAsking(true)}>
          {title()}
        </button>
        <Show when={asking()}>
          <RemoveDialog
            title={title()}
            question={say('remove.ask')}
            goes={goes()}
            name={props.provider.name}
            send={send}
            onClose={() => setAsking(false)}
          />
        </Show>
      </section>
    </Show>
  )
}
