import { A } from '@solidjs/router'
import { createSignal, createUniqueId, For, Show, type JSX } from 'solid-js'
import type { Role, RoleGrant } from '@fairlead/protocol/features/roles.ts'
import { ask } from '../api/api.ts'
import { t } from '../i18n/i18n.ts'
import { act, plain, tell } from '../kit/kit.tsx'
import { may } from '../kit/me.ts'
import type { Book } from './book.ts'
import { AskDialog, Locked } from '../kit/ask.tsx'
import { createReach, ReachFields } from './reach.tsx'
import { isLastOwner, placeWords, reachOf, roleWhat, roleWords } from './told.ts'
import { say } from './words.ts'

interface HolderNamed {
  readonly kind: 'account' | 'team'
  readonly id: string
  readonly name: string
}

/** The roles of a person or a team, each with its place; given and taken back here. */
export function GrantsOf(props: { readonly book: Book; readonly holder: HolderNamed; readonly none: string }): JSX.Element {
  const [asking, setAsking] = createSignal<'allow' | 'deny'>()
  const id = createUniqueId()
  const own = () => (props.book.grants.now() ?? []).filter(({ holder }) => holder.id === props.holder.id)
  return (
    <section class="box">
      <h2>{say('grants.title')}</h2>
      <Locked permission="roles:grant" id={id} />
      <GrantList book={props.book} grants={own()} none={props.none} />
      <p class="row">
        <button type="button" disabled={!may('roles:grant')} aria-describedby={id} onClick={() => setAsking('allow')}>
          {say('grants.give')}
        </button>
        <button type="button" disabled={!may('roles:grant')} aria-describedby={id} onClick={() => setAsking('deny')}>
          {say('grants.deny')}
        </button>
      </p>
      <Show when={asking()}>
        {(effect) => <GiveDialog book={props.book} holder={props.holder} effect={effect()} onClose={() => setAsking(undefined)} />}
      </Show>
    </section>
  )
}

/** `holders`: says whose each one is, for a list of one role. */
export function GrantList(props: {
  readonly book: Book
  readonly grants: readonly RoleGrant[]
  readonly none: string
  readonly holders?: boolean
}): JSX.Element {
  return (
    <Show when={props.grants.length > 0} fallback={<p class="dim">{props.none}</p>}>
      <ul class="grants">
        <For each={props.grants}>{(grant) => <GrantRow book={props.book} grant={grant} holder={props.holders === true} />}</For>
      </ul>
    </Show>
  )
}

function GrantRow(props: { readonly book: Book; readonly grant: RoleGrant; readonly holder: boolean }): JSX.Element {
  const denied = () => props.grant.effect === 'deny'
  const last = () => isLastOwner(props.grant, props.book.grants.now() ?? [])
  const words = () => `${roleWords(props.grant.role.name)}, ${placeWords(props.grant.reach)}`
  return (
    <li class="row">
      <span class={`state state-${denied() ? 'critical' : 'ok'}`}>
        <span aria-hidden="true">{denied() ? '■' : '●'}</span> {say(denied() ? 'grants.denied' : 'grants.allowed')}
      </span>
      <span class="grow">
        <Show
          when={props.holder}
          fallback={<A href={`/access/roles/${encodeURIComponent(props.grant.role.id)}`}>{roleWords(props.grant.role.name)}</A>}
        >
          <A href={holderPath(props.grant.holder)}>{plain(props.grant.holder.name)}</A>
        </Show>{' '}
        <span class="dim">{placeWords(props.grant.reach)}</span>
        <Show when={last()}>
          <small class="dim"> · {say('grants.lastOwner')}</small>
        </Show>
      </span>
      <Show when={may('roles:grant')}>
        <button
          type="button"
          disabled={last()}
          aria-label={`${say('grants.take')}: ${props.holder ? `${plain(props.grant.holder.name)}, ` : ''}${words()}`}
          onClick={() => void takeBack(props.book, props.grant)}
        >
          {say('grants.take')}
        </button>
      </Show>
    </li>
  )
}

const holderPath = ({ kind, id }: Pick<HolderNamed, 'kind' | 'id'>): string => `/access/${kind === 'team' ? 'teams' : 'people'}/${id}`

/** At once, and Undo gives it again. */
async function takeBack(book: Book, grant: RoleGrant): Promise<void> {
  const { role, effect, holder } = grant
  const label = `${say('grants.take')}: ${roleWords(role.name)}, ${placeWords(grant.reach)}`
  const again = { holder: { kind: holder.kind, id: holder.id }, role: role.id, reach: reachOf(grant), effect }
  const undo = () => void act(t('undo'), () => ask('roles.grant', again)).then(book.reload)
  await act(label, () => ask('roles.revoke', { id: grant.id }), false, undo)
  await book.reload()
}

/** Which role, and where; what it is for is said below it. */
function GiveDialog(props: {
  readonly book: Book
  readonly holder: HolderNamed
  readonly effect: 'allow' | 'deny'
  readonly onClose: () => void
}): JSX.Element {
  const choice = createReach()
  const [role, setRole] = createSignal('viewer')
  const name = () => plain(props.holder.name)
  async function send(): Promise<void> {
    // What it was opened for is gone with it.
    const { book, effect, holder } = props
    const { kind, id } = holder
    const grant = await ask('roles.grant', { holder: { kind, id }, role: role(), reach: choice.reach()!, effect })
    props.onClose()
    const label = say(effect === 'deny' ? 'grants.deny' : 'grants.give')
    tell(t('containers.done', { action: `${label}: ${roleWords(grant.role.name)}, ${placeWords(grant.reach)}` }), false, () => {
      void act(t('undo'), () => ask('roles.revoke', { id: grant.id })).then(book.reload)
    })
    await book.reload()
  }
  return (
    <AskDialog
      title={say(props.effect === 'deny' ? 'grants.denyTo' : 'grants.giveTo', { name: name() })}
      action={say(props.effect === 'deny' ? 'grants.deny' : 'grants.give')}
      disabled={choice.reach() === undefined}
      send={send}
      onClose={props.onClose}
    >
      <Show when={props.effect === 'deny'}>
        <p>{say('grants.denyWhat')}</p>
      </Show>
      <RoleField book={props.book} owner={props.effect === 'allow' && props.holder.kind === 'account'} role={role()} onRole={setRole} />
      <ReachFields book={props.book} choice={choice} />
    </AskDialog>
  )
}

/** `owner`: offered too; a team cannot be one, and it is nothing to deny. */
export function RoleField(props: {
  readonly book: Book
  readonly owner: boolean
  readonly role: string
  readonly onRole: (id: string) => void
}): JSX.Element {
  const id = createUniqueId()
  const offered = (): readonly Role[] => (props.book.roles.now()?.roles ?? []).filter((role) => props.owner || role.id !== 'owner')
  const chosen = () => offered().find((role) => role.id === props.role)
  return (
    <label class="field">
      {say('grants.role')}
      <select data-first aria-describedby={id} onChange={(event) => props.onRole(event.currentTarget.value)}>
        <For each={offered()}>
          {(role) => (
            <option value={role.id} selected={role.id === props.role}>
              {roleWords(role.name)}
            </option>
          )}
        </For>
      </select>
      <small id={id}>{chosen() === undefined ? '' : roleWhat(chosen()!)}</small>
    </label>
  )
}
