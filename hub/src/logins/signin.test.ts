import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { codeOf, type FairleadError } from '@fairlead/protocol/errors.ts'
import type { Me, SecondStep } from '@fairlead/protocol/features/logins.ts'
import { nobody, type Caller } from '../base/access.ts'
import { openAudits } from '../base/audit.ts'
import { secretOf } from '../base/secret.ts'
import { openTestDatabase } from '../base/testdb.ts'
import { openTestSeal } from '../base/testseal.ts'
import { codeOf as totpCode, stepOf } from '../factors/codes.ts'
import { openFactors, type Factors } from '../factors/factors.ts'
import { serveFactors } from '../factors/own.ts'
import { createAuthenticator } from '../factors/test-authenticator.ts'
import { loadRights } from '../roles/rights.ts'
import type { RightsOf } from './held.ts'
import { openLogins, type Logins } from './logins.ts'
import { visitOf } from './test-visit.ts'

const origin = 'http://localhost:8080'
const password = 'seven gulls over slate'
const owner = {
  code: 'k3fm-20v9-7qus-1dtp',
  name: 'Odile',
  email: 'odile@harbour.example',
  password,
  organization: 'Slateport',
  language: 'en',
} as const
const about = { ip: '192.0.2.7', userAgent: 'test', trace: 't' }
let source = 0

