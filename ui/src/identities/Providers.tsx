import { A, useNavigate } from '@solidjs/router'
import { createSignal, Show, type JSX } from 'solid-js'
import type { Provider } from '@fairlead/protocol/features/identities.ts'
import { ask } from '../api/api.ts'
import { Locked, Part } from '../kit/ask.tsx'
import { Empty, plain } from '../kit/kit.tsx'
import { createLoaded } from '../kit/loaded.ts'
import { may } from '../kit/me.ts'
import { Table } from '../kit/Table.tsx'
import { ProviderForm } from './Form.tsx'
import { whereOf } from './where.ts'
import { say } from './words.ts'

/** The providers that people of the organization sign in by. */
export function Providers(): JSX.Element {
  const providers = createLoaded<readonly Provider[]>('identities:read', [], () => ask('identities.list', {}))
  const [adding, setAdding] = createSignal(false)
  const navigate = useNavigate()
  return (
    <>
      <div class="bar">
        <p class="grow dim">{say('intro')}</p>
        <Show when={may('identities:manage')}>
          <button type="button" class="primary" onClick={() => setAdding(true)}>
            {say('add')}
          </button>
        </Show>
      </div>
      <Locked permission="identities:manage" />
      <Part of={providers} what={say('error')} lines={3}>
        {(all) => (
          <Show when={all().length > 0} fallback={<Empty text={say('empty')} />}>
            <ProviderTable providers={all()} />
          </Show>
        )}
      </Part>
      <Show when={adding()}>
        <ProviderForm onDone={({ id }) => navigate(`/access/sign-in/${id}`)} onClose={() => setAdding(false)} />
      </Show>
    </>
  )
}

export function ProviderTable(props: { readonly providers: readonly Provider[] }): JSX.Element {
  return (
    <Table
      label={say('all')}
      heads={[say('name'), say('state'), say('where'), { num: say('rules') }, { num: say('people') }]}
      rows={props.providers}
    >
      {(provider) => (
        <tr>
          <td>
            <A href={`/access/sign-in/${provider.id}`}>{plain(provider.name)}</A>
          </td>
          <td>{say(provider.enabled ? 'open' : 'closed')}</td>
          <td class="wrap">{plain(whereOf(provider))}</td>
          <td class="num hide-phone">{provider.rules.length}</td>
          <td class="num hide-phone">{provider.people}</td>
        </tr>
      )}
    </Table>
  )
}
