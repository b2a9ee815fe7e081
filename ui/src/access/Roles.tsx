import { A } from '@solidjs/router'
import { For, Show, type JSX } from 'solid-js'
import type { Role } from '@fairlead/protocol/features/roles.ts'
import { may } from '../kit/me.ts'
import { Table } from '../kit/Table.tsx'
import type { Book } from './book.ts'
import { Part } from './parts.tsx'
import { byFeature, featureWords, permissionWords, roleWhat, roleWords } from './told.ts'
import { say } from './words.ts'

/** Every role with what it is for, and all of them beside each other. */
export function Roles(props: { readonly book: Book }): JSX.Element {
  return (
    <>
      <div class="bar">
        <p class="grow dim">{say('roles.intro')}</p>
        <Show when={may('roles:manage')}>
          <A class="button primary" href="/access/roles/new">
            {say('roles.make')}
          </A>
        </Show>
      </div>
      <Part of={props.book.roles} what="error.roles" lines={14}>
        {(now) => (
          <>
            <RoleTable roles={now().roles} />
            {/* As wide as there are roles: on a phone each role is looked at by itself. */}
            <section class="hide-phone compare">
              <h2>{say('roles.compare')}</h2>
              <Matrix roles={now().roles} permissions={now().permissions} />
            </section>
          </>
        )}
      </Part>
    </>
  )
}

const rolePath = ({ id }: Pick<Role, 'id'>): string => `/access/roles/${encodeURIComponent(id)}`

function RoleTable(props: { readonly roles: readonly Role[] }): JSX.Element {
  return (
    <Table
      label={say('tab.roles')}
      looks="roles"
      heads={[say('name'), say('roles.what'), { num: say('roles.permissions') }, { num: say('roles.given') }]}
      rows={props.roles}
    >
      {(role) => (
        <tr>
          <td>
            <A href={rolePath(role)}>{roleWords(role.name)}</A>{' '}
            <Show when={role.builtIn}>
              <span class="dim">{say('roles.builtIn')}</span>
            </Show>
          </td>
          <td class="why">{roleWhat(role)}</td>
          <td class="num hide-phone">{role.permissions.length}</td>
          <td class="num dim">{role.grants === 0 ? '–' : say('roles.times', { n: role.grants })}</td>
        </tr>
      )}
    </Table>
  )
}

/** Permissions down, roles across. */
export function Matrix(props: { readonly roles: readonly Role[]; readonly permissions: readonly string[] }): JSX.Element {
  return (
    <div class="table" tabindex="0" role="region" aria-label={say('roles.compare')}>
      <table class="matrix">
        <thead>
          <tr>
            <th>{say('roles.permissions')}</th>
            <For each={props.roles}>
              {(role) => (
                <th scope="col">
                  <A href={rolePath(role)}>{roleWords(role.name)}</A>
                </th>
              )}
            </For>
          </tr>
        </thead>
        <For each={byFeature(props.permissions, (name) => name)}>
          {(feature) => (
            <tbody>
              <tr>
                <th scope="rowgroup" class="group" colSpan={props.roles.length + 1}>
                  {featureWords(feature.name)}
                </th>
              </tr>
              <For each={feature.items}>
                {(permission) => (
                  <tr>
                    <th scope="row" title={permission}>
                      {permissionWords(permission)}
                    </th>
                    <For each={props.roles}>
                      {(role) => (
                        <td>
                          <Has has={role.permissions.includes(permission)} />
                        </td>
                      )}
                    </For>
                  </tr>
                )}
              </For>
            </tbody>
          )}
        </For>
      </table>
    </div>
  )
}

/** By shape and, for who does not see it, by word. */
export function Has(props: { readonly has: boolean }): JSX.Element {
  return (
    <span class={props.has ? 'state-ok' : 'dim'}>
      <span aria-hidden="true">{props.has ? '●' : '–'}</span>
      <span class="visually-hidden">{say(props.has ? 'roles.yes' : 'roles.no')}</span>
    </span>
  )
}
