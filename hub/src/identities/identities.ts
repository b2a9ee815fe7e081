import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { identitiesApi } from '@fairlead/protocol/features/identities.ts'
import type { Me, SecondStep } from '@fairlead/protocol/features/logins.ts'
import type { Audits } from '../base/audit.ts'
import type { Database } from '../base/db.ts'
import type { Log } from '../base/log.ts'
import type { Outbound } from '../base/outbound.ts'
import type { Seal } from '../base/seal.ts'
import type { Tickets } from '../factors/tickets.ts'
import type { LoginContext, Logins } from '../logins/logins.ts'
import type { Roles } from '../roles/roles.ts'
import { arrive, type Arrived } from './arrive.ts'
import { offered } from './offered.ts'
import { serveOwnIdentities } from './own.ts'
import { checkLdap, serveLdapSignIn } from './ldap/door.ts'
import { check } from './oidc/check.ts'
import { createDiscovery } from './oidc/discover.ts'
import { finish, type Landing, type Returned } from './oidc/finish.ts'
import { leave } from './oidc/begin.ts'
import { findProvider, serveProviders } from './providers.ts'

export { sealedProviders } from './providers.ts'
export type { Arrived } from './arrive.ts'

export interface IdentitiesDeps {
  readonly db: Database
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly audits: Audits
  readonly roles: Pick<Roles, 'refuseGiving' | 'follow' | 'withdraw' | 'changed' | 'names' | 'givenTo' | 'hasAny'>
  readonly logins: Pick<Logins, 'signInThrough' | 'endThrough' | 'endLogin' | 'stillOf' | 'delays'>
  readonly outbound: Outbound
  readonly log: Log
  readonly tickets: Tickets
  /** Steady ms, for the delays between tries. */
  readonly now?: () => number
  /** Where people reach the console, as configured; the first is where providers send them back to. */
  readonly origins: () => readonly string[]
}

export interface Identities {
  readonly handlers: Handlers<typeof identitiesApi, LoginContext>
  /** Somebody whom a provider knows signs in. Throws `forbidden` with what to do when there is no account for them. */
  arrive(arrived: Arrived, context: LoginContext): Promise<Me | SecondStep>
  /** A browser that comes back from an OpenID Connect provider. Never throws. */
  finish(returned: Returned, context: LoginContext): Promise<Landing>
}

/** Sign-in by providers of an organization. */
export function openIdentities(deps: IdentitiesDeps): Identities {
  const { db } = deps
  const configurationOf = createDiscovery(deps)
  const handlers: Identities['handlers'] = {
    offered: ({ organization }) => offered(db, organization),
    begin: (wanted, context) => leave(deps, configurationOf, wanted, context, false),
    link: (wanted, context) => {
      const { organization } = context.caller
      return leave(deps, configurationOf, { ...wanted, organization }, context, true)
    },
    async test({ id, name }, { caller: { organization }, note }) {
      const row = await db.tx({ organization }, (_sql, orm) => findProvider(orm, id))
      note(row.name)
      return { steps: await (row.settings.kind === 'ldap' ? checkLdap(deps, row, name) : check(deps, configurationOf, row)) }
    },
    ...serveLdapSignIn(deps),
    ...serveProviders(deps),
    ...serveOwnIdentities(deps),
  }
  return {
    handlers,
    arrive: (arrived, context) => arrive(deps, arrived, context),
    finish: (returned, context) => finish(deps, configurationOf, returned, context),
  }
}
