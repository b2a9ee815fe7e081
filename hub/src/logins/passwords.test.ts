import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { codeOf } from '@fairlead/protocol/errors.ts'
import { accountsApi } from '@fairlead/protocol/features/accounts.ts'
import { factorsApi } from '@fairlead/protocol/features/factors.ts'
import { loginsApi } from '@fairlead/protocol/features/logins.ts'
import { refuseCommon } from './common.ts'
import { checkPassword, hashPassword, isOutdated, type Lane } from './passwords.ts'

describe('passwords', () => {
  it('are kept as argon2id with 19 MiB and two passes, salted, and the loop turns meanwhile [security 92]', async () => {
    let turns = 0
    let working = true
    const turn = () => {
      turns++
      if (working) setTimeout(turn, 1)
    }
    turn()
    const hashes = await Promise.all([1, 2, 3, 4].map(() => hashPassword('a quiet harbour at dawn')))
    working = false
    // Four hashes take some 100 ms: on the loop itself there would have been room for about four turns.
    assert.ok(turns > 12, `${turns} turns`)
    assert.equal(new Set(hashes).size, 4)
    for (const hash of hashes) assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/)
    assert.equal(isOutdated(hashes[0]!), false)
    assert.equal(isOutdated('$argon2id$v=19$m=12288,t=3,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA'), true)
  })

  it('match themselves, however the accents were typed, and nothing else', async () => {
    const hash = await hashPassword('le café du port 7')
    assert.equal(await checkPassword('le café du port 7'.normalize('NFD'), hash), true)
    assert.equal(await checkPassword('le cafe du port 7', hash), false)
    assert.equal(await checkPassword('le café du port 7', undefined), false)
  })

  it('are hashed two at a time; a queue beyond 32 is turned away and the rest are served', async () => {
    const hash = await hashPassword('a quiet harbour at dawn')
    const results = await Promise.allSettled(Array.from({ length: 40 }, () => checkPassword('a quiet harbour at dawn', hash)))
    const refused = results.filter((result) => result.status === 'rejected')
    assert.equal(refused.length, 40 - 34)
    for (const { reason } of refused) assert.equal(codeOf(reason), 'rate_limited')
    assert.equal(await checkPassword('a quiet harbour at dawn', hash), true)
  })

  it('of who is known are hashed before those of strangers, however many of these wait, and one source fills no queue [security 13 94]', async () => {
    const hash = await hashPassword('a quiet harbour at dawn')
    const order: string[] = []
    const check = (name: string, lane: Lane) =>
      checkPassword('wrong', hash, lane).then(
        () => void order.push(name),
        (error: unknown) => void order.push(`${name} ${codeOf(error)}`),
      )
    const flood = Array.from({ length: 60 }, () => check('flood', { source: '192.0.2.1', known: false }))
    const many = Array.from({ length: 60 }, (_, n) => check('many', { source: `198.51.100.${n}`, known: false }))
    const owners = Array.from({ length: 8 }, (_, n) => check('owner', { source: `device ${n}`, known: true }))
    await Promise.all([...flood, ...many, ...owners])
    const count = (name: string) => order.filter((one) => one === name).length
    // Two run at once and eight wait of the one source; of the many what is left of the queue.
    assert.deepEqual([count('flood'), count('many'), count('owner')], [10, 24, 8])
    const done = order.filter((one) => !one.includes('rate_limited'))
    assert.ok(done.lastIndexOf('owner') < 10 + 2, done.join())
  })
})

describe('the list of common passwords', () => {
  it('are 12 to 128 characters long, of whatever kind, wherever one is set, and none that everybody tries [security 95]', () => {
    const set = [loginsApi.setup, accountsApi.accept, factorsApi.setPassword].map(({ input }) => input)
    const asked = { code: 'c', name: 'N', email: 'n@example.test', organization: 'O', secret: 's', current: 'c' }
    const takes = (password: string) => set.map((input) => input.safeParse({ ...asked, password }).success)
    for (const password of ['k7x2p9q4m1z8', ' '.repeat(12), 'é'.repeat(128)])
      assert.deepEqual(takes(password), [true, true, true], password)
    for (const password of ['k7x2p9q4m1z', '', 'x'.repeat(129)]) assert.deepEqual(takes(password), [false, false, false], password)
    assert.throws(() => refuseCommon('passwordpassword'), { code: 'invalid_input' })
  })

  const common = [
    'passwordpassword',
    'Passw0rd2026!',
    'P@ssw0rd1234',
    'admin-admin-admin',
    'motdepasse12',
    'qwertyuiop12',
    'azertyuiop12',
    '123456789012',
    '210987654321',
    'abcdefghijkl',
    'aaaaaaaaaaaa',
    'abcabcabcabc',
    'correct horse battery staple',
    'Fairlead2026!',
    'letmeinletmein',
    'DockerAdmin!!1',
    '1234qwertyuiop',
  ]
  for (const password of common)
    it(`refuses ${password}`, () =>
      assert.throws(
        () => refuseCommon(password),
        (error) => codeOf(error) === 'invalid_input',
      ))

  it('refuses what is made of the person’s own name, e-mail or organization', () => {
    const own = ['Odile Kerbrat', 'odile@harbour.example', 'Harbour']
    for (const password of ['OdileKerbrat1', 'harbour-harbour-1', 'kerbratodile!!'])
      assert.throws(
        () => refuseCommon(password, own),
        (error) => codeOf(error) === 'invalid_input',
        password,
      )
  })

  for (const password of [
    'a quiet harbour at dawn',
    'k7x2p9q4m1z8',
    'tide monkey lamp seventeen',
    '938475610293',
    'Tr0ub4dor&3xyzq',
    '🦀🦀🐙 lanterns at sea',
  ])
    it(`lets ${password} be: no rules of composition`, () => refuseCommon(password))
})
