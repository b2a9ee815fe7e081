import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, beforeEach, describe, it } from 'node:test'
import { codeOf } from '@fairlead/protocol/errors.ts'
import { nobody, type Caller } from '../base/access.ts'
import { openAudits } from '../base/audit.ts'
import type { Database } from '../base/db.ts'
import { secretOf } from '../base/secret.ts'
import { noSight } from '../base/sight.ts'
import { openTestDatabase } from '../base/testdb.ts'
import { openTestSeal } from '../base/testseal.ts'
import { openFactors } from '../factors/factors.ts'
import { loadRights } from '../roles/rights.ts'
import { openLogins, type LoginContext, type Logins } from './logins.ts'

const code = 'k3fm-20v9-7qus-1dtp'
const owner = {
  code,
  name: 'Odile Kerbrat',
  email: 'Odile@Harbour.example',
  password: 'seven gulls over slate',
  organization: 'Slateport',
  language: 'fr',
} as const
const about = { ip: '192.0.2.7', userAgent: 'test', trace: 't' }
let source = 0

/** A connection from somewhere else each time: delays of one test are not those of the next. */
function from(caller: Caller = nobody(`192.0.2.${++source}`, 'test', 't'), secure = true) {
  const cookies: { token: string; maxAgeSeconds: number }[] = []
  let cleared = 0
  const context: LoginContext & { signal: AbortSignal; trace: string } = {
    caller,
    host: '',
    environment: '',
    sight: async () => noSight,
    note: () => undefined,
    signal: new AbortController().signal,
    trace: 't',
    cookie: { set: (token, maxAgeSeconds) => void cookies.push({ token, maxAgeSeconds }), clear: () => void cleared++ },
    device: { shown: undefined, set: () => undefined },
    door: { secure, insecureReason: secure ? '' : 'Not over plain HTTP.', secureUrl: '' },
  }
  return {
    context,
    get token() {
      return cookies.at(-1)!.token
    },
    cookies,
    get cleared() {
      return cleared
    },
  }
}

const refused = (wanted: string) => (error: unknown) => codeOf(error) === wanted

