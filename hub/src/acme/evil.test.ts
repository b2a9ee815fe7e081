import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { createServer } from 'node:net'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { until } from '../../../e2e/fleet/until.ts'
import { need } from '../../../e2e/need.ts'
import { acmeFiles, type AcmeSettings } from '../base/acme-settings.ts'
import { openAcme, type Acme, type AcmeState } from './acme.ts'
import { createAsk } from './client.ts'
import { readMemory } from './files.ts'
import {
  authorizationOf,
  directoryOf,
  openEvilAuthority,
  publicOf,
  refuse,
  send,
  type EvilAuthority,
  type Issue,
  type Twist,
} from './test-evil.ts'

const dayMs = 86_400_000
const hourMs = 3_600_000

describe('an authority that is hostile, or broken', need('openssl'), () => {
  let evil: EvilAuthority
  let dir: string
  let logged: string[]

  before(async () => {
    evil = await openEvilAuthority()
  })
  after(() => evil?.close())
  beforeEach(() => {
    dir = mkdtempSync('/var/tmp/fairlead-acme-')
    logged = []
    evil.asked.length = 0
    evil.twist = {}
    evil.issue = {}
  })
  afterEach(() => rmSync(dir, { recursive: true, force: true }))

  const settings = (): AcmeSettings => ({
    domains: ['hub.example'],
    email: '',
    directory: `${evil.base}/directory`,
    ca: evil.ca,
    eab: undefined,
    listen: { host: '127.0.0.1', port: 0 },
  })
  const open = (now: () => number = Date.now): Acme =>
    openAcme({
      settings: settings(),
      dataDir: dir,
      home: () => 'https://hub.example',
      onCertificate: async () => undefined,
      log: (_level, message, facts) => void logged.push(`${message} ${JSON.stringify(facts)}`),
      now,
      ask: createAsk(settings(), 1500),
    })
  async function once(now?: () => number): Promise<AcmeState> {
    const acme = open(now)
    try {
      await acme.look()
      return acme.state
    } finally {
      await acme.close()
    }
  }
  const files = () => acmeFiles(dir)

  const big = (response: ServerResponse) => {
    response.writeHead(200, { 'Content-Type': 'application/json' })
    const more = () => {
      while (response.writable && response.write(Buffer.alloc(65_536, 0x20)));
    }
    response.on('drain', more)
    more()
  }
  const changed = (more: object) => (response: ServerResponse) => send(response, 200, { ...directoryOf(evil.base), ...more })

  const cases: readonly (readonly [title: string, twist: () => Twist, reason: string, detail: RegExp])[] = [
    [
      'says it is a gigabyte',
      () => ({ '/directory': (response) => void response.writeHead(200, { 'Content-Length': 2 ** 30 }).write('{') }),
      'unreachable',
      /more than 256 KiB/,
    ],
    ['never ends', () => ({ '/directory': big }), 'unreachable', /more than 256 KiB/],
    ['never answers', () => ({ '/directory': () => undefined }), 'unreachable', /did not answer within/],
    [
      'trickles',
      () => ({ '/directory': (response) => void setInterval(() => response.write(' '), 100).unref() }),
      'unreachable',
      /did not answer within/,
    ],
    ['is no JSON', () => ({ '/directory': (response) => void response.end('<html>') }), 'answer', /no JSON/],
    ['is nested without end', () => ({ '/directory': (response) => void response.end('['.repeat(100_000)) }), 'answer', /no JSON/],
    ['is a list', () => ({ '/directory': (response) => send(response, 200, []) }), 'answer', /not as it should be/],
    [
      'leads elsewhere',
      () => ({ '/directory': (response) => void response.writeHead(302, { Location: `${evil.base}/new-nonce` }).end() }),
      'answer',
      /answers 302/,
    ],
    ['names what is not https', () => ({ '/directory': changed({ newNonce: 'http://localhost/nonce' }) }), 'answer', /newNonce/],
    ['names who is to sign in', () => ({ '/directory': changed({ newNonce: 'https://a:b@localhost/nonce' }) }), 'answer', /newNonce/],
    ['gives no nonce', () => ({ '/new-nonce': (response) => void response.setHeader('Replay-Nonce', 'a b"').end() }), 'answer', /no nonce/],
    ['refuses every nonce', () => ({ '/new-account': refuse('badNonce') }), 'other', /badNonce/],
    [
      'gives the account no address',
      () => ({ '/new-account': (response) => send(response, 201, { status: 'valid' }) }),
      'answer',
      /account no address/,
    ],
    [
      'gives the account an address that is not https',
      () => ({ '/new-account': (response) => send(response, 201, { status: 'valid' }, { Location: 'http://x/' }) }),
      'answer',
      /account no address/,
    ],
    ['wants other terms', () => ({ '/new-order': refuse('userActionRequired', 403) }), 'terms', /userActionRequired/],
    ['knows no such account', () => ({ '/new-account': refuse('unauthorized', 403) }), 'account', /unauthorized/],
    [
      'orders for other names',
      () => ({
        '/authorization': (response) =>
          send(response, 200, { ...authorizationOf(evil.base, 'pending'), identifier: { type: 'dns', value: 'bank.example' } }),
      }),
      'answer',
      /not ordered/,
    ],
    [
      'wants more proofs than names',
      () => ({
        '/new-order': (response) =>
          send(
            response,
            201,
            { status: 'pending', finalize: evil.base, authorizations: [evil.base, evil.base] },
            { Location: `${evil.base}/order` },
          ),
      }),
      'answer',
      /more than was ordered/,
    ],
    [
      'gives a token that leads out',
      () => ({ '/authorization': (response) => send(response, 200, authorizationOf(evil.base, 'pending', { token: '../../../healthz' })) }),
      'answer',
      /no token/,
    ],
    [
      'takes no answer on a port',
      () => ({ '/authorization': (response) => send(response, 200, authorizationOf(evil.base, 'pending', { type: 'dns-02' })) }),
      'rejected',
      /port 80/,
    ],
    [
      'finds no name',
      () => ({ '/authorization': (response) => send(response, 200, authorizationOf(evil.base, 'invalid', { error: problem('dns') })) }),
      'dns',
      /about dns/,
    ],
    ['is forbidden by CAA', () => ({ '/new-order': refuse('compound', 403, {}, { subproblems: [problem('caa')] }) }), 'caa', /about caa/],
    [
      'says only that it is invalid',
      () => ({ '/authorization': (response) => send(response, 200, authorizationOf(evil.base, 'invalid')) }),
      'other',
      /invalid of hub.example/,
    ],
    [
      'gives what is no certificate',
      () => ({ '/certificate': (response) => void response.end('-----BEGIN PRIVATE KEY-----') }),
      'certificate',
      /no chain/,
    ],
    [
      'gives a hundred certificates',
      () => ({
        '/certificate': (response) => void response.end('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'.repeat(100)),
      }),
      'certificate',
      /no chain/,
    ],
    [
      'gives half of one',
      () => ({ '/certificate': (response) => void response.end('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n') }),
      'certificate',
      /no PEM/,
    ],
    ['is down', () => ({ '/new-order': (response) => void response.writeHead(503).end('down') }), 'unreachable', /503/],
  ]
  for (const [title, twist, reason, detail] of cases)
    it(`that ${title} costs no more than that there is no certificate`, async () => {
      evil.twist = twist()
      const state = await once()
      assert.equal(state.reason, reason, state.detail)
      assert.match(state.detail, detail)
      assert.equal(existsSync(files().cert), false)
      assert.ok(state.nextMs > Date.now() + 14 * 60_000)
      assert.ok(evil.asked.length < 25, `${evil.asked.length} requests`)
      await rest()
    })

  const issues: readonly (readonly [title: string, issue: Issue, detail: RegExp])[] = [
    ['for another key', { otherKey: true }, /key does not belong/],
    ['that is over', { fromMs: Date.now() - 100 * dayMs }, /ended on/],
    ['for other names', { names: ['bank.example'] }, /not for hub\.example/],
    ['for everybody but the hub', { names: ['*.example.org'] }, /not for hub\.example/],
  ]
  for (const [title, issue, detail] of issues)
    it(`a certificate ${title} is not taken, and no other is asked for within two days`, async () => {
      await once()
      const before = readFileSync(files().cert, 'utf8')
      evil.issue = issue
      const late = () => Date.now() + (issue.fromMs === undefined ? 64 * dayMs : 0)
      if (issue.fromMs !== undefined) rmSync(files().cert)
      const state = await once(issue.fromMs === undefined ? late : () => Date.now() + 2 * hourMs)
      assert.equal(state.reason, 'certificate', state.detail)
      assert.match(state.detail, detail)
      assert.ok(state.nextMs - late() > 2 * dayMs - hourMs)
      if (issue.fromMs === undefined) assert.equal(readFileSync(files().cert, 'utf8'), before)
      await rest()
    })

  it('that knows a host inside, which is not its own, has the hub ask nothing there', async () => {
    let came = 0
    const inside = createServer((socket) => {
      came++
      socket.destroy()
    })
    await new Promise<void>((resolve) => inside.listen(0, '127.0.0.1', resolve))
    const { port } = inside.address() as { port: number }
    for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]']) {
      evil.twist = { '/directory': changed({ newNonce: `https://${host}:${port}/nonce` }) }
      rmSync(files().state, { force: true })
      const state = await once()
      assert.equal(state.reason, 'unreachable')
      assert.match(state.detail, /inside a private network/)
    }
    assert.equal(came, 0)
    inside.close()
  })

  it('that asks for patience is given it, within a month', async () => {
    for (const [said, leastMs, mostMs] of [
      ['7200', 3 * hourMs, 4 * hourMs],
      ['86400', 24 * hourMs, 31 * hourMs],
      [new Date(Date.now() + 2 * dayMs).toUTCString(), 47 * hourMs, 61 * hourMs],
      ['3000000000', 31 * dayMs, 39 * dayMs],
      ['soon', 3 * hourMs, 4 * hourMs],
      ['-1', 3 * hourMs, 4 * hourMs],
    ] as const) {
      rmSync(files().state, { force: true })
      evil.twist = { '/new-order': refuse('rateLimited', 429, { 'Retry-After': said }) }
      const state = await once()
      assert.equal(state.reason, 'rate_limited')
      const waits = state.nextMs - Date.now()
      assert.ok(waits > leastMs - 60_000 && waits < mostMs, `${said}: ${waits / hourMs} h`)
      // Nobody asks at once either, and a hub that starts again does not.
      const count = evil.asked.length
      const acme = open()
      assert.throws(() => acme.renew(), /wants to hear nothing of these names before/)
      await acme.look()
      await acme.close()
      assert.equal(evil.asked.length, count)
    }
  })

  it('is asked at once where a person wants it, five times an hour', async () => {
    evil.twist = { '/new-order': refuse('caa', 403) }
    let atMs = Date.now()
    const acme = open(() => atMs)
    await acme.look()
    evil.twist = {}
    assert.throws(() => acme.renew(), /a few tries an hour/)
    atMs += 12 * 60_000 + 1
    await acme.renew()
    assert.equal(acme.state.reason, undefined)
    assert.ok(existsSync(files().cert))
    await acme.close()
  })

  it('that says what no terminal may show has it taken out, and cut', async () => {
    evil.twist = { '/new-order': refuse('caa', 403, {}, { detail: `\u001b[2J\u202Egnp\n\n${'x'.repeat(5000)}` }) }
    const { detail } = await once()
    assert.match(detail, /^\[2Jgnp x{300,}$/)
    assert.ok(detail.length <= 400)
    for (const line of logged) assert.doesNotMatch(line, /\u001b|\u202e/)
  })

  it('sees a request for the key, an account of its own, and never a private key', async () => {
    await once()
    const bodies = JSON.stringify(evil.asked)
    assert.doesNotMatch(bodies, /PRIVATE|"d":/)
    const found = new X509Certificate(readFileSync(files().cert))
    assert.equal(found.publicKey.export({ type: 'spki', format: 'pem' }).toString(), publicOf(readFileSync(files().key, 'utf8')))
    assert.notEqual(publicOf(readFileSync(files().account, 'utf8')), publicOf(readFileSync(files().key, 'utf8')))
    // Each request says for whom it is, so none can be sent on.
    for (const { path, header } of evil.asked.filter(({ header: { alg } }) => alg !== undefined))
      assert.equal(header['url'], `${evil.base}${path}`)
  })

  it('that never comes to an end is left when the hub stops', async () => {
    evil.twist = {
      '/order': (response) => send(response, 200, { status: 'processing', authorizations: [], finalize: `${evil.base}/finalize` }),
    }
    const acme = open()
    const looking = acme.look()
    await until(() => evil.asked.some(({ path }) => path === '/order'))
    await acme.close()
    await looking
    assert.equal(readMemory(files().state).reason, 'stopped')
  })

  it('that wants it renewed sooner is heard, and told which one the new one is for; a nonsense is not', async () => {
    const window = (start: number, end: number) => ({
      '/directory': changed({ renewalInfo: `${evil.base}/renewal` }),
      '/renewal': (response: ServerResponse) =>
        send(response, 200, { suggestedWindow: { start: new Date(start).toISOString(), end: new Date(end).toISOString() } }),
    })
    await once()
    const usual = (await once()).nextMs
    // Six hours later it is asked again.
    const later = () => Date.now() + 7 * hourMs
    const first = readFileSync(files().cert, 'utf8')
    evil.twist = window(Date.now() + 200 * dayMs, Date.now() + 300 * dayMs)
    const far = (await once(later)).nextMs
    assert.ok(far > usual && far < Date.now() + 90 * dayMs * 0.86)
    evil.twist = window(Date.now() + dayMs, Date.now() - dayMs)
    assert.equal((await once(() => Date.now() + 2 * dayMs)).nextMs, usual)
    evil.twist = window(Date.now() - 2 * dayMs, Date.now() - dayMs)
    evil.asked.length = 0
    assert.equal((await once(() => Date.now() + 4 * dayMs)).reason, undefined)
    assert.notEqual(readFileSync(files().cert, 'utf8'), first)
    const order = evil.asked.find(({ path }) => path === '/new-order')!
    assert.equal(`/renewal/${String(order.payload['replaces'])}`, evil.asked.find(({ path }) => path.startsWith('/renewal/'))!.path)
  })

  /** Once the authority is honest again, all is well by itself. */
  async function rest(): Promise<void> {
    evil.twist = {}
    evil.issue = {}
    const { nextMs } = readMemory(files().state)
    rmSync(files().cert, { force: true })
    assert.equal((await once(() => nextMs + 1)).reason, undefined)
    assert.ok(existsSync(files().cert))
  }
})

function problem(type: string): object {
  return { type: `urn:ietf:params:acme:error:${type}`, detail: `about ${type}` }
}
