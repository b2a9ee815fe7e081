import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { createOwner, createPerson, type Person } from '../../e2e/fleet/console.ts'
import { until } from '../../e2e/fleet/until.ts'
import { rates } from './base/rates.ts'
import { secretOf } from './base/secret.ts'
import { openHub, type Hub } from './hub.ts'

const agent = new Agent({ rejectUnauthorized: false })
const token = 'scrape-me-please'

interface Live {
  status: number
  headers: Readonly<Record<string, string | string[] | undefined>>
  text: string
  over: boolean
  leave(): void
}

/** A request whose answer may never end. */
function open(base: string, path: string, headers: Readonly<Record<string, string>>): Live {
  const live: Live = { status: 0, headers: {}, text: '', over: false, leave: () => call.destroy() }
  const call = request(new URL(path, base), { agent, headers: { Origin: base, ...headers } }, (answer) => {
    live.status = answer.statusCode ?? 0
    live.headers = answer.headers
    answer.on('data', (part: Buffer) => (live.text += part.toString())).on('close', () => (live.over = true))
    answer.on('error', () => (live.over = true))
  })
  call.on('error', () => (live.over = true)).end()
  return live
}

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    return ''
  }
}

// The hub itself, in this process, with its own database; asked over its real ports.
describe('the API of a hub', () => {
  let dir: string
  let hub: Hub
  let owner: Person
  let base: string
  let output = ''

  before(async () => {
    dir = mkdtempSync('/var/tmp/fairlead-api-')
    chmodSync(dir, 0o711)
    const local = { host: '127.0.0.1', port: 0 }
    const nothing = { publicUrl: undefined, trustedProxies: [], databaseUrl: undefined, databaseOwnerUrl: undefined }
    const config = {
      ...nothing,
      http: local,
      https: local,
      dataDir: dir,
      metricsToken: secretOf(token),
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

  const sse = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    open(base, path, { Cookie: owner.cookie, Accept: 'text/event-stream', ...headers })
  const document = async () =>
    JSON.parse((await owner.ask('GET', '/api/openapi.json')).text) as {
      openapi: string
      paths: Record<string, Record<string, { operationId: string; responses: { 200: { content?: object } } }>>
    }

  it('describes itself as OpenAPI 3.1 that an independent validator accepts', async () => {
    const { valid, errors } = await new Validator().validate((await document()) as never)
    assert.deepEqual(errors, undefined)
    assert.equal(valid, true)
    const broken = await document()
    broken.paths['x'] = { get: {} as never }
    assert.equal((await new Validator().validate(broken as never)).valid, false, 'the validator bites')
  })

  it('has a page that asks nobody but the hub, and runs nothing but its own file', async () => {
    const page = await createPerson(base).ask('GET', '/api/docs')
    assert.equal(page.status, 200)
    assert.match(String(page.headers['content-security-policy']), /script-src 'self'/)
    const links = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link!)
    assert.deepEqual(links, ['/api/docs/page.css', '/api/docs/page.js', '/api/openapi.json'])
    assert.doesNotMatch(page.text, /<script(?![^>]* src=)|\son\w+=|style=/)
    for (const link of links) {
      const { status, text } = await owner.ask('GET', link)
      assert.equal(status, 200, link)
      assert.doesNotMatch(text, /https?:\/\/(?!json-schema\.org)|innerHTML|url\(/, link)
    }
  })

  it('says its figures to whoever has the token, and names no host in them', async () => {
    assert.equal((await owner.ask('GET', '/api/metrics')).status, 401)
    const { status, text, headers } = await owner.ask('GET', '/api/metrics', { headers: { Authorization: `Bearer ${token}` } })
    assert.equal(status, 200)
    assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/)
    assert.match(text, /^fairlead_requests_total\{code="ok"\} [1-9]/m)
    for (const line of text.trim().split('\n')) assert.match(line, /^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="[^"]*"\})? -?[\d.e+-]+)$/)
  })

  it('believes no forwarded address of a stranger, and builds no link from the name it was called by [security 11]', async () => {
    const forged = {
      'X-Forwarded-For': '203.0.113.9',
      'X-Forwarded-Host': 'evil.example',
      'X-Forwarded-Proto': 'http',
      Host: 'evil.example',
      Origin: 'https://evil.example',
    }
    const made = await owner.ask('POST', '/api/v1/invitations', { body: {}, headers: forged })
    assert.equal(made.status, 200, made.text)
    const addresses = await owner.ask('GET', '/api/v1/addresses', { headers: forged })
    const welcome = await owner.ask('GET', '/api/v1/welcome', { headers: forged })
    for (const { text } of [made, addresses, welcome]) assert.doesNotMatch(text, /evil|203\.0\.113/)
    const rows = (await owner.ask('GET', '/api/v1/audit?filter=host.invite')).body['rows'] as { ip: string }[]
    assert.deepEqual([...new Set(rows.map(({ ip }) => ip))], ['127.0.0.1'])
    assert.doesNotMatch(output, /203\.0\.113\.9|evil\.example/)
  })

  it('never says a secret: none that it stores is in any answer that an owner can get, nor in the log [security 8]', async () => {
    const { body } = await owner.ask('POST', '/api/v1/invitations', { body: {} })
    const secret = Buffer.from(String(body['join']).split('.')[2]!, 'base64url')
    const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest()
    const hashes = [sha256(owner.cookie.split('=')[1]!), sha256(secret)]
    const canaries = [
      '$argon2',
      token,
      ...hashes.flatMap((hash) => [hash.toString('hex'), hash.toString('base64'), hash.toString('base64url')]),
      secret.toString('base64url'),
      owner.cookie.split('=')[1]!,
      readFileSync(join(dir, 'postgres/password'), 'utf8'),
      ...['tls.key', 'hub-key.pem'].map((file) => readFileSync(join(dir, file), 'utf8').split('\n')[1]!),
      'PRIVATE KEY',
    ]
    const { paths } = await document()
    let asked = 0
    for (const [path, { get }] of Object.entries(paths)) {
      if (get === undefined) continue
      const target = path
        .replace('{kind}', 'container')
        .replace('{id}', String(body['id']))
        .replaceAll(/\{\w+\}/g, 'x')
      const live = open(base, target, { Cookie: owner.cookie })
      const endless = Object.hasOwn(get.responses[200].content ?? {}, 'text/event-stream')
      await until(() => live.over || (live.status > 0 && endless))
      if (endless) await new Promise((resolve) => setTimeout(resolve, 50))
      live.leave()
      asked++
      for (const canary of canaries) assert.ok(!live.text.includes(canary), `${path} says ${canary.slice(0, 6)}…`)
    }
    assert.ok(asked > 10)
    for (const canary of canaries) assert.ok(!output.includes(canary), `the log says ${canary.slice(0, 6)}…`)
  })

  it('holds no more of a request than it may have, whatever length was said, or none', async () => {
    const status = await new Promise<number>((resolve, reject) => {
      const headers = { Origin: base, Cookie: owner.cookie, 'Content-Type': 'application/json' }
      const call = request(new URL('/api/v1/invitations', base), { agent, method: 'POST', headers }, (answer) => {
        answer.resume()
        resolve(answer.statusCode ?? 0)
      })
      call.on('error', reject)
      call.write('{"x":"')
      for (let i = 0; i < 20; i++) call.write('y'.repeat(65_536))
      call.end('"}')
    })
    assert.equal(status, 413)
  })

  it('reads nothing of a stranger that no door is open for, and little at those that are', async () => {
    // It says that more will come, and never sends it: the answer must not wait for that.
    const asked = (path: string, headers: Readonly<Record<string, string>> = {}, begin = '{') =>
      new Promise<number>((resolve, reject) => {
        const all = { Origin: base, 'Content-Type': 'application/json', ...headers }
        const call = request(new URL(path, base), { agent, method: 'POST', headers: all }, (answer) => {
          resolve(answer.statusCode ?? 0)
          call.destroy()
        })
        call.on('error', reject)
        call.write(begin)
      })
    const long = { 'Content-Length': '900000' }
    assert.equal(await asked('/api/v1/invitations', long), 401)
    assert.equal(await asked('/api/v1/invitations', { ...long, Cookie: `__Host-fairlead=${'x'.repeat(43)}` }), 401)
    assert.equal(await asked('/api/v1/logins', long), 413)
    assert.equal(await asked('/api/v1/logins', {}, `{"email":"${'y'.repeat(20_000)}`), 413)
  })

  it('lets go of a connection that it refused, though the other end holds on to its own [security 23]', async () => {
    for (const [path, status] of [
      ['/nowhere', '404'],
      ['/api/session', '401'],
    ] as const) {
      const { port, host } = new URL(hub.url)
      const socket = connect({ host: '127.0.0.1', port: Number(port), allowHalfOpen: true })
      let text = ''
      let gone = false
      socket.on('data', (part: Buffer) => (text += part.toString()))
      socket.on('error', () => (gone = true)).on('close', () => (gone = true))
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
      )
      await until(() => text.includes(status))
      // Nothing but an end that is really gone refuses what is still said to it.
      await until(() => {
        if (!gone) socket.write('x')
        return gone
      })
    }
  })

  it('opens no file and no stream for a HEAD, which nobody would read', async () => {
    const head = (path: string, headers = {}) =>
      new Promise<number>((resolve, reject) => {
        const call = request(new URL(path, base), { agent, method: 'HEAD', headers: { Origin: base, ...headers } }, (answer) => {
          answer.resume()
          resolve(answer.statusCode ?? 0)
        })
        call.on('error', reject).end()
      })
    const opened = () => readdirSync('/proc/self/fd').filter((fd) => linkOf(fd) === process.execPath).length
    const before = opened()
    for (let i = 0; i < 20; i++) assert.equal(await head(`/dl/node-${process.arch}`), 200)
    assert.equal(opened(), before)
    assert.equal(await head('/api/v1/hosts/watch', { Cookie: owner.cookie }), 501)
    assert.equal(await head('/api/v1/me', { Cookie: owner.cookie }), 200)
  })

  it('answers what is no file of the console with 404, and logs no fault of its own', async () => {
    for (const path of ['/assets/', '/assets/%2e%2e/%2e%2e/package.json', '/assets/..%2f..%2fpackage.json', '/assets/x%00.js']) {
      const { status, text } = await createPerson(base).ask('GET', path)
      assert.ok([200, 404, 503].includes(status), `${path}: ${status}`)
      assert.doesNotMatch(text, /"dependencies"/)
    }
    assert.doesNotMatch(output, /EISDIR/)
  })

  it('refuses a text that no database takes, a stranger’s too, and calls it no fault of its own', async () => {
    const stranger = createPerson(base)
    const answers = [
      await owner.ask('GET', '/api/v1/audit?filter=%00'),
      await owner.ask('DELETE', '/api/v1/invitations/%00'),
      await owner.ask('POST', '/api/v1/invitations', { body: { tags: ['a\0b'] } }),
      await stranger.ask('POST', '/api/v1/logins', { body: { email: 'a\0b@example.test', password: 'four unrelated words' } }),
    ]
    assert.deepEqual(
      answers.map(({ status }) => status),
      [400, 400, 400, 400],
    )
    assert.doesNotMatch(output, /"unexpected"/)
  })

  it('refuses a page that came unencrypted under its own name [security 85 86]', async () => {
    const ask = (origin: string) => owner.ask('PATCH', '/api/v1/me', { body: { language: 'en' }, headers: { Origin: origin } })
    assert.equal((await ask(base.replace('https:', 'http:'))).status, 403)
    for (const more of [`${base}/`, `${base}/x`, base.replace('//', '//name@'), base.replace('//', '//a:b@')])
      assert.equal((await ask(more)).status, 403)
    assert.equal((await ask(base)).status, 200)
    const { port, host } = new URL(base)
    const upgraded = (origin: string) =>
      new Promise<number>((resolve, reject) => {
        const headers = {
          Cookie: owner.cookie,
          Origin: origin,
          Connection: 'Upgrade',
          Upgrade: 'websocket',
          'Sec-WebSocket-Version': '13',
          'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
        }
        const call = request({ host: '127.0.0.1', port, path: '/api/session', headers: { ...headers, Host: host }, agent }, (answer) => {
          answer.resume()
          resolve(answer.statusCode ?? 0)
        })
        call.on('upgrade', (_answer, socket) => {
          socket.destroy()
          resolve(101)
        })
        call.on('error', reject).end()
      })
    assert.equal(await upgraded(base.replace('https:', 'http:')), 403)
    assert.equal(await upgraded(base), 101)
  })

  it('goes on after the row that was seen last, and misses none that was written meanwhile [security 158]', async () => {
    const first = sse('/api/v1/audit/watch', { 'Last-Event-ID': '0' })
    await until(() => first.text.includes('"verb":"hub.setup"'))
    const [seen] = [...first.text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))
    assert.equal(seen, 1)
    first.leave()
    for (let i = 0; i < 3; i++) await owner.ask('PATCH', '/api/v1/me', { body: { language: 'en' } })
    const again = sse('/api/v1/audit/watch', { 'Last-Event-ID': '1' })
    const ids = () => [...again.text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))
    await until(() => again.text.split('account.update').length > 3)
    await owner.ask('PATCH', '/api/v1/me', { body: { language: 'en' } })
    await until(() => again.text.split('account.update').length > 4)
    assert.deepEqual(
      ids(),
      ids().map((_, index) => index + 2),
    )
    assert.doesNotMatch(again.text, /event: reset/)
    again.leave()
  })

  it('goes on with a list of the fleet by patches alone, where it was seen a moment ago', async () => {
    const path = '/api/v1/fleet/container/watch'
    const first = sse(path)
    await until(() => /^id: \S+$/m.test(first.text))
    const id = /^id: (\S+)$/m.exec(first.text)![1]!
    first.leave()
    const again = sse(path, { 'Last-Event-ID': id })
    await until(() => again.text.startsWith('retry:'))
    await new Promise((resolve) => setTimeout(resolve, 200))
    assert.doesNotMatch(again.text, /event: reset|"page"/)
    again.leave()
  })

  it('says reset where a list cannot go on from what was seen, and tells all of it anew', async () => {
    const lists = ['/api/v1/fleet/container/watch', '/api/v1/hosts/watch'].map((path) => sse(path, { 'Last-Event-ID': 'of-yesterday-7' }))
    for (const list of lists) {
      await until(() => list.text.includes('data: {"'))
      assert.match(list.text, /^retry: 2000\n\nevent: reset\ndata: \{\}\n\n(id: .*\n)?data: \{/)
      list.leave()
    }
    const fresh = sse('/api/v1/hosts/watch')
    await until(() => fresh.text.includes('data: {"'))
    assert.doesNotMatch(fresh.text, /event: reset/)
    fresh.leave()
  })

  it('sends what is saved as a file that can do nothing here [security 91]', async () => {
    for (const path of ['/i.sh', `/dl/node-${process.arch}`]) {
      const answer = open(base, path, {})
      await until(() => answer.status > 0)
      answer.leave()
      assert.match(String(answer.headers['content-disposition']), /^attachment; filename="[\w.-]+"$/, path)
      assert.equal(answer.headers['x-content-type-options'], 'nosniff')
      assert.match(String(answer.headers['content-security-policy']), /default-src 'none'; sandbox/)
      assert.doesNotMatch(String(answer.headers['content-type']), /html|svg|xml|javascript/)
    }
  })

  it('ends what a login had open within a second of its end [security 84]', async () => {
    const person = createPerson(base)
    await person.ask('POST', '/api/v1/logins', { body: { email: 'owner@example.test', password: 'four unrelated words' } })
    const stream = open(base, '/api/v1/hosts/watch', { Cookie: person.cookie, Accept: 'text/event-stream' })
    await until(() => stream.text.includes('data: {"'))
    const { session } = await person.open()
    assert.equal((await person.ask('DELETE', '/api/v1/logins/current')).status, 200)
    // From the answer on: how long a busy machine takes for the request itself is another matter.
    const startMs = performance.now()
    await until(() => stream.over && !session.alive)
    assert.ok(performance.now() - startMs < 1000)
    assert.match(stream.text, /event: error\ndata: \{"error":\{"code":"unauthenticated"/)
  })

  it('lets a login have so many streams and sessions open, says which cap is reached, and frees them [security 13]', async () => {
    const streams = Array.from({ length: rates.streams.login }, () => sse('/api/v1/hosts/watch'))
    await until(() => streams.every(({ status }) => status === 200))
    const more = sse('/api/v1/hosts/watch')
    await until(() => more.over)
    assert.equal(more.status, 429)
    assert.equal(more.headers['retry-after'], '5')
    assert.match(more.text, /This login has 64 open streams already, which is the most; close one/)
    for (const { leave } of streams) leave()
    await until(async () => {
      const again = sse('/api/v1/hosts/watch')
      await until(() => again.status > 0)
      again.leave()
      return again.status === 200
    })
    const sessions = await Promise.all(Array.from({ length: rates.sessions.login }, () => owner.open()))
    const extra = await owner.open()
    await until(() => !extra.session.alive)
    assert.ok(sessions.every(({ session }) => session.alive))
    for (const { close } of sessions) close()
  })

  it('refuses a flood of strangers with 429 and when to come back, and goes on for those who are signed in [security 12]', async () => {
    const asked = 4 * rates.stranger.burst
    const { port, host } = new URL(hub.url)
    const socket = connect(Number(port), '127.0.0.1')
    let text = ''
    socket.on('data', (part: Buffer) => (text += part.toString()))
    const startMs = performance.now()
    // All at once on one connection: whatever the load of this machine, more than a bucket refills meanwhile.
    socket.write(`GET /api/v1/me HTTP/1.1\r\nHost: ${host}\r\n\r\n`.repeat(asked))
    const count = (what: RegExp) => text.match(what)?.length ?? 0
    await until(() => count(/HTTP\/1\.1 (401|429) /g) === asked && count(/"error":/g) === asked)
    socket.destroy()
    const refused = count(/HTTP\/1\.1 429 /g)
    const { burst, perSecond } = rates.stranger
    const most = burst + ((performance.now() - startMs) / 1000) * perSecond + 1
    assert.ok(asked - refused <= most, `${asked - refused} let through, of at most ${most}`)
    assert.equal(count(/^retry-after: 1\r$/gim), refused)
    assert.equal(count(/Too many requests without a login from this address \(20 a second, 100 at once\); try again in a second/g), refused)
    assert.equal((await owner.ask('GET', '/api/v1/me')).status, 200)
  })
})
