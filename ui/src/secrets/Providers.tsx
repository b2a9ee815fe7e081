import { createSignal, Show, type JSX } from 'solid-js'
import type { SecretProvider } from '@fairlead/protocol/features/secrets.ts'
import { ask } from '../api/api.ts'
import { t } from '../i18n/i18n.ts'
import { said, sentenceOf } from '../i18n/said.ts'
import { Locked, Part, RemoveDialog } from '../kit/ask.tsx'
import { Empty, plain, StateMark, tell } from '../kit/kit.tsx'
import { may } from '../kit/me.ts'
import { Table } from '../kit/Table.tsx'
import { ProviderDialog } from './ProviderDialog.tsx'
import type { Shelf } from './Secrets.tsx'
import { say } from './words.ts'

/** What a test of a provider said: nothing yet, being asked, good, or why not. */
type Tried = 'busy' | 'good' | { readonly why: string }

/** Stores of secrets that are not the hub's own. */
export function Providers(props: { readonly shelf: Shelf }): JSX.Element {
  const [asking, setAsking] = createSignal<'make' | { readonly what: 'change' | 'remove'; readonly of: SecretProvider }>()
  const [tried, setTried] = createSignal<Readonly<Record<string, Tried>>>({})
  const close = () => setAsking(undefined)
  const changing = () => {
    const now = asking()
    return typeof now === 'object' ? now : undefined
  }
  const done = (label: string) => {
    close()
    tell(t('containers.done', { action: label }))
    void props.shelf.providers.load()
    void props.shelf.secrets.load()
  }
  async function test({ name }: SecretProvider): Promise<void> {
    setTried((before) => ({ ...before, [name]: 'busy' }))
    const said = await ask('secrets.testProvider', { name }).then(
      (): Tried => 'good',
      (reason: unknown): Tried => ({ why: sentenceOf(reason) }),
    )
    setTried((before) => ({ ...before, [name]: said }))
  }
  const button = () => (
    <Show when={may('secrets:reveal')}>
      <button type="button" class="primary" onClick={() => setAsking('make')}>
        {say('providers.set')}
      </button>
    </Show>
  )
  return (
    <>
      <Part of={props.shelf.providers} what={say('error.providers')}>
        {(all) => (
          <Show when={all().length > 0} fallback={<Empty text={say('providers.empty')}>{button()}</Empty>}>
            <div class="bar wrap">
              <p class="grow dim">{say('providers.intro')}</p>
              {button()}
            </div>
            <Locked permission="secrets:reveal" />
            <ProviderTable
              providers={all()}
              tried={tried()}
              onTest={(of) => void test(of)}
              onChange={(of) => setAsking({ what: 'change', of })}
              onRemove={(of) => setAsking({ what: 'remove', of })}
            />
          </Show>
        )}
      </Part>
      <Show when={asking() === 'make'}>
        <ProviderDialog shelf={props.shelf} onDone={() => done(say('providers.set'))} onClose={close} />
      </Show>
      <Show when={changing()} keyed>
        {({ what, of }) => (
          <Show
            when={what === 'remove'}
            fallback={
              <ProviderDialog
                shelf={props.shelf}
                before={of}
                onDone={() => done(say('providers.change', { name: of.name }))}
                onClose={close}
              />
            }
          >
            <RemoveDialog
              title={say('providers.remove', { name: of.name })}
              question={say('providers.removeGoes')}
              goes={[say('providers.references', { n: of.references })]}
              name={of.name}
              send={async () => {
                await ask('secrets.removeProvider', { name: of.name })
                done(say('providers.remove', { name: of.name }))
              }}
              onClose={close}
            />
          </Show>
        )}
      </Show>
    </>
  )
}

export function ProviderTable(props: {
  readonly providers: readonly SecretProvider[]
  readonly tried: Readonly<Record<string, Tried>>
  readonly onTest: (of: SecretProvider) => void
  readonly onChange: (of: SecretProvider) => void
  readonly onRemove: (of: SecretProvider) => void
}): JSX.Element {
  return (
    <Table
      label={say('tab.elsewhere')}
      looks="roomy"
      heads={[say('providers.name'), say('providers.address'), say('providers.used'), say('providers.state'), t('grid.actions')]}
      rows={props.providers}
    >
      {(provider) => (
        <tr>
          <td>
            <strong>{provider.name}</strong>
          </td>
          <td class="why" title={`${provider.mount} ${provider.namespace}`.trim()}>
            {plain(provider.address)} <span class="dim">{say(`providers.auth.${provider.auth}`)}</span>
          </td>
          <td>{say('providers.references', { n: provider.references })}</td>
          <td class="why">
            <ProviderState provider={provider} tried={props.tried[provider.name]} />
          </td>
          <td class="why">
            <ProviderButtons {...props} provider={provider} />
          </td>
        </tr>
      )}
    </Table>
  )
}

function ProviderState(props: { readonly provider: SecretProvider; readonly tried: Tried | undefined }): JSX.Element {
  const why = () => (typeof props.tried === 'object' ? props.tried.why : undefined)
  return (
    <span role="status">
      <Show when={props.provider.secretGone}>
        <StateMark state="critical" word={say('providers.secretGone', { name: props.provider.secret })} />{' '}
      </Show>
      <Show when={props.tried === 'busy'}>
        <StateMark state="busy" word={say('providers.testing')} />
      </Show>
      <Show when={props.tried === 'good'}>
        <StateMark state="ok" word={say('providers.good')} />
      </Show>
      <Show when={why()}>{(words) => <StateMark state="critical" word={plain(said(words()))} />}</Show>
    </span>
  )
}

function ProviderButtons(props: {
  readonly provider: SecretProvider
  readonly onTest: (of: SecretProvider) => void
  readonly onChange: (of: SecretProvider) => void
  readonly onRemove: (of: SecretProvider) => void
}): JSX.Element {
  const name = () => props.provider.name
  return (
    <span class="row">
      <Show when={may('secrets:write')}>
        <button type="button" aria-label={say('providers.testOf', { name: name() })} onClick={() => props.onTest(props.provider)}>
          {say('providers.test')}
        </button>
      </Show>
      <Show when={may('secrets:reveal')}>
        <button type="button" aria-label={say('providers.change', { name: name() })} onClick={() => props.onChange(props.provider)}>
          {say('providers.changeShort')}
        </button>
      </Show>
      <Show when={may('secrets:write')}>
        <button type="button" aria-label={say('providers.remove', { name: name() })} onClick={() => props.onRemove(props.provider)}>
          {say('providers.removeShort')}
        </button>
      </Show>
    </span>
  )
}
