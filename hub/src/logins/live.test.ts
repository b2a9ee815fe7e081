import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { after, before, describe, it } from 'node:test'
import { createOwner, createPerson, type Person } from '../../../e2e/fleet/console.ts'
import { until } from '../../../e2e/fleet/until.ts'
import { codeOf as totpCode, stepOf } from '../factors/codes.ts'
import { openHub, type Hub } from '../hub.ts'

const password = 'four unrelated words'
const email = 'owner@example.test'

/** Of an authenticator app: what the person typed or read from the square. */
function secretOfUri(uri: string): Buffer {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bits = [...new URL(uri).searchParams.get('secret')!].map((sign) => alphabet.indexOf(sign).toString(2).padStart(5, '0')).join('')
  return Buffer.from(bits.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2)))
}

// The hub itself, in this process, with its own database; asked over its real ports.
describe('logins of a live hub', () => {
  let dir: string
  let hub: Hub
  let base: string
  let owner: Person
  let output = ''

  before(async () => {
    dir = mkdtempSync('/var/tmp/fairlead-logins-')
    chmodSync(dir, 0o711)
    const local = { host: '127.0.0.1', port: 0 }
    const nothing = {
      publicUrl: undefined,
      trustedProxies: [],
      databaseUrl: undefined,
      databaseOwnerUrl: undefined,
      kek: undefined,
      kekOld: undefined,
    }
    const config = {
      ...nothing,
      http: local,
      https: local,
      dataDir: dir,
      metricsToken: undefined,
      tlsCert: undefined,
      tlsKey: undefined,
      demo: false,
    }
    hub = await openHub(config, { log: (...parts) => (output += `${JSON.stringify(parts)}\n`) })
    base = `https://127.0.0.1:${hub.httpsPort}`
    owner = await createOwner(base, hub.firstRunCode)
  })
  after(async () => {
    await hub?.close()
    rmSync(dir, { recursive: true, force: true })
  })

  /** A stream over HTTP, as a script reads it. */
  function listen(cookie: string) {
    const live = { text: '', over: false }
    const agent = new Agent({ rejectUnauthorized: false })
    const call = request(new URL('/api/v1/hosts/watch', base), {
      agent,
      headers: { Origin: base, Cookie: cookie, Accept: 'text/event-stream' },
    })
    call.on('response', (answer) =>
      answer.on('data', (part: Buffer) => (live.text += part.toString())).on('close', () => (live.over = true)),
    )
    call.on('error', () => (live.over = true)).end()
    return live
  }

  const signIn = async () => {
    const person = createPerson(base)
    await person.ask('POST', '/api/v1/logins', { body: { email, password } })
    return person
  }

  it('go on under another cookie when they are proved anew; what was open by the old one ends within a second [security 82]', async () => {
    const person = await signIn()
    const old = createPerson(base)
    old.cookie = person.cookie
    const stream = listen(old.cookie)
    await until(() => stream.text.includes('data: {"'))
    const { session } = await old.open()
    const wanted = 'factors.removeTotp'
    const proved = await person.ask('POST', '/api/v1/logins/current/proof', { body: { wanted, given: { factor: 'password', password } } })
    assert.equal(proved.status, 200, proved.text)
    const startMs = performance.now()
    await until(() => stream.over && !session.alive)
    assert.ok(performance.now() - startMs < 1000)
    assert.notEqual(person.cookie, old.cookie)
    assert.equal((await old.ask('GET', '/api/v1/me')).status, 401)
    assert.equal((await person.ask('GET', '/api/v1/me')).status, 200)
    assert.match(stream.text, /event: error\ndata: \{"error":\{"code":"refused"/)
  })

  it('need an app’s code from the day it was added; all others end within a second of that [security 84]', async () => {
    const other = await signIn()
    const stream = listen(other.cookie)
    await until(() => stream.text.includes('data: {"'))
    const { session } = await other.open()
    const begun = await owner.ask('POST', '/api/v1/factors/totp/begin', { body: {} })
    assert.equal(begun.status, 200, begun.text)
    const secret = secretOfUri(String(begun.body['uri']))
    const code = () => totpCode(secret, stepOf(Date.now()))
    const added = await owner.ask('POST', '/api/v1/factors/totp', { body: { step: begun.body['step'], code: code() } })
    assert.equal(added.status, 200, added.text)
    const startMs = performance.now()
    await until(() => stream.over && !session.alive)
    assert.ok(performance.now() - startMs < 1000)
    assert.equal((await other.ask('GET', '/api/v1/me')).status, 401)
    assert.equal((await owner.ask('GET', '/api/v1/me')).status, 200)
    const stranger = createPerson(base)
    const first = await stranger.ask('POST', '/api/v1/logins', { body: { email, password } })
    assert.deepEqual(first.body['accepts'], ['totp', 'recovery'])
    assert.equal(stranger.cookie, '')
    const given = { factor: 'recovery', code: (added.body['recoveryCodes'] as string[])[0] }
    const second = await stranger.ask('POST', '/api/v1/logins/second', { body: { step: first.body['step'], given } })
    assert.equal(second.status, 200, second.text)
    assert.equal((await stranger.ask('GET', '/api/v1/me')).status, 200)
    // Neither a secret nor a code is in the log or the trail.
    const trail = (await owner.ask('GET', '/api/v1/audit?limit=500')).text
    for (const canary of [String(begun.body['secret']), String(begun.body['step']), ...(added.body['recoveryCodes'] as string[])])
      assert.ok(!output.includes(canary) && !trail.includes(canary))
    const rows = (await owner.ask('GET', '/api/v1/audit?limit=500')).body['rows'] as { verb: string; factor?: string }[]
    assert.deepEqual(new Set(rows.map(({ factor }) => factor)), new Set(['password', 'recovery', undefined]))
    assert.equal((await owner.ask('GET', '/api/v1/audit/verify')).body['ok'], true)
  })

  it('do what wants a fresh proof only after one, and over a console’s session say so too [security 76]', async () => {
    const before = await owner.ask('DELETE', '/api/v1/factors/totp')
    assert.equal(before.status, 200, before.text)
    const fresh = await owner.open()
    await assert.rejects(fresh.api.factors.setPolicy({ secondFactor: 'everyone' }), { code: 'conflict' })
    await assert.rejects(fresh.api.factors.removeTotp({}), { code: 'unsupported' })
    fresh.close()
  })
})
