import { A, useSearchParams } from '@solidjs/router'
import { createMemo, createSignal, For, Show, type JSX } from 'solid-js'
import type { Account, AccountInvitation } from '@fairlead/protocol/features/accounts.ts'
import { ask } from '../api/api.ts'
import { ago, t, time } from '../i18n/i18n.ts'
import { act, Empty, plain } from '../kit/kit.tsx'
import { may, me } from '../kit/me.ts'
import type { Book } from './book.ts'
import { InviteDialog } from './Invite.tsx'
import { Part } from './parts.tsx'
import { placeWords, roleWords } from './told.ts'
import { holdsWords } from '../kit/filter.ts'
import { FilterField } from '../kit/SearchField.tsx'
import { Table } from '../kit/Table.tsx'
import { say } from './words.ts'

const mostRows = 300

/** Everybody of the organization, and who is asked in. */
export function People(props: { readonly book: Book }): JSX.Element {
  const [search, setSearch] = useSearchParams<{ filter?: string }>()
  const [inviting, setInviting] = createSignal(false)
  const filter = () => search.filter ?? ''
  const fits = ({ name, email, roles, teams }: Account) =>
    holdsWords([name, email, ...roles.map(roleWords), ...teams.map((team) => team.name)], filter())
  const everybody = (all: readonly Account[]) => all.filter(({ kind }) => kind === 'person')
  const shown = createMemo(() => everybody(props.book.accounts.now() ?? []).filter(fits))
  return (
    <>
      <div class="bar">
        <FilterField label={say('people.filter')} value={filter()} onInput={(filter) => setSearch({ filter }, { replace: true })} />
        <Show when={may('accounts:manage')}>
          <button type="button" class="primary" onClick={() => setInviting(true)}>
            {say('invite.title')}
          </button>
        </Show>
      </div>
      <Part of={props.book.accounts} what="error.people">
        {(all) => (
          <Show when={shown().length > 0} fallback={<NobodyFits onClear={() => setSearch({ filter: undefined })} />}>
            <PeopleTable people={shown().slice(0, mostRows)} />
            <p class="foot dim">
              {say('people.count', { n: shown().length })}
              <Show when={shown().length > mostRows}> · {say('people.more', { n: shown().length - mostRows })}</Show>
              <Show when={everybody(all()).length === 1}> · {say('people.alone')}</Show>
            </p>
          </Show>
        )}
      </Part>
      <Part of={props.book.invitations} what="error.invitations" lines={1}>
        {(open) => <OpenInvitations open={open()} onChange={() => void props.book.invitations.load()} />}
      </Part>
      <Show when={inviting()}>
        <InviteDialog book={props.book} onClose={() => setInviting(false)} />
      </Show>
    </>
  )
}

function NobodyFits(props: { readonly onClear: () => void }): JSX.Element {
  return (
    <Empty text={say('people.none')}>
      <button type="button" onClick={() => props.onClear()}>
        {t('containers.clear')}
      </button>
    </Empty>
  )
}

/** The roles that hold everywhere by name, those for a part of it counted. */
export function rolesOf({ roles, otherGrants }: Pick<Account, 'roles' | 'otherGrants'>): string {
  const named = roles.map(roleWords).join(', ')
  if (otherGrants === 0) return named === '' ? say('people.noRole') : named
  return named === '' ? say('people.otherOnly', { n: otherGrants }) : `${named} · ${say('people.other', { n: otherGrants })}`
}

export function PeopleTable(props: { readonly people: readonly Account[] }): JSX.Element {
  return (
    <Table
      label={say('tab.people')}
      class="people"
      heads={[say('name'), t('signIn.email'), say('people.roles'), say('people.teams'), say('people.joined'), say('people.seen')]}
      rows={props.people}
    >
      {(person) => (
        <tr>
          <td>
            <A href={`/access/people/${person.id}`}>{plain(person.name)}</A>
            <Show when={person.id === me()?.account}>
              <span class="dim"> ({say('people.you')})</span>
            </Show>
            <Marks of={person} />
          </td>
          <td class="dim why" title={plain(person.email)}>
            {plain(person.email)}
          </td>
          <td title={rolesOf(person)}>{rolesOf(person)}</td>
          <td>{plain(person.teams.map(({ name }) => name).join(', '))}</td>
          <td class="dim hide-phone" title={time(person.joinedMs)}>
            {ago(person.joinedMs)}
          </td>
          <td class="dim" title={person.lastSeenMs === 0 ? '' : time(person.lastSeenMs)}>
            {person.lastSeenMs === 0 ? say('people.never') : t('hosts.seenAgo', { age: ago(person.lastSeenMs) })}
          </td>
        </tr>
      )}
    </Table>
  )
}

/** What is told of an account beside its name. */
export function Marks(props: { readonly of: Account }): JSX.Element {
  return (
    <>
      <Show when={props.of.kind === 'service'}>
        {' '}
        <span class="tag">{say('mark.service')}</span>
      </Show>
      <Show when={props.of.provisioned}>
        {' '}
        <span class="tag" title={say('mark.provisionedWhat')}>
          {say('mark.provisioned')}
        </span>
      </Show>
      <Show when={!props.of.active}>
        {' '}
        <span class="tag" title={say('mark.inactiveWhat')}>
          {say('mark.inactive')}
        </span>
      </Show>
    </>
  )
}

/** Asked in and not here yet. Their links were shown once and cannot be again. */
export function OpenInvitations(props: { readonly open: readonly AccountInvitation[]; readonly onChange: () => void }): JSX.Element {
  async function cancel({ id, email }: AccountInvitation): Promise<void> {
    await act(`${say('invite.cancel')}: ${email}`, () => ask('accounts.cancel', { id }))
    props.onChange()
  }
  return (
    <Show when={props.open.length > 0}>
      <section class="box">
        <h2>{say('invite.open')}</h2>
        <ul class="grants">
          <For each={props.open}>
            {(one) => (
              <li class="row">
                <span class="grow">
                  <strong>{plain(one.email)}</strong> · {roleWords(one.role.name)}, {placeWords(one.reach)}{' '}
                  <span class="dim">
                    {say('invite.by', { name: plain(one.invitedBy) })}, {say('invite.until', { time: time(one.expiresMs) })}
                  </span>
                </span>
                <Show when={may('accounts:manage')}>
                  <button type="button" aria-label={`${say('invite.cancel')}: ${plain(one.email)}`} onClick={() => void cancel(one)}>
                    {t('cancel')}
                  </button>
                </Show>
              </li>
            )}
          </For>
        </ul>
      </section>
    </Show>
  )
}
