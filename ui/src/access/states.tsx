import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Account, AccountInvitation } from '@fairlead/protocol/features/accounts.ts'
import type { Explained, Role, RoleGrant } from '@fairlead/protocol/features/roles.ts'
import { createSignal, For, type JSX } from 'solid-js'
import type { Book } from './book.ts'
import { EnvironmentTable } from './Environments.tsx'
import { Answer } from './Explain.tsx'
import { GrantList } from './Grants.tsx'
import { InviteLink } from './Invite.tsx'
import { NotOpen } from './Join.tsx'
import { OpenInvitations, PeopleTable } from './People.tsx'
import { PermissionFields, Permissions } from './Role.tsx'
import { Matrix } from './Roles.tsx'
import { TeamTable } from './Teams.tsx'
import { ConnectionShown, ServiceTable } from './Services.tsx'
import { say } from './words.ts'

const now = Date.now()
const day = 86_400_000
const nothing = () => undefined

const permissions = ['hosts:read', 'hosts:manage', 'containers:read', 'containers:remove', 'kites:fly']

const person = (name: string, more: Partial<Account> = {}): Account => ({
  id: name,
  name,
  email: `${name.toLowerCase().slice(0, 40)}@example.test`,
  joinedMs: now - 40 * day,
  kind: 'person',
  provisioned: false,
  active: true,
  lastSeenMs: now - 60_000,
  teams: [],
  roles: ['viewer'],
  providers: [],
  otherGrants: 0,
  ...more,
})

const people = [
  person('Ada', { roles: ['owner'], teams: [{ id: 'quay', name: 'Quay' }] }),
  person('Berthe', { roles: ['operator', 'Night watch'], otherGrants: 2, lastSeenMs: 0 }),
  person('Chidi', { roles: [], otherGrants: 3 }),
  person('Deb', { roles: [] }),
  person('x'.repeat(128)),
]

const invitations: readonly AccountInvitation[] = [
  {
    id: 'one',
    email: 'new@example.test',
    role: { id: 'developer', name: 'developer' },
    reach: { on: 'host', target: 'h', name: 'web-1' },
    invitedBy: 'Ada',
    createdMs: now - day,
    expiresMs: now + 6 * day,
  },
]

const role = (id: string, builtIn: boolean, some: readonly string[]): Role => ({
  id,
  name: id,
  description: builtIn ? '' : 'Looks after the fleet at night.',
  builtIn,
  permissions: [...some],
  grants: 1,
})
const roles = [
  role('owner', true, permissions),
  role('viewer', true, ['hosts:read', 'containers:read']),
  role('Night watch', false, ['hosts:read']),
]

const grant = (id: string, more: Partial<RoleGrant> = {}): RoleGrant => ({
  id,
  holder: { kind: 'account', id: 'Ada', name: 'Ada' },
  role: { id: 'operator', name: 'operator' },
  effect: 'allow',
  reach: { on: 'organization', target: '', name: '' },
  createdMs: now,
  ...more,
})
const grants = [
  grant('owner', { role: { id: 'owner', name: 'owner' } }),
  grant('tag', { reach: { on: 'tag', target: 'night', name: 'night' } }),
  grant('deny', { effect: 'deny', reach: { on: 'environment', target: 'e', name: 'Production' } }),
  grant('gone', { reach: { on: 'host', target: 'h', name: '' } }),
]
// Lists of grants look at nothing else of it.
const book = { grants: { now: () => grants } } as unknown as Book

const because = { grant: 'g', role: 'operator', team: '', effect: 'allow', reach: { on: 'tag', name: 'night' } } as const
const told: Explained = {
  account: { id: 'Ada', name: 'Ada', kind: 'person' },
  place: { on: 'host', name: 'web-1' },
  permissions: [
    { name: 'hosts:read', allowed: true, because },
    { name: 'hosts:manage', allowed: true, because: { ...because, team: 'Quay' } },
    { name: 'containers:remove', allowed: false, because: { ...because, effect: 'deny' } },
    { name: 'audit:read', allowed: false, because: null },
  ],
}

const environments = [
  { id: 'p', name: 'Production', hosts: 9 },
  { id: 't', name: 'Test', hosts: 0 },
]
const hostsIn = Array.from({ length: 9 }, (_, n) => ({ id: `h${n}`, name: `web-${n}`, environmentId: 'p' }))

/** Every state of the pages of access that is not the hub's own doing, from fixed samples. */
export function AccessStates(): JSX.Element {
  const [chosen, setChosen] = createSignal<ReadonlySet<string>>(new Set(['hosts:read']))
  return (
    <>
      <PeopleTable people={people} />
      <PeopleTable people={[person('Provisioned', { provisioned: true }), person('Gone', { provisioned: true, active: false })]} />
      <ServiceTable
        services={[person('Deploy', { kind: 'service', email: '' }), person('y'.repeat(128), { kind: 'service', email: '', roles: [] })]}
      />
      <ConnectionShown
        made={{ name: 'Entra ID', token: `fl_pat_${'0'.repeat(12)}_${'x'.repeat(43)}_00000000`, expiresMs: now + 365 * day }}
      />
      <OpenInvitations open={invitations} onChange={nothing} />
      <InviteLink made={{ email: 'new@example.test', link: `https://hub.example/join#${'x'.repeat(43)}`, expiresMs: now + 7 * day }} />
      <TeamTable
        teams={[{ id: 'quay', name: 'Quay', members: people.map(({ id, name }) => ({ id, name })), grants: 2, provisioned: true }]}
      />
      <section class="box">
        <GrantList book={book} grants={grants} none={say('grants.none')} />
        <GrantList book={book} grants={grants} none={say('grants.none')} holders />
        <GrantList book={book} grants={[]} none={say('grants.noneTeams')} />
      </section>
      <Matrix roles={roles} permissions={permissions} />
      <Permissions all={permissions} role={roles[1]!} />
      <PermissionFields all={permissions} chosen={chosen()} onChange={setChosen} />
      <For each={[environments, environments.slice(0, 1)]}>
        {(some) => <EnvironmentTable environments={some} hosts={hostsIn} onRename={nothing} onRemove={nothing} />}
      </For>
      <Answer told={told} />
      <NotOpen
        error={new FairleadError('not_found', 'This invitation is not open: it was used or canceled, or it ran out.')}
        onRetry={nothing}
      />
      <NotOpen error={new FairleadError('host_offline', 'The hub at hub.example does not answer.')} onRetry={nothing} />
    </>
  )
}
