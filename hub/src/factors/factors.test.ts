import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, describe, it } from 'node:test'
import { openTestDatabase } from '../base/testdb.ts'
import { openTestSeal } from '../base/testseal.ts'
import { codeOf as totpCode, stepOf } from './codes.ts'
import { openFactors, type Factors } from './factors.ts'
import { createAuthenticator } from './test-authenticator.ts'
import { totpColumn } from './totp.ts'

const origin = 'https://hub.example'
const ann = { name: 'Ann', email: 'ann@harbour.example' }

describe('what an account proves itself by', () => {
  let test: Awaited<ReturnType<typeof openTestDatabase>>
  let seal: Awaited<ReturnType<typeof openTestSeal>>
  let factors: Factors
  let account: string
  let nowMs = 0
  let wallMs = 1_800_000_000_000
  const organization = randomUUID()

  before(async () => {
    test = await openTestDatabase()
    seal = await openTestSeal(test.db, [totpColumn])
    await test.db.owner((sql) => sql`INSERT INTO organizations (organization_id, name) VALUES (${organization}, 'Slateport')`)
  })
  after(async () => {
    await seal.close()
    await test.close()
  })
  beforeEach(async () => {
    account = await newAccount()
    const place = { host: 'hub.example', origins: () => [origin] }
    factors = openFactors({ db: test.db, seal: seal.seal, place, isAdmin: async () => true, wallMs: () => wallMs, now: () => nowMs })
    wallMs += 3_600_000
  })

  async function newAccount(): Promise<string> {
    const id = randomUUID()
    await test.db.owner((sql) => sql`INSERT INTO accounts (id, email, name, password_hash) VALUES (${id}, ${id}, 'x', '')`)
    return id
  }

  async function enrol(of = account): Promise<Uint8Array> {
    const { step, secret } = factors.totp.begin('login')
    assert.equal(await factors.totp.add(of, 'login', { step, code: totpCode(secret, stepOf(wallMs)) }), 'added')
    wallMs += 60_000
    return secret
  }

  const accepts = async () => (await factors.standing({ organization, account })).accepts

  it('takes a code of the app once, of fifty at once too, and none from before it [security 96]', async () => {
    const secret = await enrol()
    const code = totpCode(secret, stepOf(wallMs))
    const many = await Promise.all(Array.from({ length: 50 }, () => factors.totp.check(account, code)))
    assert.equal(many.filter(Boolean).length, 1)
    assert.equal(await factors.totp.check(account, code), false)
    assert.equal(await factors.totp.check(account, totpCode(secret, stepOf(wallMs) - 1)), false)
    wallMs += 30_000
    assert.equal(await factors.totp.check(account, ` ${totpCode(secret, stepOf(wallMs)).replace(/^(...)/, '$1 ')} `), true)
  })

  it('keeps the secret of an app sealed, and for its own account alone', async () => {
    const secret = await enrol()
    const other = await newAccount()
    const [row] = await test.db.owner((sql) => sql<{ secret: Buffer }[]>`SELECT secret FROM totp WHERE account_id = ${account}`)
    assert.ok(!row!.secret.includes(Buffer.from(secret)))
    await test.db.owner((sql) => sql`UPDATE totp SET account_id = ${other} WHERE account_id = ${account}`)
    await assert.rejects(factors.totp.check(other, totpCode(secret, stepOf(wallMs))), { code: 'internal' })
  })

  it('still reads the secret of an app after the hub’s data key was changed', async () => {
    const secret = await enrol()
    await seal.seal.rotate('')
    await seal.seal.tend()
    assert.equal(await factors.totp.check(account, totpCode(secret, stepOf(wallMs))), true)
  })

  it('begins an app only with its first code, in the login that asked for it, within five minutes', async () => {
    const { step, secret } = factors.totp.begin('login')
    const code = totpCode(secret, stepOf(wallMs))
    assert.equal(await factors.totp.add(account, 'login', { step, code: '000000' === code ? '000001' : '000000' }), 'wrong')
    assert.equal(await factors.totp.add(account, 'other', { step, code }), 'late')
    assert.deepEqual(await accepts(), ['password'])
    nowMs += 300_000
    assert.equal(await factors.totp.add(account, 'login', { step, code }), 'late')
  })

  it('takes each of ten recovery codes once, however it is typed, and keeps none of them readable [security 97]', async () => {
    const codes = await factors.recovery.draw(account)
    assert.equal(codes.length, 10)
    const many = await Promise.all(Array.from({ length: 20 }, () => factors.recovery.take(account, codes[0]!)))
    assert.equal(many.filter(Boolean).length, 1)
    assert.equal(await factors.recovery.take(await newAccount(), codes[1]!), false)
    assert.equal(await factors.recovery.take(account, ` ${codes[1]!.toUpperCase().replaceAll('-', ' ')}`), true)
    assert.equal(await factors.recovery.left(account), 8)
    const rows = await test.db.owner((sql) => sql<{ hash: Buffer }[]>`SELECT code_hash AS hash FROM recovery_codes`)
    for (const { hash } of rows) assert.equal(hash.length, 32)
    await factors.recovery.draw(account)
    assert.equal(await factors.recovery.take(account, codes[2]!), false)
  })

  it('takes a passkey that answers the challenge it was given [security 98]', async () => {
    const passkey = createAuthenticator()
    const asked = await factors.passkeys.begin(account, 'login', ann)
    assert.equal(Buffer.from(asked.challenge, 'base64url').length, 32)
    assert.deepEqual([asked.attestation, asked.authenticatorSelection.userVerification, asked.rp.id], ['none', 'required', 'hub.example'])
    assert.equal(await factors.passkeys.add(account, 'login', 'Desk', passkey.make(asked, { origin })), true)
    assert.deepEqual(await accepts(), ['passkey'])
    assert.equal(await factors.passkeys.check(passkey.sign(await factors.challenge('login', ''), { origin }), 'login', ''), account)
    const [row] = await factors.passkeys.list(account)
    assert.equal(row?.name, 'Desk')
    assert.ok(row.usedMs !== null)
    assert.deepEqual(
      (await factors.passkeys.begin(account, 'login', ann)).excludeCredentials.map(({ id }) => id),
      [passkey.id],
    )
  })

  it('refuses a passkey’s answer to another scope, another holder, an old challenge, or the same one again [security 76 98]', async () => {
    const passkey = createAuthenticator()
    await factors.passkeys.add(account, 'l', 'x', passkey.make(await factors.passkeys.begin(account, 'l', ann), { origin }))
    const scopes = [
      ['login', ''],
      ['second', 'step'],
      ['stepup:hosts.revoke', 'l'],
      ['stepup:hosts.update', 'l'],
      ['stepup:hosts.revoke', 'other'],
      ['manage-credentials', 'l'],
      ['register', 'l'],
    ] as const
    for (const given of scopes)
      for (const wanted of scopes) {
        const answer = passkey.sign(await factors.challenge(given[0], given[1]), { origin })
        assert.equal(
          await factors.passkeys.check(answer, wanted[0], wanted[1]),
          given === wanted ? account : undefined,
          `${given} ${wanted}`,
        )
        // The same again is good for nothing, where it belongs neither.
        assert.equal(await factors.passkeys.check(answer, given[0], given[1]), undefined, `${given} again`)
      }
    const late = passkey.sign(await factors.challenge('login', ''), { origin })
    nowMs += 300_000
    assert.equal(await factors.passkeys.check(late, 'login', ''), undefined)
  })

  it('refuses a passkey of another site, an unverified person, a foreign signature, and one that says it is somebody else’s [security 98]', async () => {
    const [passkey, other] = [createAuthenticator(), createAuthenticator()]
    const ask = () => factors.passkeys.begin(account, 'l', ann)
    for (const around of [{ origin: 'https://evil.example' }, { origin: 'http://hub.example' }, { origin, verified: false }])
      assert.equal(await factors.passkeys.add(account, 'l', 'x', passkey.make(await ask(), around)), false)
    const elsewhere = { ...(await ask()), rp: { id: 'example', name: '' } }
    assert.equal(await factors.passkeys.add(account, 'l', 'x', passkey.make(elsewhere, { origin })), false)
    assert.equal(await factors.passkeys.add(account, 'l', 'x', passkey.make(await ask(), { origin })), true)
    const challenge = () => factors.challenge('login', '')
    const check = async (answer: ReturnType<typeof passkey.sign>) => factors.passkeys.check(answer, 'login', '')
    assert.equal(await check(passkey.sign(await challenge(), { origin: 'https://evil.example' })), undefined)
    assert.equal(await check(passkey.sign(await challenge(), { origin, verified: false })), undefined)
    assert.equal(await check({ ...other.sign(await challenge(), { origin }), id: passkey.id, rawId: passkey.id }), undefined)
    assert.equal(await check(other.sign(await challenge(), { origin })), undefined)
    const good = passkey.sign(await challenge(), { origin })
    assert.equal(
      await check({ ...good, response: { ...good.response, userHandle: Buffer.from(randomUUID()).toString('base64url') } }),
      undefined,
    )
    assert.equal(await check({ ...passkey.sign(await challenge(), { origin }), rawId: other.id }), undefined)
    assert.equal(await check(passkey.sign(await challenge(), { origin })), account)
  })

  it('accepts the strongest first, and the password only of an account with nothing else', async () => {
    assert.deepEqual(await accepts(), ['password'])
    await factors.recovery.draw(account)
    assert.deepEqual(await accepts(), ['password'])
    await enrol()
    assert.deepEqual(await accepts(), ['totp', 'recovery'])
    const passkey = createAuthenticator()
    await factors.passkeys.add(account, 'l', 'x', passkey.make(await factors.passkeys.begin(account, 'l', ann), { origin }))
    assert.deepEqual(await accepts(), ['passkey', 'totp', 'recovery'])
  })

  it('asks by the policy of the organization for a second factor of everyone, or of who manages accounts [security 99]', async () => {
    const place = { host: 'hub.example', origins: () => [origin] }
    const required = async (secondFactor: string, isAdmin: boolean) => {
      await test.db.owner((sql) => sql`UPDATE organizations SET second_factor = ${secondFactor} WHERE organization_id = ${organization}`)
      const own = openFactors({ db: test.db, seal: seal.seal, place, isAdmin: async () => isAdmin })
      return (await own.standing({ organization, account })).required
    }
    for (const [policy, admin, other] of [
      ['optional', false, false],
      ['admins', true, false],
      ['everyone', true, true],
    ] as const)
      assert.deepEqual([await required(policy, true), await required(policy, false)], [admin, other], policy)
    await required('optional', false)
  })

  it('forgets challenges that nobody came back with', async () => {
    const first = factors.tickets.issue('login', '')
    for (let i = 0; i < 100_000; i++) factors.tickets.issue('login', '')
    assert.equal(factors.tickets.look(first, 'login', ''), undefined)
    const last = factors.tickets.issue('login', '')
    assert.ok(factors.tickets.look(last, 'login', ''))
  })
})
