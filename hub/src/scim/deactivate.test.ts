import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { nobody, type Caller } from '../base/access.ts'
import { eq } from '../base/drizzle.ts'
import { makeRights } from '../base/rights.ts'
import { secretOf } from '../base/secret.ts'
import { memberships } from '../base/tables.ts'
import { openTestDatabase } from '../base/testdb.ts'
import { makeOwner } from '../logins/accounts.ts'
import { openHeld } from '../logins/held.ts'
import type { LoginContext } from '../logins/logins.ts'
import { openRoles } from '../roles/roles.ts'
import { serveScim } from './scim.ts'

// Whoever a directory makes has no password: this login begins as one does that came through a provider.
describe('a login of somebody whom a directory lets go', () => {
  let test: Awaited<ReturnType<typeof openTestDatabase>>
  before(async () => void (test = await openTestDatabase()))
  after(() => test.close())

  const open = async () => {
    const { db } = test
    const roles = openRoles({ db, permissions: ['hosts:read'], places: undefined as never })
    const held = openHeld(db, roles.rightsOf, async () => ({ accepts: ['password'], hasSecond: true, required: false }) as never)
    roles.onChange(held.forget)
    return { db, roles, held }
  }
  let organization = ''
  const caller = (account: string): Caller => ({
    ...nobody('192.0.2.1', '', ''),
    account,
    organization,
    rights: makeRights([]),
    service: true,
  })

  it('ends at once, and none begins before it is taken back; the account stays [security 84]', async () => {
    const { db, roles, held } = await open()
    const made = await makeOwner(db, {
      code: '',
      name: 'A',
      email: 'a@example.test',
      password: 'four unrelated words',
      organization: 'A',
      language: 'en',
    })
    organization = made.organization
    const ended: string[] = []
    const endOf = async (of: string, account: string) => void ended.push(...(await held.endOf(of, account)))
    const scim = serveScim({ db, roles, logins: { endOf }, address: () => 'https://hub.example' })
    const context = { caller: caller(made.account), note: () => undefined } as never
    const { body } = await scim.createUser({ resource: { userName: 'leaver' } }, context)
    const id = String(body['id'])
    let token = ''
    const login = {
      caller: caller(id),
      cookie: { set: (value: string) => void (token = value), clear: () => undefined },
    } as unknown as LoginContext
    await held.begin({ account: id, organization, factor: 'password' }, login)
    const about = { ip: '192.0.2.1', userAgent: '', trace: '' }
    assert.equal((await held.find(secretOf(token), about))?.account, id)

    const set = (active: boolean) =>
      scim.changeUser({ id, resource: { Operations: [{ op: 'replace', path: 'active', value: active }] } }, context)
    await set(false)
    assert.equal(ended.length, 1)
    assert.equal(await held.find(secretOf(token), about), undefined)
    assert.deepEqual((await roles.rightsOf({ organization, account: id })).grants, [])
    const begin = () => held.begin({ account: id, organization, factor: 'password' }, login)
    await assert.rejects(begin(), { code: 'unauthenticated' })
    await set(true)
    await begin()
    assert.equal((await held.find(secretOf(token), about))?.account, id)
    // Whoever deactivated them was another hub: what this one reads anew is none, though the login is there.
    await db.tx({ organization }, (_sql, orm) => orm.update(memberships).set({ active: false }).where(eq(memberships.accountId, id)))
    held.forget(organization)
    assert.equal(await held.find(secretOf(token), about), undefined)
    await set(true)
    assert.equal((await held.find(secretOf(token), about))?.account, id)
    const [member] = await db.tx({ organization }, (_sql, orm) => orm.select().from(memberships).where(eq(memberships.accountId, id)))
    assert.equal(member?.active, true)
  })
})
