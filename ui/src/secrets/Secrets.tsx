import { useParams, useSearchParams } from '@solidjs/router'
import { createSignal, Match, Show, Switch, type JSX } from 'solid-js'
import type { Environment } from '@fairlead/protocol/features/environments.ts'
import type { Secret, SecretProvider } from '@fairlead/protocol/features/secrets.ts'
import { holdsWords } from '../kit/filter.ts'
import { ask } from '../api/api.ts'
import { t } from '../i18n/i18n.ts'
import { Locked, Part } from '../kit/ask.tsx'
import { Empty } from '../kit/kit.tsx'
import { createLoaded } from '../kit/loaded.ts'
import { may } from '../kit/me.ts'
import { FilterField } from '../kit/SearchField.tsx'
import { Tabs } from '../kit/Tabs.tsx'
import { Key } from './Key.tsx'
import { NewSecret } from './NewSecret.tsx'
import { One } from './One.tsx'
import { Providers } from './Providers.tsx'
import { SecretTable } from './SecretTable.tsx'
import { say } from './words.ts'

const tabs = ['list', 'elsewhere', 'key'] as const

/** All that the pages of secrets choose from. */
function createShelf() {
  return {
    secrets: createLoaded<readonly Secret[]>('secrets:read', [], () => ask('secrets.list', {})),
    providers: createLoaded<readonly SecretProvider[]>('secrets:read', [], () => ask('secrets.providers', {})),
    environments: createLoaded<readonly Environment[]>('hosts:read', [], () => ask('environments.list', {})),
  }
}
export type Shelf = ReturnType<typeof createShelf>

/** What must not be read by whoever may read everything else. A tab, and one secret, stand in the address. */
export function Secrets(): JSX.Element {
  const params = useParams<{ tab?: string; id?: string }>()
  const shelf = createShelf()
  const current = () => (params.tab === undefined || params.tab === 'one' ? 'list' : params.tab)
  return (
    <>
      <div class="head">
        <h1>{say('title')}</h1>
      </div>
      <Tabs
        tabs={tabs}
        current={current()}
        hrefOf={(tab) => (tab === 'list' ? '/secrets' : `/secrets/${tab}`)}
        wordsOf={(tab) => say(`tab.${tab}`)}
      />
      <Switch fallback={<Empty text={t('nav.nowhere')} />}>
        <Match when={params.tab === 'one' && params.id} keyed>
          {(name) => <One shelf={shelf} name={name} />}
        </Match>
        <Match when={current() === 'list'}>
          <List shelf={shelf} />
        </Match>
        <Match when={current() === 'elsewhere'}>
          <Providers shelf={shelf} />
        </Match>
        <Match when={current() === 'key'}>
          <Key />
        </Match>
      </Switch>
    </>
  )
}

function List(props: { readonly shelf: Shelf }): JSX.Element {
  const [search, setSearch] = useSearchParams<{ filter?: string }>()
  const [making, setMaking] = createSignal<'here' | 'elsewhere'>()
  const filter = () => search.filter ?? ''
  const fits = ({ name, environment, description, by, reference }: Secret) =>
    holdsWords([name, environment ?? say('whole'), description, by, reference ?? ''], filter())
  const shown = () => (props.shelf.secrets.now() ?? []).filter(fits)
  const buttons = () => (
    <Show when={may('secrets:write')}>
      <button type="button" class="primary" onClick={() => setMaking('here')}>
        {say('create')}
      </button>
      <Show when={(props.shelf.providers.now()?.length ?? 0) > 0}>
        <button type="button" onClick={() => setMaking('elsewhere')}>
          {say('refer')}
        </button>
      </Show>
    </Show>
  )
  return (
    <>
      <Part of={props.shelf.secrets} what={say('error')}>
        {(all) => (
          <Show
            when={all().length > 0}
            fallback={
              <Empty text={say('empty')}>
                <p class="row center">{buttons()}</p>
              </Empty>
            }
          >
            <div class="bar wrap">
              <FilterField label={say('filter')} value={filter()} onInput={(filter) => setSearch({ filter }, { replace: true })} />
              {buttons()}
            </div>
            <Locked permission="secrets:write" />
            <Show
              when={shown().length > 0}
              fallback={
                <Empty text={say('unfit')}>
                  <button type="button" onClick={() => setSearch({ filter: undefined })}>
                    {t('containers.clear')}
                  </button>
                </Empty>
              }
            >
              <SecretTable secrets={shown()} />
              <p class="foot dim">{say('count', { n: shown().length })}</p>
            </Show>
          </Show>
        )}
      </Part>
      <Show when={making()}>
        {(where) => <NewSecret shelf={props.shelf} elsewhere={where() === 'elsewhere'} onClose={() => setMaking(undefined)} />}
      </Show>
    </>
  )
}
