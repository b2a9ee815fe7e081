import { A, useNavigate } from '@solidjs/router'
import { createSignal, createUniqueId, For, Show, type JSX } from 'solid-js'
import type { Team as TeamRow } from '@fairlead/protocol/features/teams.ts'
import { ask } from '../api/api.ts'
import { t } from '../i18n/i18n.ts'
import { act, Empty, plain, tell } from '../kit/kit.tsx'
import { may } from '../kit/me.ts'
import type { Book } from './book.ts'
import { GrantsOf } from './Grants.tsx'
import { Locked, NameDialog, RemoveDialog } from '../kit/ask.tsx'
import { Part } from './parts.tsx'
import { Adding, turnMember } from './Person.tsx'
import { placeWords, roleWords } from './told.ts'
import { say } from './words.ts'

/** Accounts that are given roles together. */
export function Teams(props: { readonly book: Book }): JSX.Element {
  const [making, setMaking] = createSignal(false)
  const navigate = useNavigate()
  async function make(name: string): Promise<void> {
    const { id } = await ask('teams.create', { name })
    setMaking(false)
    await props.book.reload()
    navigate(`/access/teams/${id}`)
  }
  return (
    <>
      <div class="bar">
        <p class="grow dim">{say('teams.intro')}</p>
        <Show when={may('teams:manage')}>
          <button type="button" class="primary" onClick={() => setMaking(true)}>
            {say('teams.make')}
          </button>
        </Show>
      </div>
      <Part of={props.book.teams} what="error.teams">
        {(teams) => (
          <Show when={teams().length > 0} fallback={<Empty text={say('teams.empty')} />}>
            <TeamTable teams={teams()} />
          </Show>
        )}
      </Part>
      <Show when={making()}>
        <NameDialog title={say('teams.make')} action={say('teams.make')} send={make} onClose={() => setMaking(false)} />
      </Show>
    </>
  )
}

