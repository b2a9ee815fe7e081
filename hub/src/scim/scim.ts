import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { scimApi } from '@fairlead/protocol/features/scim.ts'
import type { HubContext } from '../base/access.ts'
import type { Database } from '../base/db.ts'
import type { Logins } from '../logins/logins.ts'
import type { Roles } from '../roles/roles.ts'
import { serveGroups } from './groups.ts'
import { listOf, mostResults } from './list.ts'
import { configDocument, resourceTypeDocuments, schemaDocuments } from './schema.ts'
import { serveUsers } from './users.ts'

export { createScim } from './door.ts'

export interface ScimDeps {
  readonly db: Database
  readonly roles: Pick<Roles, 'changed' | 'refuseLeaving' | 'rightsOf' | 'refuseJoining'>
  readonly logins: Pick<Logins, 'endOf'>
  /** Where directories reach this hub. */
  readonly address: () => string
}

/** SCIM 2.0 (RFC 7643, 7644), for service accounts. */
export function serveScim(deps: ScimDeps): Handlers<typeof scimApi, HubContext> {
  const one = (documents: readonly Record<string, unknown>[], id: string) => {
    const found = documents.find((document) => document['id'] === id)
    if (found === undefined) throw new FairleadError('not_found', 'There is nothing of that name here.')
    return { body: found }
  }
  const all = (documents: readonly Record<string, unknown>[]) => ({ body: listOf(documents, documents.length) })
  return {
    config: async () => ({ body: configDocument(mostResults) }),
    resourceTypes: async () => all(resourceTypeDocuments()),
    resourceType: async ({ id }) => one(resourceTypeDocuments(), id),
    schemas: async () => all(schemaDocuments()),
    schema: async ({ id }) => one(schemaDocuments(), id),
    ...serveUsers(deps),
    ...serveGroups(deps),
  }
}
