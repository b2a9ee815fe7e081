import { A, useNavigate, useSearchParams } from '@solidjs/router'
import { createSignal, For, Show, untrack, type JSX } from 'solid-js'
import type { Role as RoleRow } from '@fairlead/protocol/features/roles.ts'
import { ask } from '../api/api.ts'
import { t } from '../i18n/i18n.ts'
import { act, Empty, ErrorBox, NoPermission, plain, tell } from '../kit/kit.tsx'
import { may } from '../kit/me.ts'
import { createUnsaved } from '../kit/unsaved.ts'
import type { Book } from './book.ts'
import { GrantList } from './Grants.tsx'
import { Locked } from '../kit/ask.tsx'
import { Part } from './parts.tsx'
import { Has } from './Roles.tsx'
import { byFeature, featureWords, permissionWords, roleWhat, roleWords } from './told.ts'
import { say } from './words.ts'

/** One role: what it may do, who has it; made and changed here when it is the organization's own. `new`: one that is not there yet. */
export function Role(props: { readonly book: Book; readonly id: string }): JSX.Element {
  const [search] = useSearchParams<{ from?: string }>()
  const find = (id: string | undefined) => props.book.roles.now()?.roles.find((role) => role.id === id)
  return (
    <Part of={props.book.roles} what="error.roles" lines={14}>
      {(now) => (
        <Show
          when={props.id !== 'new'}
          fallback={
            <Show when={may('roles:manage')} fallback={<NoPermission permission="roles:manage" />}>
              <RoleForm book={props.book} like={untrack(() => find(search.from))} permissions={now().permissions} />
            </Show>
          }
        >
          <Show
            when={find(props.id)}
            fallback={
              <Empty text={say('roles.gone')}>
                <A class="button" href="/access/roles">
                  {say('roles.all')}
                </A>
              </Empty>
            }
          >
            {(role) => <OneRole book={props.book} role={role()} permissions={now().permissions} />}
          </Show>
        </Show>
      )}
    </Part>
  )
}

function OneRole(props: { readonly book: Book; readonly role: RoleRow; readonly permissions: readonly string[] }): JSX.Element {
  const editable = () => !props.role.builtIn && may('roles:manage')
  const given = () => (props.book.grants.now() ?? []).filter(({ role }) => role.id === props.role.id)
  return (
    <>
      <div class="head">
        <h2>{roleWords(props.role.name)}</h2>
        <Show when={props.role.builtIn}>
          <span class="tag">{say('roles.builtIn')}</span>
        </Show>
        <span class="grow" />
        <Show when={may('roles:manage')}>
          <A class="button" href={`/access/roles/new?from=${encodeURIComponent(props.role.id)}`}>
            {say('roles.copy')}
          </A>
        </Show>
      </div>
      <p>{roleWhat(props.role)}</p>
      <Show when={props.role.builtIn} fallback={<Locked permission="roles:manage" />}>
        <p class="dim">{say('roles.builtInWhat')}</p>
      </Show>
      <Show when={editable()} fallback={<Permissions all={props.permissions} role={props.role} />}>
        <RoleForm book={props.book} role={untrack(() => props.role)} permissions={props.permissions} />
      </Show>
      <section class="box">
        <h2>{say('grants.holders')}</h2>
        <GrantList book={props.book} grants={given()} none={say('grants.noHolders')} holders />
      </section>
      <Show when={editable()}>
        <RemoveRole book={props.book} role={props.role} />
      </Show>
    </>
  )
}

/** What a role may do and what not, to read. */
export function Permissions(props: { readonly all: readonly string[]; readonly role: Pick<RoleRow, 'permissions'> }): JSX.Element {
  return (
    <div class="features">
      <For each={byFeature(props.all, (name) => name)}>
        {(feature) => (
          <section class="box">
            <h3>{featureWords(feature.name)}</h3>
            <ul>
              <For each={feature.items}>
                {(permission) => (
                  <li classList={{ dim: !props.role.permissions.includes(permission) }} title={permission}>
                    <Has has={props.role.permissions.includes(permission)} /> {permissionWords(permission)}
                  </li>
                )}
              </For>
            </ul>
          </section>
        )}
      </For>
    </div>
  )
}

