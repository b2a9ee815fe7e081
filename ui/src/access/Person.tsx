import { A, useNavigate } from '@solidjs/router'
import { createSignal, createUniqueId, For, Show, type JSX } from 'solid-js'
import type { Account } from '@fairlead/protocol/features/accounts.ts'
import { ask } from '../api/api.ts'
import { t, time } from '../i18n/i18n.ts'
import { act, Empty, plain, tell } from '../kit/kit.tsx'
import { may, me } from '../kit/me.ts'
import type { Book } from './book.ts'
import { GrantsOf } from './Grants.tsx'
import { Locked, RemoveDialog } from '../kit/ask.tsx'
import { Part } from './parts.tsx'
import { Marks } from './People.tsx'
import { ServiceTokens } from './ServiceTokens.tsx'
import { isLastOwner, placeWords, roleWords } from './told.ts'
import { say } from './words.ts'

/** One of the organization: what they were given, their teams, and the way out. */
export function Person(props: { readonly book: Book; readonly id: string }): JSX.Element {
  const person = () => props.book.accounts.now()?.find(({ id }) => id === props.id)
  return (
    <Part of={props.book.accounts} what="error.people">
      {() => (
        <Show
          when={person()}
          fallback={
            <Empty text={say('person.gone')}>
              <A class="button" href="/access">
                {say('person.all')}
              </A>
            </Empty>
          }
        >
          {(now) => (
            <>
              <PersonHead person={now()} />
              <Show when={now().kind === 'service'}>
                <ServiceTokens service={now()} />
              </Show>
              <Show when={may('roles:read')}>
                <Part of={props.book.grants} what="error.grants" lines={4}>
                  {() => (
                    <GrantsOf
                      book={props.book}
                      holder={{ kind: 'account', id: now().id, name: now().name }}
                      none={say(now().teams.length > 0 ? 'grants.noneTeams' : 'grants.none')}
                    />
                  )}
                </Part>
              </Show>
              <Show when={may('teams:read')}>
                <TeamsOf book={props.book} person={now()} />
              </Show>
              <Leave book={props.book} person={now()} />
            </>
          )}
        </Show>
      )}
    </Part>
  )
}

function PersonHead(props: { readonly person: Account }): JSX.Element {
  return (
    <div class="head">
      <h2>
        {plain(props.person.name)}
        <Show when={props.person.id === me()?.account}>
          <span class="dim"> ({say('people.you')})</span>
        </Show>
        <Marks of={props.person} />
      </h2>
      <span class="dim">
        <Show when={props.person.email !== ''}>{plain(props.person.email)} · </Show>
        {say('person.joined', { time: time(props.person.joinedMs) })}
      </span>
      <span class="grow" />
      <Show when={may('roles:read')}>
        <A class="button" href={`/access/explain?account=${props.person.id}`}>
          {say('person.explain', { name: plain(props.person.name) })}
        </A>
      </Show>
    </div>
  )
}

/** Into a team or out of it; both are undone by the other. */
export async function turnMember(
  book: Book,
  { team, account, name, join }: { readonly team: string; readonly account: string; readonly name: string; readonly join: boolean },
): Promise<void> {
  const run = (into: boolean) => ask(into ? 'teams.addMember' : 'teams.removeMember', { id: team, account })
  const undo = () => void act(t('undo'), () => run(!join)).then(book.reload)
  await act(`${say(join ? 'person.addTeam' : 'person.leaveTeam')}: ${plain(name)}`, () => run(join), false, undo)
  await book.reload()
}

