import { useParams } from '@solidjs/router'
import { lazy, Match, Show, Switch, type JSX } from 'solid-js'
import { t } from '../i18n/i18n.ts'
import { Empty, NoPermission } from '../kit/kit.tsx'
import { may } from '../kit/me.ts'
import { Tabs } from '../kit/Tabs.tsx'
import { createBook, type Book } from './book.ts'
import { Environments } from './Environments.tsx'
import { Explain } from './Explain.tsx'
import { People } from './People.tsx'
import { Person } from './Person.tsx'
import { Role } from './Role.tsx'
import { Services } from './Services.tsx'
import { Roles } from './Roles.tsx'
import { Team, Teams } from './Teams.tsx'
import { say } from './words.ts'

const Providers = lazy(async () => ({ default: (await import('../identities/Providers.tsx')).Providers }))
const Provider = lazy(async () => ({ default: (await import('../identities/Provider.tsx')).Provider }))
const Tokens = lazy(async () => ({ default: (await import('../tokens/Tokens.tsx')).Tokens }))

/** The tabs, each with the permission that shows it. */
const tabs = [
  ['people', 'accounts:read'],
  ['services', 'accounts:read'],
  ['teams', 'teams:read'],
  ['roles', 'roles:read'],
  ['environments', 'hosts:read'],
  ['sign-in', 'identities:read'],
  ['tokens', 'tokens:read'],
  ['explain', 'roles:read'],
] as const

/** Who belongs here and what they may do, where. A tab, and one thing in it, stand in the address. */
export function Access(): JSX.Element {
  const params = useParams<{ tab?: string; id?: string }>()
  const book = createBook()
  const offered = () => tabs.filter(([, permission]) => may(permission))
  const current = () => params.tab ?? offered()[0]?.[0] ?? 'people'
  const known = () => tabs.find(([tab]) => tab === current())
  return (
    <>
      <div class="head">
        <h1>{say('title')}</h1>
      </div>
      <Tabs
        tabs={offered().map(([tab]) => tab)}
        current={current()}
        hrefOf={(tab) => (tab === 'people' ? '/access' : `/access/${tab}`)}
        wordsOf={(tab) => say(`tab.${tab}`)}
      />
      <Show when={known()} fallback={<Empty text={t('nav.nowhere')} />}>
        {(now) => (
          <Show when={may(now()[1])} fallback={<NoPermission permission={now()[1]} />}>
            <Tab book={book} tab={current()} id={params.id} />
          </Show>
        )}
      </Show>
    </>
  )
}

function Tab(props: { readonly book: Book; readonly tab: string; readonly id: string | undefined }): JSX.Element {
  const one = (tab: string) => (props.tab === tab ? props.id : undefined)
  return (
    <Switch fallback={<People book={props.book} />}>
      <Match when={one('people')} keyed>
        {(id) => <Person book={props.book} id={id} />}
      </Match>
      <Match when={one('teams')} keyed>
        {(id) => <Team book={props.book} id={id} />}
      </Match>
      <Match when={one('roles')} keyed>
        {(id) => <Role book={props.book} id={id} />}
      </Match>
      <Match when={props.tab === 'services'}>
        <Services book={props.book} />
      </Match>
      <Match when={one('sign-in')} keyed>
        {(id) => <Provider book={props.book} id={id} />}
      </Match>
      <Match when={props.tab === 'sign-in'}>
        <Providers />
      </Match>
      <Match when={props.tab === 'teams'}>
        <Teams book={props.book} />
      </Match>
      <Match when={props.tab === 'roles'}>
        <Roles book={props.book} />
      </Match>
      <Match when={props.tab === 'environments'}>
        <Environments book={props.book} />
      </Match>
      <Match when={props.tab === 'tokens'}>
        <Tokens />
      </Match>
      <Match when={props.tab === 'explain'}>
        <Explain book={props.book} />
      </Match>
    </Switch>
  )
}
