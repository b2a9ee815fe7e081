import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { codeOf } from '@fairlead/protocol/errors.ts'
import type { Caller } from '../base/access.ts'
import { openAudits } from '../base/audit.ts'
import { accountInvitations } from './tables.ts'
import { openTestPeople, owner, type TestPeople } from '../identities/test-people.ts'
import { serveAccounts } from './accounts.ts'
import { mostInvited } from './invite.ts'

describe('invitations', () => {
  let world: TestPeople
  let boss: Caller
  let mate: Caller
  let nowMs = 0
  const mailed: string[] = []
  before(async () => {
    world = await openTestPeople()
    await world.reset()
    boss = await world.signedIn(owner)
    mate = await world.person('admin')
  })
  after(() => world.close())

  function open() {
    const { roles, logins } = world.now
    const mail = { invite: async ({ to }: { to: string }) => (mailed.push(to), true) }
    const handlers = serveAccounts({
      db: world.db,
      audits: openAudits(world.db),
      roles,
      logins,
      mail,
      address: () => 'x',
      now: () => nowMs,
    })
    const invite = (email: string, by = boss) => {
      const input = { email, role: 'viewer', reach: { on: 'organization' } as const, ttlHours: 24 }
      return handlers.invite(input, world.visit(by).context).then(
        () => 'ok',
        (error: Error) => `${codeOf(error)} ${error.message}`,
      )
    }
    return invite
  }
  const rows = () => world.db.tx({ organization: boss.organization }, (_sql, orm) => orm.$count(accountInvitations))
  const cancelAll = () => world.db.tx({ organization: boss.organization }, (_sql, orm) => orm.delete(accountInvitations))

  it('go to one address so often within an hour, however it is written, and to another one all the same [limit invitations.address] [security 12 103]', async () => {
    const invite = open()
    for (let i = 0; i < mostInvited.address; i++) assert.equal(await invite(i % 2 === 0 ? 'a@example.test' : ' A@Example.test'), 'ok')
    const before = [await rows(), mailed.length]
    const refused = await invite('a@example.test', mate)
    assert.equal(refused, 'rate_limited a@example.test was invited 5 times within the last hour, which is the most; go on in 60 min.')
    // Nothing of it is left, and nobody was written to.
    assert.deepEqual([await rows(), mailed.length], before)
    assert.equal(await invite('b@example.test'), 'ok')
    nowMs += 3_600_000
    assert.equal(await invite('a@example.test'), 'ok')
    await cancelAll()
  })

  it('are of one person so many within an hour, canceled ones too, and of another one more [limit invitations.person] [security 12]', async () => {
    nowMs += 3_600_000
    const invite = open()
    for (let i = 0; i < mostInvited.person; i++) assert.equal(await invite(`p${i}@example.test`), 'ok')
    await cancelAll()
    assert.match(await invite('more@example.test'), /^rate_limited You invited 60 people within the last hour.*go on in 60 min\.$/)
    assert.equal(await invite('more@example.test', mate), 'ok')
    await cancelAll()
  })

  it('are of one organization so many within an hour, and those of another one are none of its business [limit invitations.organization] [security 12]', async () => {
    nowMs += 3_600_000
    const invite = open()
    const people = [boss, mate, ...(await Promise.all([1, 2].map(() => world.person('admin'))))]
    let made = 0
    for (const by of people)
      for (let i = 0; i < mostInvited.person && made < mostInvited.organization; i++) {
        assert.equal(await invite(`o${made++}@example.test`, by), 'ok')
      }
    assert.equal(made, mostInvited.organization)
    assert.match(
      await invite('more@example.test', people[3]),
      /^rate_limited 200 people were invited into this organization within the last hour/,
    )
    const other = await world.now.logins.makeOrganization(boss.account, 'Elsewhere')
    assert.equal(await invite('more@example.test', await world.signedIn(owner, other)), 'ok')
  })
})