describe('logins', () => {
  let test: Awaited<ReturnType<typeof openTestDatabase>>
  let db: Database
  let logins: Logins
  let transactions = 0
  let seal: Awaited<ReturnType<typeof openTestSeal>>
  const open = () => {
    const place = { host: 'localhost', origins: () => ['http://localhost:8080'] }
    const factors = openFactors({ db, seal: seal.seal, place, isAdmin: async () => true })
    return openLogins({
      db,
      audits: openAudits(test.db),
      version: '1',
      permissions: ['hosts:list'],
      factors,
      rightsOf: (who) => loadRights(test.db, who, ['hosts:list']),
      firstRunCode: code,
      now: () => 0,
    })
  }

  before(async () => {
    test = await openTestDatabase()
    seal = await openTestSeal(test.db)
    db = { ...test.db, tx: (shown, run) => (transactions++, test.db.tx(shown, run)) }
  })
  after(async () => {
    await seal.close()
    await test.close()
  })
  beforeEach(async () => {
    // Truncating is the owner's: the hub's own role cannot empty the trail.
    await test.db.owner((sql) => sql`TRUNCATE accounts, organizations CASCADE`)
    logins = await open()
  })

  const verbs = async (organization: string) =>
    (await test.db.tx({ organization }, (sql) => sql<{ body: string }[]>`SELECT body FROM audit ORDER BY seq`)).map(({ body }) => {
      const { verb, outcome } = JSON.parse(body) as { verb: string; outcome: string }
      return `${verb} ${outcome}`
    })

  it('begin with the code of the console; a wrong one is refused, and slower each time [security 10]', async () => {
    const { context } = from()
    assert.equal((await logins.handlers.welcome({}, context)).firstRun, true)
    for (let i = 0; i < 5; i++)
      await assert.rejects(logins.handlers.setup({ ...owner, code: 'k3fm-20v9-7qus-1dt0' }, context), refused('unauthenticated'))
    await assert.rejects(logins.handlers.setup(owner, context), refused('rate_limited'))
    const me = await logins.handlers.setup({ ...owner, code: ' K3FM 20V9 7QUS 1DTP ' }, from().context)
    assert.equal(me.email, 'odile@harbour.example')
    assert.equal(me.organization.name, 'Slateport')
    assert.deepEqual(await verbs(me.organization.id), ['hub.setup ok'])
  })

  it('have no first run once there is an owner, not after a restart either, with any code [security 10]', async () => {
    await logins.handlers.setup(owner, from().context)
    for (const hub of [logins, await open()]) {
      assert.equal((await hub.handlers.welcome({}, from().context)).firstRun, false)
      await assert.rejects(hub.handlers.setup(owner, from().context), refused('not_found'))
      await assert.rejects(hub.handlers.setup({ ...owner, code: 'wrong' }, from().context), refused('not_found'))
    }
  })

  it('give one of many who hold the code at once the hub, and nothing to the others', async () => {
    const many = await Promise.allSettled(
      Array.from({ length: 8 }, (_, i) => logins.handlers.setup({ ...owner, email: `p${i}@harbour.example` }, from().context)),
    )
    assert.equal(many.filter(({ status }) => status === 'fulfilled').length, 1)
    const counts = await test.db.owner(
      (sql) => sql`SELECT (SELECT count(*)::int FROM accounts) AS accounts, (SELECT count(*)::int FROM organizations) AS organizations`,
    )
    assert.deepEqual({ ...counts[0] }, { accounts: 1, organizations: 1 })
  })

  it('answer an unknown account and a wrong password alike, after the same work [security 93]', async () => {
    await logins.handlers.setup(owner, from().context)
    const attempt = async (email: string) => {
      const start = { cpu: process.cpuUsage(), transactions }
      const error = await logins.handlers.signIn({ email, password: 'eight gulls over slate' }, from().context).then(
        () => assert.fail('let in'),
        (error: Error) => error,
      )
      // The work, not the time: how busy this machine is changes the one and not the other.
      const { user, system } = process.cpuUsage(start.cpu)
      return { workMs: (user + system) / 1000, did: transactions - start.transactions, said: `${codeOf(error)} ${error.message}` }
    }
    const [known, unknown] = [[] as number[], [] as number[]]
    for (let i = 0; i < 9; i++) {
      const [wrong, nobodys] = [await attempt(owner.email), await attempt(`nobody${i}@harbour.example`)]
      assert.equal(wrong.said, nobodys.said)
      assert.equal(wrong.did, nobodys.did)
      known.push(wrong.workMs)
      unknown.push(nobodys.workMs)
    }
    const median = (all: number[]) => all.sort((a, b) => a - b)[4]!
    const ratio = median(known) / median(unknown)
    // Without the same hashing it would be five or more.
    assert.ok(ratio > 0.5 && ratio < 2, `ratio ${ratio}`)
  })

  it('slow down guesses that are sent at once, not only those in turn', async () => {
    await logins.handlers.setup(owner, from().context)
    const { context } = from()
    const guesses = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => logins.handlers.signIn({ email: owner.email, password: `guess ${i}` }, context)),
    )
    const codes = guesses.map((guess) => (guess.status === 'rejected' ? codeOf(guess.reason) : 'let in'))
    assert.equal(codes.filter((found) => found === 'unauthenticated').length, 5)
    assert.equal(codes.filter((found) => found === 'rate_limited').length, 15)
    // The right password has to wait as well; from elsewhere it need not.
    await assert.rejects(logins.handlers.signIn(owner, context), refused('rate_limited'))
    await logins.handlers.signIn(owner, from().context)
  })

  it('keep of a token of 256 bits only its hash', async () => {
    const visit = from()
    await logins.handlers.setup(owner, visit.context)
    assert.equal(Buffer.from(visit.token, 'base64url').length, 32)
    assert.equal(visit.cookies[0]!.maxAgeSeconds, 24 * 3600)
    const rows = await test.db.owner((sql) => sql<{ token_hash: Buffer }[]>`SELECT token_hash FROM logins`)
    assert.deepEqual(
      rows.map((row) => row.token_hash),
      [createHash('sha256').update(visit.token).digest()],
    )
  })

  it('check a token by its digest, not by the work of a password [security 42]', async () => {
    const visit = from()
    await logins.handlers.setup(owner, visit.context)
    const startUs = process.cpuUsage()
    for (let i = 0; i < 200; i++) assert.equal(await logins.findCaller(secretOf(`${i}`.padStart(43, 'x')), about), undefined)
    for (let i = 0; i < 10_000; i++) assert.ok(await logins.findCaller(secretOf(visit.token), about))
    const { user, system } = process.cpuUsage(startUs)
    // 10,000 derivations of a password would take minutes; this bound only tells one from the other.
    assert.ok((user + system) / 1e6 < 10, `${(user + system) / 1e6} s`)
    const rows = await test.db.owner((sql) => sql<{ hash: Buffer }[]>`SELECT token_hash AS hash FROM logins`)
    assert.deepEqual(
      rows.map(({ hash }) => hash.toString('hex')),
      [createHash('sha256').update(visit.token).digest('hex')],
    )
  })

  it('find who holds a token, and nobody for any other', async () => {
    const visit = from()
    const me = await logins.handlers.setup(owner, visit.context)
    const caller = await logins.findCaller(secretOf(visit.token), about)
    assert.equal(caller?.account, me.account)
    assert.equal(caller?.organization, me.organization.id)
    assert.equal(caller?.ip, about.ip)
    assert.equal(await logins.findCaller(secretOf('A'.repeat(43)), about), undefined)
    assert.equal(await logins.findCaller(secretOf(''), about), undefined)
  })

  it('end at once with signing out, also for a request that was under way', async () => {
    const visit = from()
    await logins.handlers.setup(owner, visit.context)
    const caller = (await logins.findCaller(secretOf(visit.token), about))!
    const told: string[] = []
    logins.onEnd((login) => told.push(login))
    const leaving = from(caller)
    const fresh = await open()
    const freshToken = visit.token
    // Both have read the row before it goes.
    const underWay = Array.from({ length: 5 }, () => fresh.findCaller(secretOf(freshToken), about))
    await fresh.handlers.signOut({}, leaving.context)
    await Promise.all(underWay)
    assert.equal(await fresh.findCaller(secretOf(freshToken), about), undefined)
    await logins.handlers.signOut({}, leaving.context)
    assert.equal(await logins.findCaller(secretOf(visit.token), about), undefined)
    assert.deepEqual(told, [caller.login])
    assert.equal(leaving.cleared, 2)
  })

  it('end after twelve hours of rest and after a day of work', async () => {
    const visit = from()
    const me = await logins.handlers.setup(owner, visit.context)
    const organization = me.organization.id
    const later = (statement: 'rest' | 'day') =>
      test.db.tx({ organization }, (sql) =>
        statement === 'rest'
          ? sql`UPDATE logins SET used_at = now() - interval '12 hours 1 second'`
          : sql`UPDATE logins SET used_at = now(), expires_at = now() - interval '1 second'`,
      )
    await later('rest')
    assert.equal(await (await open()).findCaller(secretOf(visit.token), about), undefined)
    await later('day')
    assert.equal(await (await open()).findCaller(secretOf(visit.token), about), undefined)
  })

  it('say when they end, and asking does not make it later', async () => {
    const visit = from()
    const me = await logins.handlers.setup(owner, visit.context)
    await test.db.tx({ organization: me.organization.id }, (sql) => sql`UPDATE logins SET expires_at = now() + interval '1 hour'`)
    const caller = (await logins.findCaller(secretOf(visit.token), about))!
    const { loginExpiresMs } = await logins.handlers.me({}, from(caller).context)
    assert.ok(Math.abs(loginExpiresMs - Date.now() - 3_600_000) < 60_000)
  })

  it('make a hash of less work anew while the password is at hand', async () => {
    await logins.handlers.setup(owner, from().context)
    // "seven gulls over slate" with m=8192, t=1.
    const { argon2Sync } = await import('node:crypto')
    const nonce = Buffer.alloc(16, 7)
    const tag = argon2Sync('argon2id', {
      message: Buffer.from(owner.password),
      nonce,
      memory: 8192,
      passes: 1,
      parallelism: 1,
      tagLength: 32,
    })
    const text = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
    await test.db.owner((sql) => sql`UPDATE accounts SET password_hash = ${`$argon2id$v=19$m=8192,t=1,p=1$${text(nonce)}$${text(tag)}`}`)
    await logins.handlers.signIn(owner, from().context)
    const [row] = await test.db.owner((sql) => sql<{ hash: string }[]>`SELECT password_hash AS hash FROM accounts`)
    assert.match(row!.hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    await logins.handlers.signIn(owner, from().context)
  })

  it('are refused where the cookie could be read on its way', async () => {
    await assert.rejects(logins.handlers.setup(owner, from(undefined, false).context), refused('forbidden'))
    await logins.handlers.setup(owner, from().context)
    await assert.rejects(logins.handlers.signIn(owner, from(undefined, false).context), refused('forbidden'))
  })

  it('leave a row for who came in and who was refused', async () => {
    const me = await logins.handlers.setup(owner, from().context)
    await logins.handlers.signIn({ email: ' ODILE@harbour.example ', password: owner.password }, from().context)
    await assert.rejects(logins.handlers.signIn({ email: owner.email, password: 'no' }, from().context), refused('unauthenticated'))
    await logins.handlers.signIn(owner, from().context)
    assert.deepEqual(await verbs(me.organization.id), [
      'hub.setup ok',
      'login.create ok',
      'login.new_device ok',
      'login.create refused',
      'login.create ok',
      'login.new_device ok',
    ])
  })

  it('take what looks like SQL as an account that does not exist, and change nothing [security 112]', async () => {
    await logins.handlers.setup(owner, from().context)
    for (const email of ["' OR '1'='1", "x'; DROP TABLE accounts; --", "odile@harbour.example' --", '\\', '$1', '%'])
      await assert.rejects(logins.handlers.signIn({ email, password: owner.password }, from().context), refused('unauthenticated'))
    await logins.handlers.signIn(owner, from().context)
  })
})
