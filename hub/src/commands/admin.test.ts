import assert from 'node:assert/strict'
import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fromBase32 } from '../../../e2e/fleet/base32.ts'
import { hubCommand } from '../../../e2e/fleet/command.ts'
import { api, createOwner, createPerson, ok, type Person } from '../../../e2e/fleet/console.ts'
import { startHub, type HubProcess } from '../../../e2e/fleet/programs.ts'
import { until } from '../../../e2e/fleet/until.ts'
import { codeOf as totpCode, stepOf } from '../factors/codes.ts'

describe('commands on the machine of a hub that runs', () => {
  let hub: HubProcess
  let owner: Person
  const password = 'four unrelated words'
  const run = async (...args: string[]) => hubCommand(args, { env: { FAIRLEAD_DATA_DIR: hub.dataDir } })
  const well = async (...args: string[]) => {
    const { code, out, err } = await run(...args)
    assert.equal(code, 0, err)
    return out
  }
  const signIn = (base: string, secret: string) =>
    api(createPerson(base), 'POST', '/logins', { email: 'owner@example.test', password: secret })
  const base = () => `https://127.0.0.1:${hub.httpsPort}`

  before(async () => {
    hub = await startHub()
    owner = await createOwner(base(), hub.code)
    await ok(api(owner, 'POST', '/secrets', { name: 'API_KEY', value: 'opens the shop' }))
  })
  after(() => hub?.stop())

  it(
    'change the keys of the secrets while it serves, the one in its own file too, which it starts with again',
    { timeout: 60_000 },
    async () => {
      const reveal = async () => (await ok(api(owner, 'POST', '/secrets/API_KEY/reveal', {})))['value']
      const kek = join(hub.dataDir, 'kek')
      const first = readFileSync(kek)
      assert.match(await well('keys', 'rotate'), /2 data keys give way/)
      assert.equal(await reveal(), 'opens the shop')
      assert.match(await well('keys', 'rotate', '--kek'), /key encryption key was changed; [2-4] data keys/)
      assert.equal(await reveal(), 'opens the shop')
      assert.notDeepEqual(readFileSync(kek), first)
      const kept = readdirSync(hub.dataDir).find((name) => name.startsWith('kek.before-'))!
      assert.deepEqual(readFileSync(join(hub.dataDir, kept)), first)
      assert.equal(statSync(join(hub.dataDir, kept)).mode & 0o777, 0o600)
      // As if it had been cut off after the database went over and before the file did.
      await hub.end('SIGKILL')
      renameSync(kek, `${kek}.next`)
      writeFileSync(kek, first, { mode: 0o600 })
      await hub.again()
      assert.equal(await reveal(), 'opens the shop')
      const { text } = await api(owner, 'GET', '/audit?limit=500')
      assert.equal(text.match(/hub\.rotate-keys/g)?.length, 2)
    },
  )

  it('change them too while no hub runs', { timeout: 60_000 }, async () => {
    await hub.end('SIGTERM')
    assert.match(await well('keys', 'rotate', '--kek', '--json'), /"before":/)
    await hub.again()
    assert.equal((await ok(api(owner, 'POST', '/secrets/API_KEY/reveal', {})))['value'], 'opens the shop')
  })

  it(
    'list accounts, and give one back to who lost its password and every factor: nothing of before opens it',
    { timeout: 60_000 },
    async () => {
      const { step, secret } = await ok(api(owner, 'POST', '/factors/totp/begin', {}))
      const code = totpCode(fromBase32(String(secret)), stepOf(Date.now()))
      await ok(api(owner, 'POST', '/factors/totp', { step, code }))
      assert.match(await well('admin', 'list'), /^owner@example\.test {2}Owner {2}Example {2}runs the hub {2}1 second factor\n$/)
      const { session } = await owner.open()

      // Without being asked, the second factor stays.
      const kept = JSON.parse(await well('admin', 'reset', 'OWNER@example.test', '--json')) as { password: string }
      assert.equal((await api(owner, 'GET', '/me')).status, 401)
      assert.equal((await signIn(base(), password)).status, 401)
      assert.ok('step' in (await signIn(base(), kept.password)).body)
      await until(() => !session.alive)

      const given = JSON.parse(await well('admin', 'reset', 'owner@example.test', '--factors', '--json')) as { password: string }
      const person = createPerson(base())
      assert.equal((await api(person, 'POST', '/logins', { email: 'owner@example.test', password: given.password })).body['name'], 'Owner')
      assert.match((await api(person, 'GET', '/factors/notices')).text, /"kind":"reset"/)
      const trail = await api(person, 'GET', '/audit?limit=500')
      assert.equal(trail.text.match(/account\.reset/g)?.length, 2)
      assert.doesNotMatch(trail.text + hub.output, new RegExp(given.password))
      assert.equal((await api(person, 'GET', '/audit/verify')).body['ok'], true)
    },
  )

  it('say how they are used, and which account there is none of', async () => {
    for (const args of [
      ['admin'],
      ['admin', 'reset'],
      ['admin', 'list', 'x'],
      ['keys'],
      ['keys', 'rotate', '--wrong'],
      ['backup', 'a', 'b'],
    ]) {
      const { code, err } = await run(...args)
      assert.equal(code, 64, args.join(' '))
      assert.match(err, /Use it so: fairlead-hub/)
    }
    const { code, err } = await run('admin', 'reset', 'nobody@example.test')
    assert.equal(code, 66)
    assert.match(err, /No account has the e-mail nobody@example\.test; "fairlead-hub admin list"/)
  })
})