/** `role`: the one that is changed; `like`: one that a new one begins as. */
function RoleForm(props: {
  readonly book: Book
  readonly role?: RoleRow
  readonly like?: RoleRow | undefined
  readonly permissions: readonly string[]
}): JSX.Element {
  const begin = untrack(() => ({
    name: props.role?.name ?? (props.like === undefined ? '' : say('roles.copyName', { name: roleWords(props.like.name) })),
    description: props.role?.description ?? (props.like === undefined ? '' : roleWhat(props.like)),
    permissions: (props.role ?? props.like)?.permissions ?? [],
  }))
  const [chosen, setChosen] = createSignal<ReadonlySet<string>>(new Set(begin.permissions))
  const [error, setError] = createSignal<unknown>()
  const [busy, setBusy] = createSignal(false)
  const navigate = useNavigate()
  const unsaved = createUnsaved()

  async function save(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    const data = new FormData(event.currentTarget as HTMLFormElement)
    const fields = {
      name: String(data.get('name')).trim(),
      description: String(data.get('description')).trim(),
      permissions: [...chosen()].sort(),
    }
    const id = props.role?.id
    setBusy(true)
    setError(undefined)
    try {
      const saved = await (id === undefined ? ask('roles.create', fields) : ask('roles.update', { id, ...fields }))
      unsaved.saved()
      tell(t('containers.done', { action: `${say('roles.save')}: ${plain(saved.name)}` }))
      await props.book.reload()
      if (id === undefined) navigate(`/access/roles/${saved.id}`, { replace: true })
    } catch (reason) {
      setError(reason)
    }
    setBusy(false)
  }
  return (
    <form onSubmit={(event) => void save(event)} ref={unsaved.watch}>
      <Show when={props.role === undefined}>
        <h2>{say('roles.new')}</h2>
      </Show>
      <div class="box form">
        <label class="field">
          {say('name')}
          <input name="name" required maxlength="64" autocomplete="off" value={begin.name} />
        </label>
        <label class="field">
          {say('roles.description')}
          <input name="description" maxlength="500" autocomplete="off" value={begin.description} />
        </label>
      </div>
      <PermissionFields all={props.permissions} chosen={chosen()} onChange={setChosen} />
      <Show when={error()}>{(now) => <ErrorBox error={now()} />}</Show>
      <p class="row">
        <button type="submit" class="primary" disabled={busy()}>
          {say('roles.save')}
        </button>
        <span class="dim" role="status">
          {chosen().size === 0 ? say('roles.none') : say('roles.chosen', { n: chosen().size, all: props.permissions.length })}
        </span>
      </p>
    </form>
  )
}

/** By feature, with all of one at a time. What somebody has not themselves they cannot choose. */
export function PermissionFields(props: {
  readonly all: readonly string[]
  readonly chosen: ReadonlySet<string>
  readonly onChange: (chosen: ReadonlySet<string>) => void
}): JSX.Element {
  const locked = (permission: string) => !may(permission) && !props.chosen.has(permission)
  const turn = (permissions: readonly string[], on: boolean) => {
    const next = new Set(props.chosen)
    for (const one of permissions)
      if (on) next.add(one)
      else next.delete(one)
    props.onChange(next)
  }
  return (
    <>
      <Show when={props.all.some(locked)}>
        <p class="dim">{say('roles.notYours')}</p>
      </Show>
      <div class="features">
        <For each={byFeature(props.all, (name) => name)}>
          {(feature) => {
            const free = () => feature.items.filter((one) => !locked(one))
            const every = () => free().length > 0 && free().every((one) => props.chosen.has(one))
            return (
              <fieldset class="box">
                <legend>{featureWords(feature.name)}</legend>
                <Show when={feature.items.length > 1}>
                  <label class="row tight">
                    <input
                      type="checkbox"
                      checked={every()}
                      disabled={free().length === 0}
                      onChange={(event) => turn(free(), event.currentTarget.checked)}
                    />
                    <span class="dim">{say('roles.every', { feature: featureWords(feature.name) })}</span>
                  </label>
                </Show>
                <For each={feature.items}>
                  {(permission) => (
                    <label class="row tight" title={permission}>
                      <input
                        type="checkbox"
                        name={permission}
                        checked={props.chosen.has(permission)}
                        disabled={locked(permission)}
                        onChange={(event) => turn([permission], event.currentTarget.checked)}
                      />
                      {permissionWords(permission)}
                    </label>
                  )}
                </For>
              </fieldset>
            )
          }}
        </For>
      </div>
    </>
  )
}

/** Only a role that nobody has can go, so nothing is lost; Undo makes it again. */
function RemoveRole(props: { readonly book: Book; readonly role: RoleRow }): JSX.Element {
  const navigate = useNavigate()
  async function remove(): Promise<void> {
    const { id, name, description, permissions } = props.role
    const { reload } = props.book
    const undo = () => void act(t('undo'), () => ask('roles.create', { name, description, permissions })).then(reload)
    if (!(await act(`${say('remove')}: ${plain(name)}`, () => ask('roles.remove', { id }), false, undo))) return
    navigate('/access/roles')
    await reload()
  }
  return (
    <section class="box">
      <p class={props.role.grants > 0 ? 'dim' : ''} id="role-remove">
        {props.role.grants > 0 ? say('roles.removeGiven', { n: props.role.grants }) : say('roles.removeWhat')}
      </p>
      <button type="button" class="danger" disabled={props.role.grants > 0} aria-describedby="role-remove" onClick={() => void remove()}>
        {say('remove')}: {plain(props.role.name)}
      </button>
    </section>
  )
}
