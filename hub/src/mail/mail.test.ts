import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, afterEach, before, describe, it } from 'node:test'
import { SMTPServer } from 'smtp-server'
import { api, createOwner, createPerson, ok, type Person } from '../../../e2e/fleet/console.ts'
import { startHub, type HubProcess } from '../../../e2e/fleet/programs.ts'
import { until } from '../../../e2e/fleet/until.ts'
import { need } from '../../../e2e/need.ts'
import { invitation, notice } from './letters.ts'
import { mostNotices } from './mail.ts'
import { openOutbox } from './outbox.ts'
import { readMail, type MailSettings } from '../base/mail-settings.ts'

const password = 'a mail password of the hub'

interface Sink {
  readonly port: number
  readonly letters: { readonly to: readonly string[]; readonly text: string; readonly encrypted: boolean }[]
  close(): Promise<void>
}

/** A mail server that takes letters from one user, and keeps them. */
async function openSink(pair: { readonly key: string; readonly cert: string }, { port = 0, broken = 0 } = {}): Promise<Sink> {
  const letters: Sink['letters'] = []
  let failing = broken
  const server = new SMTPServer({
    ...pair,
    onAuth: ({ username, password: given }, _session, done) =>
      username === 'hub' && given === password ? done(null, { user: 'hub' }) : done(new Error('no')),
    onData(stream, session, done) {
      let text = ''
      stream.setEncoding('utf8').on('data', (part: string) => (text += part))
      stream.on('end', () => {
        if (failing-- > 0) return done(Object.assign(new Error('busy'), { responseCode: 451 }))
        letters.push({ to: session.envelope.rcptTo.map(({ address }) => address), text, encrypted: session.secure })
        done(null)
      })
    },
  })
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    port: (server.server.address() as AddressInfo).port,
    letters,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/** What a mail program would show of its body. */
function bodyOf(text: string): string {
  const [head = '', ...rest] = text.replaceAll('\r\n', '\n').split('\n\n')
  const body = rest.join('\n\n')
  if (/^content-transfer-encoding: base64/im.test(head)) return Buffer.from(body, 'base64').toString().replaceAll('\r\n', '\n')
  const bytes = body.replaceAll('=\n', '').replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return /quoted-printable/i.test(head) ? Buffer.from(bytes, 'latin1').toString() : body
}

describe('mail', need('openssl'), () => {
  let dir: string
  let hub: HubProcess
  let owner: Person
  let sink: Sink
  const pair = { key: '', cert: '' }
  const sinks: Sink[] = []

  before(async () => {
    dir = mkdtempSync('/var/tmp/fairlead-mail-')
    chmodSync(dir, 0o711)
    const files = ['-keyout', join(dir, 'key.pem'), '-out', join(dir, 'cert.pem')]
    const names = ['-subj', '/CN=mail', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2', '-nodes']
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', ...files, ...names], {
      stdio: 'ignore',
    })
    pair.key = readFileSync(join(dir, 'key.pem'), 'utf8')
    pair.cert = readFileSync(join(dir, 'cert.pem'), 'utf8')
    writeFileSync(join(dir, 'password'), `${password}\n`)
    sink = await openSink(pair)
    const mail = { FAIRLEAD_MAIL: `smtp://hub@127.0.0.1:${sink.port}`, FAIRLEAD_MAIL_FROM: 'Fairlead <fairlead@example.test>' }
    hub = await startHub({
      env: { ...mail, FAIRLEAD_MAIL_PASSWORD_FILE: join(dir, 'password'), FAIRLEAD_MAIL_CA: join(dir, 'cert.pem') },
    })
    owner = await createOwner(`https://127.0.0.1:${hub.httpsPort}`, hub.code)
  })
  afterEach(async () => {
    for (const one of sinks.splice(0)) await one.close()
  })
  after(async () => {
    await hub?.stop()
    await sink?.close()
    rmSync(dir, { recursive: true, force: true })
  })

  const settings = (over: Partial<MailSettings> & Pick<MailSettings, 'port'>): MailSettings => ({
    host: '127.0.0.1',
    tls: false,
    ca: pair.cert,
    user: 'hub',
    password: () => password,
    from: 'fairlead@example.test',
    ...over,
  })
  const letter = { to: 'somebody@example.test', subject: 'One', text: 'One.\n' }
  const open = async (options: { port?: number; broken?: number } = {}, from = pair) => {
    const one = await openSink(from, options)
    sinks.push(one)
    return one
  }

  it('brings an invitation, over TLS alone, and its link lets in', async () => {
    const invited = await ok(api(owner, 'POST', '/accounts/invitations', { email: 'new@example.test', role: 'viewer' }))
    assert.equal(invited['mailed'], true)
    await until(() => sink.letters.some(({ to }) => to.includes('new@example.test')))
    const { text, encrypted } = sink.letters.find(({ to }) => to.includes('new@example.test'))!
    assert.ok(encrypted)
    const link = /https?:\S+\/join#(\S+)/.exec(bodyOf(text))!
    assert.equal(link[0], invited['link'])
    const person = createPerson(`https://127.0.0.1:${hub.httpsPort}`)
    await ok(api(person, 'POST', '/accounts/accept', { secret: link[1], name: 'New', password: 'nine lamps along a quay', language: 'fr' }))
    // Another browser is told of as well, in the language that was chosen.
    const elsewhere = createPerson(`https://127.0.0.1:${hub.httpsPort}`)
    await ok(api(elsewhere, 'POST', '/logins', { email: 'new@example.test', password: 'nine lamps along a quay' }))
    await until(() => sink.letters.filter(({ to }) => to.includes('new@example.test')).length === 2)
    const told = sink.letters.findLast(({ to }) => to.includes('new@example.test'))!
    assert.match(bodyOf(told.text), /Un navigateur jamais vu auparavant s’est connecté\.\n\n.* UTC, depuis 127\.0\.0\.1\./)
  })

  it('tells whoever’s account it is of a changed password [security 104]', async () => {
    const before = sink.letters.length
    await ok(api(owner, 'PUT', '/factors/password', { current: 'four unrelated words', password: 'five other unrelated words' }))
    await until(() => sink.letters.length > before)
    assert.deepEqual(sink.letters.at(-1)!.to, ['owner@example.test'])
    assert.match(bodyOf(sink.letters.at(-1)!.text), /The password was changed\./)
  })

  it('tells an account of one thing ten times an hour, in the console every time, and of another thing all the same [limit mail.notices] [security 12]', async () => {
    const toldOf = (words: string) => sink.letters.filter(({ text }) => bodyOf(text).includes(words)).length
    for (let i = 0; i < mostNotices + 3; i++) await ok(api(owner, 'POST', '/tokens', { name: `t${i}`, scopes: ['hosts:read'] }))
    await ok(api(owner, 'PUT', '/factors/password', { current: 'five other unrelated words', password: 'six more unrelated words' }))
    // Letters go one after the other: this one after all of the others.
    await until(() => toldOf('The password was changed') === 2)
    assert.equal(toldOf('A token for scripts was made'), mostNotices)
    const listed = JSON.parse((await api(owner, 'GET', '/factors/notices')).text) as { kind: string }[]
    assert.equal(listed.filter(({ kind }) => kind === 'token_made').length, mostNotices + 3)
  })

  it('is tried again while the server is busy or away, and given up when the server will never take it', async () => {
    const lines: string[] = []
    const busy = await open({ broken: 2 })
    const outbox = openOutbox(settings({ port: busy.port }), (level, message) => lines.push(`${level} ${message}`), [20, 20, 20])
    assert.ok(outbox.send(letter))
    await until(() => busy.letters.length === 1)
    assert.equal(lines.filter((line) => line.startsWith('warn')).length, 2)
    await busy.close()
    sinks.splice(0)
    assert.ok(outbox.send({ ...letter, subject: 'Two' }))
    await until(() => lines.filter((line) => line.startsWith('error')).length === 1)
    await outbox.close()
    assert.equal(outbox.send(letter), false)
  })

  it('goes to no server whose certificate is another’s, or that offers no TLS, and shows neither its password', async () => {
    const lines: string[] = []
    const stranger = await open()
    const trusting = openOutbox(settings({ port: stranger.port, ca: '' }), (...parts) => lines.push(JSON.stringify(parts)), [])
    trusting.send(letter)
    await until(() => lines.length === 1)
    const plain = new SMTPServer({ disabledCommands: ['STARTTLS'], onAuth: (_auth, _session, done) => done(null, { user: 'hub' }) })
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve))
    const { port } = plain.server.address() as AddressInfo
    const bare = openOutbox(settings({ port }), (...parts) => lines.push(JSON.stringify(parts)), [])
    bare.send(letter)
    await until(() => lines.length === 2)
    await Promise.all([trusting.close(), bare.close(), new Promise<void>((done) => plain.close(() => done()))])
    assert.deepEqual(stranger.letters, [])
    assert.doesNotMatch(lines.join(), new RegExp(password))
  })

  it('is one letter whatever people call themselves: no name begins a header or a line [security 138]', () => {
    const by = 'Eve\r\nBcc: all@example.test\u202e'
    const { subject, text } = invitation('en', {
      to: 'a@example.test',
      by,
      organization: `Shop\nX: 1`,
      link: 'https://x',
      expires: new Date(0),
    })
    assert.equal(subject, 'Invitation to Shop X: 1')
    assert.equal(text.split('\n').filter((line) => line.startsWith('Bcc')).length, 0)
    assert.match(text, /^Eve Bcc: all@example\.test +invites you to Shop X: 1 on Fairlead\.$/m)
    const told = notice('fr', { to: 'a@example.test', kind: 'totp_removed', at: new Date(0), ip: '192.0.2.1', address: 'https://hub' })
    assert.match(told.text, /1 janvier 1970.* UTC, depuis 192\.0\.2\.1/)
  })

  it('is set up whole, or the hub says what is missing', () => {
    const faults = (env: Record<string, string>, given?: string) => {
      const problems: string[] = []
      readMail(env, given, problems)
      return problems.join('\n')
    }
    const from = { FAIRLEAD_MAIL_FROM: 'fairlead@example.test' }
    assert.equal(faults({}), '')
    assert.equal(faults({ ...from, FAIRLEAD_MAIL: 'smtp://mail.example' }), '')
    assert.match(faults({ ...from, FAIRLEAD_MAIL: 'mail.example' }), /FAIRLEAD_MAIL must look like smtps:/)
    assert.match(faults({ FAIRLEAD_MAIL: 'smtp://mail.example' }), /FAIRLEAD_MAIL_FROM must be/)
    assert.match(faults({ ...from, FAIRLEAD_MAIL: 'smtp://hub@mail.example' }), /give both, or none/)
    assert.match(faults({ ...from, FAIRLEAD_MAIL: 'smtp://hub:pw@mail.example' }, 'pw'), /holds a password/)
    assert.match(faults({ ...from, FAIRLEAD_MAIL: 'smtp://mail.example', FAIRLEAD_MAIL_CA: '/nowhere.pem' }), /cannot be read/)
  })
})