export function TeamTable(props: { readonly teams: readonly TeamRow[] }): JSX.Element {
  return (
    <div class="table" tabindex="0" role="region" aria-label={say('tab.teams')}>
      <table class="stack-phone">
        <thead>
          <tr>
            <th>{say('name')}</th>
            <th>{say('teams.members')}</th>
            <th class="num">{say('teams.grants')}</th>
          </tr>
        </thead>
        <tbody>
          <For each={props.teams}>
            {(team) => (
              <tr>
                <td>
                  <A href={`/access/teams/${team.id}`}>{plain(team.name)}</A>
                </td>
                <td>
                  {say('teams.count', { n: team.members.length })}{' '}
                  <span class="dim">{plain(team.members.map(({ name }) => name).join(', '))}</span>
                </td>
                <td class="num hide-phone">{team.grants}</td>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </div>
  )
}

export function Team(props: { readonly book: Book; readonly id: string }): JSX.Element {
  const team = () => props.book.teams.now()?.find(({ id }) => id === props.id)
  return (
    <Part of={props.book.teams} what="error.teams">
      {() => (
        <Show
          when={team()}
          fallback={
            <Empty text={say('teams.gone')}>
              <A class="button" href="/access/teams">
                {say('teams.all')}
              </A>
            </Empty>
          }
        >
          {(now) => (
            <>
              <TeamHead book={props.book} team={now()} />
              <Members book={props.book} team={now()} />
              <Show when={may('roles:read')}>
                <Part of={props.book.grants} what="error.grants" lines={4}>
                  {() => <GrantsOf book={props.book} holder={{ kind: 'team', id: now().id, name: now().name }} none={say('grants.none')} />}
                </Part>
              </Show>
              <RemoveTeam book={props.book} team={now()} />
            </>
          )}
        </Show>
      )}
    </Part>
  )
}

interface Shown {
  readonly book: Book
  readonly team: TeamRow
}

function TeamHead(props: Shown): JSX.Element {
  const [renaming, setRenaming] = createSignal(false)
  async function rename(name: string): Promise<void> {
    const { id, name: before } = props.team
    await ask('teams.rename', { id, name })
    setRenaming(false)
    const undo = () => void act(t('undo'), () => ask('teams.rename', { id, name: before })).then(props.book.reload)
    tell(t('containers.done', { action: `${say('rename')}: ${plain(before)} → ${plain(name)}` }), false, undo)
    await props.book.reload()
  }
  return (
    <div class="head">
      <h2>{plain(props.team.name)}</h2>
      <Show when={may('teams:manage')}>
        <button type="button" onClick={() => setRenaming(true)}>
          {say('rename')}
        </button>
      </Show>
      <Show when={renaming()}>
        <NameDialog
          title={say('rename')}
          action={t('hosts.save')}
          before={props.team.name}
          send={rename}
          onClose={() => setRenaming(false)}
        />
      </Show>
    </div>
  )
}

function Members(props: Shown): JSX.Element {
  const id = createUniqueId()
  const others = () => (props.book.accounts.now() ?? []).filter((person) => props.team.members.every((member) => member.id !== person.id))
  const turn = (person: { readonly id: string; readonly name: string }, join: boolean) =>
    void turnMember(props.book, { team: props.team.id, account: person.id, name: `${props.team.name}, ${person.name}`, join })
  return (
    <section class="box">
      <h2>{say('teams.members')}</h2>
      <Show when={props.team.provisioned}>
        <p class="dim">{say('teams.provisioned')}</p>
      </Show>
      <Locked permission="teams:manage" id={id} />
      <Show when={props.team.members.length > 0} fallback={<p class="dim">{say('teams.noMembers')}</p>}>
        <ul class="grants">
          <For each={props.team.members}>
            {(person) => (
              <li class="row">
                <span class="grow">
                  <Show when={may('accounts:read')} fallback={plain(person.name)}>
                    <A href={`/access/people/${person.id}`}>{plain(person.name)}</A>
                  </Show>
                </span>
                <Show when={may('teams:manage')}>
                  <button type="button" aria-label={`${say('teams.takeOut')}: ${plain(person.name)}`} onClick={() => turn(person, false)}>
                    {say('teams.takeOut')}
                  </button>
                </Show>
              </li>
            )}
          </For>
        </ul>
      </Show>
      <Show when={may('teams:manage') && others().length > 0}>
        <Adding label={say('teams.add')} options={others()} onAdd={(person) => turn(person, true)} />
      </Show>
    </section>
  )
}

function RemoveTeam(props: Shown): JSX.Element {
  const [asking, setAsking] = createSignal(false)
  const navigate = useNavigate()
  const id = createUniqueId()
  const own = () => (props.book.grants.now() ?? []).filter(({ holder }) => holder.id === props.team.id)
  const title = () => `${say('remove')}: ${plain(props.team.name)}`
  const goes = () => [
    ...own().map(({ role, reach }) => `${roleWords(role.name)}, ${placeWords(reach)}`),
    ...props.team.members.map(({ name }) => say('teams.removeMember', { name: plain(name) })),
  ]
  async function send(): Promise<void> {
    const said = title()
    await ask('teams.remove', { id: props.team.id })
    tell(t('containers.done', { action: said }))
    navigate('/access/teams')
    await props.book.reload()
  }
  return (
    <section class="box">
      <p>{say('teams.removeWhat')}</p>
      <Locked permission="teams:manage" id={id} />
      <button type="button" class="danger" disabled={!may('teams:manage')} aria-describedby={id} onClick={() => setAsking(true)}>
        {title()}
      </button>
      <Show when={asking()}>
        <RemoveDialog
          title={title()}
          question={say('teams.removeAsk')}
          goes={goes()}
          name={props.team.name}
          send={send}
          onClose={() => setAsking(false)}
        />
      </Show>
    </section>
  )
}