describe('signing in', () => {
  let test: Awaited<ReturnType<typeof openTestDatabase>>
  let seal: Awaited<ReturnType<typeof openTestSeal>>
  let factors: Factors
  let logins: Logins
  let own: ReturnType<typeof serveFactors>
  let me: Me
  let wallMs = 1_800_000_000_000
  let nowMs = 0
  const ends: string[] = []

  before(async () => {
    test = await openTestDatabase()
    seal = await openTestSeal(test.db)
  })
  after(async () => {
    await seal.close()
    await test.close()
  })
  beforeEach(async () => {
    await test.db.owner((sql) => sql`TRUNCATE accounts, organizations CASCADE`)
    const place = { host: 'localhost', origins: () => [origin] }
    factors = openFactors({ db: test.db, seal: seal.seal, place, isAdmin: async () => true, wallMs: () => wallMs, now: () => nowMs })
    const rightsOf: RightsOf = (who) => loadRights(test.db, who, ['hosts:list'])
    const rest = { version: '1', permissions: ['hosts:list'], rightsOf, firstRunCode: owner.code, now: () => nowMs }
    logins = await openLogins({ ...rest, db: test.db, audits: openAudits(test.db), factors })
    own = serveFactors({ db: test.db, factors, logins })
    wallMs += 3_600_000
    ends.length = 0
    logins.onEnd((login, renewed) => void ends.push(`${login.slice(0, 8)} ${renewed ? 'renewed' : 'ended'}`))
    me = await logins.handlers.setup(owner, visit().context)
  })

  const visit = (caller: Caller = nobody(`192.0.2.${++source % 250}`, 'test', 't')) => visitOf(caller)

  const callerOf = (token: string) => logins.findCaller(secretOf(token), about)
  /** Signed in, and asked with that login. */
  async function signedIn() {
    const first = visit()
    await logins.handlers.signIn(owner, first.context)
    const caller = (await callerOf(first.jar.token))!
    const next = visit(caller)
    next.jar.device = first.jar.device
    return { ...next, caller, token: first.jar.token }
  }
  async function addTotp() {
    const { context, jar } = await signedIn()
    const { step } = await own.beginTotp({}, context)
    const { data: secret } = factors.tickets.look<Uint8Array>(step, 'totp', context.caller.login)!
    const { recoveryCodes } = await own.addTotp({ step, code: totpCode(secret, stepOf(wallMs)) }, context)
    wallMs += 60_000
    return { recoveryCodes, token: jar.token, code: () => totpCode(secret, stepOf((wallMs += 30_000))) }
  }
  async function firstStep(): Promise<SecondStep> {
    const answer = await logins.handlers.signIn(owner, visit().context)
    assert.ok('step' in answer)
    return answer
  }
  const refusal = (asked: Promise<unknown>) =>
    asked.then(
      () => assert.fail('let in'),
      (error: FairleadError) => error,
    )
  const rows = async () =>
    (await test.db.tx({ organization: me.organization.id }, (sql) => sql<{ body: string }[]>`SELECT body FROM audit ORDER BY seq`)).map(
      ({ body }) => JSON.parse(body) as { verb: string; outcome: string; factor?: string },
    )

  it('counts a first step no longer than the password that it rests on [security 83]', async () => {
    const { code, token } = await addTotp()
    const { step } = await firstStep()
    const caller = (await callerOf(token))!
    await own.setPassword({ current: password, password: 'eight gulls over slate' }, visit(caller).context)
    const given = { factor: 'totp', code: code() } as const
    assert.equal(codeOf(await refusal(logins.handlers.finish({ step, given }, visit().context))), 'unauthenticated')
  })

  it('with a password alone gives no login to an account that has a second factor, and says what is wanted [security 96 97]', async () => {
    const { recoveryCodes, code } = await addTotp()
    const at = visit()
    const answer = (await logins.handlers.signIn(owner, at.context)) as SecondStep
    assert.deepEqual(answer.accepts, ['totp', 'recovery'])
    assert.equal(at.jar.token, '')
    const right = code()
    await logins.handlers.finish({ step: answer.step, given: { factor: 'totp', code: right } }, at.context)
    assert.equal((await callerOf(at.jar.token))?.proof?.factor, 'totp')
    // Neither the step nor the code is good again.
    assert.equal(
      codeOf(await refusal(logins.handlers.finish({ step: answer.step, given: { factor: 'totp', code: code() } }, visit().context))),
      'unauthenticated',
    )
    const next = await firstStep()
    assert.equal(
      codeOf(await refusal(logins.handlers.finish({ step: next.step, given: { factor: 'totp', code: right } }, visit().context))),
      'unauthenticated',
    )
    const given = { factor: 'recovery', code: recoveryCodes[0]! } as const
    await logins.handlers.finish({ step: next.step, given }, visit().context)
    const { step } = await firstStep()
    assert.equal(codeOf(await refusal(logins.handlers.finish({ step, given }, visit().context))), 'unauthenticated')
    const came = (await rows()).filter(({ verb, outcome }) => verb === 'login.create' && outcome === 'ok').map(({ factor }) => factor)
    assert.deepEqual(came, ['password', 'totp', 'recovery'])
  })

  it('ends a first step after five wrong codes or five minutes, and slows wrong codes down wherever they come from', async () => {
    const { code } = await addTotp()
    const wrong = { factor: 'totp', code: 'abcdef' } as const
    const first = await firstStep()
    for (let i = 0; i < 5; i++) {
      const error = await refusal(logins.handlers.finish({ step: first.step, given: wrong }, visit().context))
      assert.deepEqual([codeOf(error), error.details], ['unauthenticated', { field: 'code' }])
    }
    assert.deepEqual((await refusal(logins.handlers.finish({ step: first.step, given: wrong }, visit().context))).details, { again: true })
    const second = await firstStep()
    const slowed = await refusal(logins.handlers.finish({ step: second.step, given: { factor: 'totp', code: code() } }, visit().context))
    assert.equal(codeOf(slowed), 'rate_limited')
    nowMs += 60_000
    await logins.handlers.finish({ step: second.step, given: { factor: 'totp', code: code() } }, visit().context)
    const third = await firstStep()
    nowMs += 300_000
    assert.deepEqual(
      (await refusal(logins.handlers.finish({ step: third.step, given: { factor: 'totp', code: code() } }, visit().context))).details,
      {
        again: true,
      },
    )
  })

  it('of fifty who show the same right code for the same step lets one in [security 96]', async () => {
    const { code } = await addTotp()
    const steps = await Promise.all([firstStep(), firstStep(), firstStep(), firstStep()])
    const given = { factor: 'totp', code: code() } as const
    const many = await Promise.allSettled(
      Array.from({ length: 50 }, (_, i) => logins.handlers.finish({ step: steps[i % 4]!.step, given }, visit().context)),
    )
    assert.equal(many.filter(({ status }) => status === 'fulfilled').length, 1)
  })

  it('takes a passkey alone, or after the password; a challenge of the one is nothing for the other [security 98]', async () => {
    const passkey = createAuthenticator()
    const { context } = await signedIn()
    const drawn = await own.addPasskey({ name: 'Desk', answer: passkey.make(await own.beginPasskey({}, context), { origin }) }, context)
    assert.equal(drawn.recoveryCodes.length, 10)
    const alone = visit()
    await logins.handlers.signInWithPasskey(
      { answer: passkey.sign(await logins.handlers.challenge({}, alone.context), { origin }) },
      alone.context,
    )
    assert.equal((await callerOf(alone.jar.token))?.proof?.factor, 'passkey')
    const { step, accepts } = await firstStep()
    assert.deepEqual(accepts, ['passkey', 'recovery'])
    const [stranger, mine] = [
      await logins.handlers.challenge({}, visit().context),
      await logins.handlers.challenge({ step }, visit().context),
    ]
    assert.deepEqual(
      [stranger, mine].map(({ allowCredentials }) => allowCredentials.length),
      [0, 1],
    )
    const finish = (challenge: typeof mine) =>
      logins.handlers.finish({ step, given: { factor: 'passkey', answer: passkey.sign(challenge, { origin }) } }, visit().context)
    assert.equal(codeOf(await refusal(finish(stranger))), 'unauthenticated')
    await finish(mine)
    const other = await logins.handlers.challenge({ step: (await firstStep()).step }, visit().context)
    const answer = passkey.sign(other, { origin })
    assert.equal(codeOf(await refusal(logins.handlers.signInWithPasskey({ answer }, visit().context))), 'unauthenticated')
  })

  it('gives a login that is proved anew another token, and the old one dies [security 82]', async () => {
    const { context, jar, token, caller } = await signedIn()
    const wanted = 'hosts.revoke'
    await test.db.owner((sql) => sql`UPDATE logins SET proven_at = now() - interval '6 minutes'`)
    assert.equal(
      codeOf(await refusal(logins.handlers.prove({ wanted, given: { factor: 'password', password: 'no' } }, context))),
      'forbidden',
    )
    assert.ok(await callerOf(token))
    await logins.handlers.prove({ wanted, given: { factor: 'password', password } }, context)
    assert.notEqual(jar.token, token)
    assert.equal(await callerOf(token), undefined)
    const now = (await callerOf(jar.token))!
    assert.ok(now.proof!.untilMs - performance.now() > 290_000)
    assert.deepEqual(ends, [`${caller.login.slice(0, 8)} renewed`])
    // Who comes back with the dead one gets no other.
    assert.equal(
      codeOf(await refusal(logins.handlers.prove({ wanted, given: { factor: 'password', password } }, context))),
      'unauthenticated',
    )
    const fixed = { ...context, caller: now, cookie: { ...context.cookie, fixed: true as const } }
    assert.equal(codeOf(await refusal(logins.handlers.prove({ wanted, given: { factor: 'password', password } }, fixed))), 'unsupported')
    assert.ok(await callerOf(jar.token))
  })

  it('counts as proof for five minutes, then no more [security 76]', async () => {
    const { token } = await signedIn()
    const left = async () => (await callerOf(token))!.proof!.untilMs - performance.now()
    assert.ok((await left()) > 290_000)
    await test.db.owner((sql) => sql`UPDATE logins SET proven_at = now() - interval '5 minutes 1 second'`)
    logins.forget(me.organization.id)
    assert.ok((await left()) < 0)
  })

  it('is proved by the second factor where there is one, not by the password; a passkey for the very request', async () => {
    const passkey = createAuthenticator()
    const { context, jar } = await signedIn()
    await own.addPasskey({ name: 'Desk', answer: passkey.make(await own.beginPasskey({}, context), { origin }) }, context)
    const as = visit((await callerOf(jar.token))!)
    const byPassword = await refusal(logins.handlers.prove({ wanted: 'x.y', given: { factor: 'password', password } }, as.context))
    assert.deepEqual([codeOf(byPassword), byPassword.details?.['stepUp']], ['forbidden', ['passkey', 'recovery']])
    const sign = async (wanted: string) => ({
      factor: 'passkey' as const,
      answer: passkey.sign(await logins.handlers.proofChallenge({ wanted }, as.context), { origin }),
    })
    assert.equal(codeOf(await refusal(logins.handlers.prove({ wanted: 'x.z', given: await sign('x.y') }, as.context))), 'forbidden')
    assert.equal(
      codeOf(await refusal(logins.handlers.prove({ wanted: 'factors.removeTotp', given: await sign('x.y') }, as.context))),
      'forbidden',
    )
    await logins.handlers.prove({ wanted: 'x.y', given: await sign('x.y') }, as.context)
    assert.equal((await callerOf(as.jar.token))?.proof?.factor, 'passkey')
  })

  it('ends all other logins when the password or a factor changes, and renews this one [security 83]', async () => {
    for (const change of ['password', 'totp'] as const) {
      const [here, there] = [await signedIn(), await signedIn()]
      ends.length = 0
      if (change === 'password') await own.setPassword({ current: password, password: 'eight gulls over slate' }, here.context)
      else {
        const { step } = await own.beginTotp({}, here.context)
        const { data } = factors.tickets.look<Uint8Array>(step, 'totp', here.caller.login)!
        await own.addTotp({ step, code: totpCode(data, stepOf(wallMs)) }, here.context)
      }
      assert.equal(await callerOf(there.token), undefined)
      assert.equal(await callerOf(here.token), undefined)
      assert.ok(await callerOf(here.jar.token))
      assert.ok(ends.includes(`${there.caller.login.slice(0, 8)} ended`) && ends.includes(`${here.caller.login.slice(0, 8)} renewed`))
      if (change === 'password')
        await own.setPassword({ current: 'eight gulls over slate', password }, visit((await callerOf(here.jar.token))!).context)
    }
    const kinds = (await factors.notices.list(me.account)).map(({ kind }) => kind)
    assert.deepEqual(
      kinds.filter((kind) => kind !== 'device'),
      ['totp_added', 'password', 'password'],
    )
  })

  it('wants the password that is, and a good new one', async () => {
    const { context, token } = await signedIn()
    assert.equal(codeOf(await refusal(own.setPassword({ current: 'no', password: 'eight gulls over slate' }, context))), 'forbidden')
    assert.equal(codeOf(await refusal(own.setPassword({ current: password, password: 'passwordpassword' }, context))), 'invalid_input')
    assert.ok(await callerOf(token))
  })

  it('lists the logins of one’s own, and ends one or all others [security 83]', async () => {
    const [here, there, third] = [await signedIn(), await signedIn(), await signedIn()]
    const list = await logins.handlers.list({}, here.context)
    assert.equal(list.length, 4)
    assert.deepEqual(
      list.filter(({ current }) => current).map(({ organization, factor }) => [organization, factor]),
      [['Slateport', 'password']],
    )
    assert.doesNotMatch(JSON.stringify(list), new RegExp(here.caller.login))
    const others = await logins.handlers.list({}, there.context)
    const id = others.find(({ current }) => current)!.id
    await logins.handlers.end({ id }, here.context)
    assert.equal(await callerOf(there.token), undefined)
    assert.ok(await callerOf(third.token))
    assert.equal(codeOf(await refusal(logins.handlers.end({ id }, here.context))), 'not_found')
    assert.equal(codeOf(await refusal(logins.handlers.end({ id: "' OR true" }, here.context))), 'not_found')
    assert.equal((await logins.handlers.endOthers({}, here.context)).ended, 2)
    assert.equal(await callerOf(third.token), undefined)
    assert.ok(await callerOf(here.token))
    assert.deepEqual(
      ends.map((text) => text.split(' ')[1]),
      ['ended', 'ended', 'ended'],
    )
  })

  it('from a browser that was not seen before is told in the account’s own list and in the trail [security 104]', async () => {
    const at = visit()
    await logins.handlers.signIn(owner, at.context)
    await logins.handlers.signIn(owner, at.context)
    const told = await own.notices({}, visit((await callerOf(at.jar.token))!).context)
    assert.deepEqual(
      told.map(({ kind, userAgent }) => [kind, userAgent]),
      [['device', 'test']],
    )
    assert.equal((await rows()).filter(({ verb }) => verb === 'login.new_device').length, 1)
  })

  it('from a browser that the account knows is not slowed down by guesses from the same address [security 94]', async () => {
    const at = visit()
    await logins.handlers.signIn(owner, at.context)
    const attack = visit(at.context.caller)
    for (const email of [owner.email, owner.email.toUpperCase(), ` ${owner.email} `, 'ｏdile@harbour.example', owner.email])
      await refusal(logins.handlers.signIn({ email, password: 'no' }, attack.context))
    assert.equal(codeOf(await refusal(logins.handlers.signIn(owner, attack.context))), 'rate_limited')
    assert.ok('account' in (await logins.handlers.signIn(owner, at.context)))
    // Nobody gets around the delay with a cookie of their own making, nor with that of another account.
    attack.jar.device = secretOf('x'.repeat(43))
    assert.equal(codeOf(await refusal(logins.handlers.signIn(owner, attack.context))), 'rate_limited')
  })

  it('by an invitation and a password gives no login to an account that has a second factor', async () => {
    const { organization, account } = { organization: me.organization.id, account: me.account }
    const before = visit()
    await logins.begin(account, organization, before.context)
    assert.ok(await callerOf(before.jar.token))
    await addTotp()
    const after = visit()
    assert.equal(codeOf(await refusal(logins.begin(account, organization, after.context))), 'unauthenticated')
    assert.equal(after.jar.token, '')
  })

  it('leaves who must have a second factor and has none only the way to one [security 99]', async () => {
    const { context, jar } = await signedIn()
    assert.equal(codeOf(await refusal(own.setPolicy({ secondFactor: 'everyone' }, context))), 'conflict')
    await test.db.owner((sql) => sql`UPDATE organizations SET second_factor = 'everyone'`)
    const at = visit()
    const answer = (await logins.handlers.signIn(owner, at.context)) as Me
    assert.equal(answer.mustEnrol, true)
    const caller = (await callerOf(at.jar.token))!
    assert.equal(caller.proof?.mustEnrol, true)
    const enrolling = visit(caller)
    const { step } = await own.beginTotp({}, enrolling.context)
    const { data } = factors.tickets.look<Uint8Array>(step, 'totp', caller.login)!
    await own.addTotp({ step, code: totpCode(data, stepOf(wallMs)) }, enrolling.context)
    const now = (await callerOf(enrolling.jar.token))!
    assert.equal(now.proof?.mustEnrol, undefined)
    // And the last one stays.
    assert.equal(codeOf(await refusal(own.removeTotp({}, visit(now).context))), 'conflict')
    assert.deepEqual(await own.policy({}, visit(now).context), { secondFactor: 'everyone' })
    await own.setPolicy({ secondFactor: 'optional' }, visit(now).context)
    await own.removeTotp({}, visit(now).context)
    assert.equal((await own.get({}, visit(now).context)).recoveryCodesLeft, 0)
    assert.equal(jar.token, '')
  })
})