function TeamsOf(props: { readonly book: Book; readonly person: Account }): JSX.Element {
  const id = createUniqueId()
  const others = () => (props.book.teams.now() ?? []).filter((team) => props.person.teams.every((own) => own.id !== team.id))
  const turn = (team: { readonly id: string; readonly name: string }, join: boolean) =>
    void turnMember(props.book, { team: team.id, account: props.person.id, name: `${team.name}, ${props.person.name}`, join })
  return (
    <section class="box">
      <h2>{say('person.inTeams')}</h2>
      <Locked permission="teams:manage" id={id} />
      <Show when={props.person.teams.length > 0} fallback={<p class="dim">{say('person.noTeam')}</p>}>
        <ul class="grants">
          <For each={props.person.teams}>
            {(team) => (
              <li class="row">
                <A class="grow" href={`/access/teams/${team.id}`}>
                  {plain(team.name)}
                </A>
                <Show when={may('teams:manage')}>
                  <button type="button" aria-label={`${say('person.leaveTeam')}: ${plain(team.name)}`} onClick={() => turn(team, false)}>
                    {say('teams.takeOut')}
                  </button>
                </Show>
              </li>
            )}
          </For>
        </ul>
      </Show>
      <Show when={may('teams:manage') && others().length > 0}>
        <Adding label={say('person.addTeam')} options={others()} onAdd={(team) => turn(team, true)} />
      </Show>
    </section>
  )
}

interface Option {
  readonly id: string
  readonly name: string
}

/** One out of several, and a button: choosing alone does nothing yet. */
export function Adding<O extends Option>(props: {
  readonly label: string
  readonly options: readonly O[]
  readonly onAdd: (option: O) => void
}): JSX.Element {
  const [chosen, setChosen] = createSignal('')
  const option = () => props.options.find(({ id }) => id === chosen())
  function add(event: SubmitEvent): void {
    event.preventDefault()
    const now = option()
    if (now === undefined) return
    setChosen('')
    props.onAdd(now)
  }
  return (
    <form class="row" onSubmit={add}>
      <select aria-label={props.label} onChange={(event) => setChosen(event.currentTarget.value)}>
        <option value="" selected={chosen() === ''}>
          {say('where.choose')}
        </option>
        <For each={props.options}>
          {({ id, name }) => (
            <option value={id} selected={id === chosen()}>
              {plain(name)}
            </option>
          )}
        </For>
      </select>
      <button type="submit" disabled={option() === undefined}>
        {props.label}
      </button>
    </form>
  )
}

function Leave(props: { readonly book: Book; readonly person: Account }): JSX.Element {
  const [asking, setAsking] = createSignal(false)
  const navigate = useNavigate()
  const id = createUniqueId()
  const own = () => (props.book.grants.now() ?? []).filter(({ holder }) => holder.id === props.person.id)
  const last = () => own().some((grant) => isLastOwner(grant, props.book.grants.now() ?? []))
  const name = () => plain(props.person.name)
  const title = () => say('person.remove', { name: name() })
  const goes = () => [
    ...own().map(({ role, reach }) => `${roleWords(role.name)}, ${placeWords(reach)}`),
    ...props.person.teams.map((team) => say('person.removeTeam', { team: plain(team.name) })),
    say('person.removeLogins', { name: name() }),
  ]
  async function send(): Promise<void> {
    const said = title()
    await ask('accounts.remove', { id: props.person.id })
    tell(t('containers.done', { action: said }))
    navigate('/access')
    await props.book.reload()
  }
  return (
    <section class="box">
      <p>{say('person.removeWhat', { name: name() })}</p>
      <Show when={last()} fallback={<Locked permission="accounts:manage" id={id} />}>
        <p class="dim" id={id}>
          {say('person.lastOwner')}
        </p>
      </Show>
      <button
        type="button"
        class="danger"
        disabled={last() || !may('accounts:manage')}
        aria-describedby={id}
        onClick={() => setAsking(true)}
      >
        {title()}
      </button>
      <Show when={asking()}>
        <RemoveDialog
          title={title()}
          question={say('person.removeAsk')}
          goes={goes()}
          name={props.person.name}
          send={send}
          onClose={() => setAsking(false)}
        />
      </Show>
    </section>
  )
}
