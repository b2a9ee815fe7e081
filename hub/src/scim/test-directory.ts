import { api, createPerson, ok, type Answer, type Person } from '../../../e2e/fleet/console.ts'

export const core = { user: 'urn:ietf:params:scim:schemas:core:2.0:User', group: 'urn:ietf:params:scim:schemas:core:2.0:Group' } as const
export const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

/** What a directory asks: `path` begins behind `/scim/v2`. */
export interface Directory {
  readonly account: string
  readonly token: string
  ask(method: string, path: string, body?: object, headers?: Readonly<Record<string, string>>): Promise<Answer>
  /** One PATCH; operations as they are. */
  patch(path: string, ...operations: readonly object[]): Promise<Answer>
}

/** A service account that may provision, with its token, as the console makes them. */
export async function connectDirectory(base: string, owner: Person, name = 'Directory'): Promise<Directory> {
  const account = String((await ok(api(owner, 'POST', '/accounts/services', { name })))['id'])
  const grant = { holder: { kind: 'account', id: account }, role: 'provisioner', reach: { on: 'organization' } }
  await ok(api(owner, 'POST', '/grants', grant))
  const made = await ok(api(owner, 'POST', `/accounts/${account}/tokens`, { name: 'SCIM', scopes: ['scim:provision'] }))
  const token = String(made['token'])
  const ask: Directory['ask'] = (method, path, body, headers = {}) =>
    createPerson(base).ask(method, `/scim/v2${path}`, {
      headers: { Authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'Content-Type': 'application/scim+json' }), ...headers },
      ...(body === undefined ? {} : { body }),
    })
  return {
    account,
    token,
    ask,
    patch: (path, ...Operations) => ask('PATCH', path, { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations }),
  }
}
