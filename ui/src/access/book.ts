import type { Role } from '@fairlead/protocol/features/roles.ts'
import { ask } from '../api/api.ts'
import { createLoaded } from '../kit/loaded.ts'
import { isGiven } from './told.ts'

/** Only what a role can give. */
const given = ({ roles, permissions }: { roles: Role[]; permissions: string[] }) => ({
  roles: roles.map((role) => ({ ...role, permissions: role.permissions.filter(isGiven) })),
  permissions: permissions.filter(isGiven),
})

/** All that the pages of access tell and choose from; asked again after everything that is changed here. */
export function createBook() {
  const accounts = createLoaded('accounts:read', [], () => ask('accounts.list', {}))
  const invitations = createLoaded('accounts:read', [], () => ask('accounts.invitations', {}))
  const teams = createLoaded('teams:read', [], () => ask('teams.list', {}))
  const roles = createLoaded('roles:read', { roles: [], permissions: [] }, async () => given(await ask('roles.list', {})))
  const grants = createLoaded('roles:read', [], () => ask('roles.grants', {}))
  const environments = createLoaded('hosts:read', [], () => ask('environments.list', {}))
  const all = [accounts, invitations, teams, roles, grants, environments]
  return {
    accounts,
    invitations,
    teams,
    roles,
    grants,
    environments,
    reload: async () => void (await Promise.all(all.map(({ load }) => load()))),
  }
}

export type Book = ReturnType<typeof createBook>
