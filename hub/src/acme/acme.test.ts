import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { until } from '../../../e2e/fleet/until.ts'
import { need } from '../../../e2e/need.ts'
import { acmeFiles, type AcmeSettings } from '../base/acme-settings.ts'
import { openAcme, type Acme } from './acme.ts'
import { readMemory } from './files.ts'
import { startAuthority, type Authority } from './test-authority.ts'

const eabKey = Buffer.alloc(32, 7).toString('base64url')
const dayMs = 86_400_000

describe('certificates of an authority', need('pebble', 'openssl'), () => {
  let authority: Authority
  let dir: string
  let logged: string[]
  let shown: number

  before(async () => {
    authority = await startAuthority({ refusedNonces: 15, blocked: ['blocked.example'] })
  })
  after(() => authority?.stop())
  beforeEach(() => {
    dir = mkdtempSync('/var/tmp/fairlead-acme-')
    logged = []
    shown = 0
  })
  afterEach(() => rmSync(dir, { recursive: true, force: true }))

  const settingsOf = (more: Partial<AcmeSettings> = {}): AcmeSettings => ({
    domains: ['hub.example', 'other.example'],
    email: 'ops@hub.example',
    directory: authority.directory,
    ca: readFileSync(authority.ca, 'utf8'),
    eab: undefined,
    listen: { host: '127.0.0.1', port: authority.httpPort },
    ...more,
  })
  const openWith = (more: Partial<AcmeSettings> = {}, now: () => number = Date.now): Acme =>
    openAcme({
      settings: settingsOf(more),
      dataDir: dir,
      home: () => 'https://hub.example',
      onCertificate: async () => void shown++,
      log: (_level, message, facts) => void logged.push(`${message} ${JSON.stringify(facts)}`),
      now,
    })
  const files = () => acmeFiles(dir)
  const certificate = () => new X509Certificate(readFileSync(files().cert))
  const orders = () => authority.output.split('There are now').length
  /** Looks once, as at a start of the hub. */
  async function once(more: Partial<AcmeSettings> = {}, now?: () => number): Promise<Acme['state']> {
    const acme = openWith(more, now)
    try {
      await acme.look()
      return acme.state
    } finally {
      await acme.close()
    }
  }

  it('is ordered once, for all names, with keys that stay and that nobody else can read', async () => {
    const state = await once()
    assert.deepEqual([state.reason, state.detail], [undefined, ''])
    assert.equal(certificate().subjectAltName, 'DNS:hub.example, DNS:other.example')
    assert.equal(shown, 1)
    for (const path of [files().account, files().key, files().cert, files().state]) assert.equal(statSync(path).mode & 0o777, 0o600)
    assert.equal(statSync(files().dir).mode & 0o777, 0o700)
    const before = [files().account, files().key, files().cert].map((path) => readFileSync(path, 'utf8'))
    const count = orders()
    const again = await once()
    assert.equal(again.reason, undefined)
    assert.deepEqual(
      [files().account, files().key, files().cert].map((path) => readFileSync(path, 'utf8')),
      before,
    )
    assert.equal(orders(), count)
    // Not before two thirds of its life, nor much after.
    const life = (state.nextMs - Date.parse(certificate().validFrom)) / (90 * dayMs)
    assert.ok(life > 0.66 && life < 0.71, String(life))
    for (const line of logged) assert.doesNotMatch(line, /PRIVATE/)
  })

  it('is renewed at two thirds of its life, with the same keys and account', async () => {
    await once()
    const { account } = readMemory(files().state)
    const [key, first] = [readFileSync(files().key, 'utf8'), certificate().serialNumber]
    await once({}, () => Date.now() + 59 * dayMs)
    assert.equal(certificate().serialNumber, first)
    await once({}, () => Date.now() + 64 * dayMs)
    assert.notEqual(certificate().serialNumber, first)
    assert.equal(readFileSync(files().key, 'utf8'), key)
    assert.deepEqual(readMemory(files().state).account, account)
    assert.equal(shown, 2)
  })

  it('is ordered anew for other names, and at another authority', async () => {
    await once()
    const state = await once({ domains: ['third.example'] })
    assert.equal(state.reason, undefined)
    assert.equal(certificate().subjectAltName, 'DNS:third.example')
    const other = await startAuthority()
    try {
      const [directory, ca, listen] = [other.directory, readFileSync(other.ca, 'utf8'), { host: '127.0.0.1', port: other.httpPort }]
      const first = certificate().serialNumber
      assert.equal((await once({ domains: ['third.example'], directory, ca, listen })).reason, undefined)
      assert.notEqual(certificate().serialNumber, first)
      assert.equal(readMemory(files().state).account?.directory, directory)
    } finally {
      await other.stop()
    }
  })

  it('has a new account made where the authority lost it', async () => {
    await once()
    const memory = readMemory(files().state)
    const lost = { ...memory.account!, url: memory.account!.url.replace(/[^/]+$/, 'nobody') }
    writeFileSync(files().state, JSON.stringify({ ...memory, account: lost, nextMs: 0 }))
    rmSync(files().cert)
    assert.equal((await once()).reason, undefined)
    assert.equal(readMemory(files().state).account?.url, memory.account!.url)
  })

  it('changes whom the authority writes to', async () => {
    await once()
    rmSync(files().cert)
    assert.equal((await once({ email: 'other@hub.example' })).reason, undefined)
    assert.equal(readMemory(files().state).account?.email, 'other@hub.example')
  })

  it('is given to who has an account elsewhere, with its key alone', async () => {
    const closed = await startAuthority({ eab: { known: eabKey } })
    try {
      const [directory, ca, listen] = [closed.directory, readFileSync(closed.ca, 'utf8'), { host: '127.0.0.1', port: closed.httpPort }]
      const here = { directory, ca, listen }
      assert.equal((await once(here)).reason, 'account')
      assert.equal((await once({ ...here, eab: { kid: 'known', key: () => Buffer.alloc(32, 8).toString('base64url') } })).reason, 'account')
      assert.equal((await once({ ...here, eab: { kid: 'known', key: () => eabKey }, email: 'a@hub.example' })).reason, undefined)
      for (const line of [...logged, readFileSync(files().state, 'utf8')]) assert.ok(!line.includes(eabKey))
    } finally {
      await closed.stop()
    }
  })

  it('that is refused is told for what, and asked for again later, also by a hub that starts again', async () => {
    await authority.point('gone.example', null)
    await authority.point('away.example', '127.0.0.9')
    const elsewhere = createServer((_request, response) => response.end('another server')).listen(authority.httpPort, '127.0.0.8')
    await authority.point('theirs.example', '127.0.0.8')
    try {
      for (const [domain, reason] of [
        // Pebble tells a name that is not known so; others say `dns`.
        ['gone.example', 'connection'],
        ['away.example', 'connection'],
        ['theirs.example', 'unauthorized'],
        ['blocked.example', 'rejected'],
      ] as const) {
        const state = await once({ domains: [domain] })
        assert.equal(state.reason, reason, `${domain}: ${state.detail}`)
        assert.ok(state.nextMs - Date.now() > 14 * 60_000, domain)
        const { triedMs } = readMemory(files().state)
        const again = await once({ domains: [domain] })
        assert.equal(again.reason, reason)
        assert.equal(readMemory(files().state).triedMs, triedMs)
      }
    } finally {
      elsewhere.close()
    }
  })

  it('waits longer each time, and begins anew once it was made', async () => {
    await authority.point('late.example', null)
    let atMs = Date.now()
    const waits: number[] = []
    for (let i = 0; i < 4; i++) {
      const { nextMs } = await once({ domains: ['late.example'] }, () => atMs)
      waits.push((nextMs - atMs) / 60_000)
      atMs = nextMs
    }
    for (const [i, least] of [15, 30, 60, 120].entries()) assert.ok(waits[i]! >= least && waits[i]! <= least * 1.25, `${waits}`)
    await authority.point('late.example', '127.0.0.1')
    assert.equal((await once({ domains: ['late.example'] }, () => atMs)).reason, undefined)
    assert.equal(readMemory(files().state).failures, 0)
  })

  it('that a killed hub was ordering is not ordered again at once', async () => {
    const acme = openWith()
    const looking = acme.look()
    await until(() => acme.state.ordering)
    // As after a kill: nobody writes down how it ended.
    await acme.close()
    await looking
    assert.equal(readMemory(files().state).reason, 'stopped')
    const state = await once()
    assert.equal(state.reason, 'stopped')
    assert.ok(state.nextMs > Date.now() + 14 * 60_000)
  })

  it('is not asked for while the port cannot be had, which costs the authority nothing', async () => {
    const taken = createServer().listen(authority.httpPort, '127.0.0.1')
    const state = await once()
    assert.equal(state.reason, 'port')
    assert.match(state.detail, /Something else listens on 127\.0\.0\.1:\d+; stop it/)
    assert.equal(readMemory(files().state).triedMs, 0)
    await new Promise((resolve) => taken.close(resolve))
    assert.equal((await once()).reason, undefined)
  })

  it('is not waited for by a clock that was set back', async () => {
    await authority.point('late.example', null)
    await once({ domains: ['late.example'] }, () => Date.now() + 1000 * dayMs)
    await authority.point('late.example', '127.0.0.1')
    assert.equal((await once({ domains: ['late.example'] })).reason, undefined)
  })

  it('is not asked for at an authority that is not who it should be', async () => {
    const state = await once({ ca: undefined })
    assert.equal(state.reason, 'untrusted')
    assert.equal(readMemory(files().state).account, undefined)
  })
})
