import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { SMTPServer } from 'smtp-server'
import { until } from '../../e2e/fleet/until.ts'
import { need } from '../../e2e/need.ts'
import { testLdap, type LdapDeps } from './identities/ldap/ldap.ts'
import { openEvilProvider } from './identities/test-evil-provider.ts'
import { openTestPeople, origin, owner } from './identities/test-people.ts'
import { openOutbox } from './mail/outbox.ts'
import { openVault } from './secrets/vault.ts'

/** As long as a line of a response may be cut at, with letters that each form writes in its own way. */
const canary = 'canary/hunter2+är=='
const forms = [
  canary,
  encodeURIComponent(canary),
  new URLSearchParams({ x: canary }).toString().slice(2),
  ...[0, 1, 2].map((skip) =>
    Buffer.from(`${'x'.repeat(skip)}${canary}`)
      .toString('base64')
      .slice(4, -4),
  ),
  Buffer.from(canary).toString('hex'),
  'hunter2',
]

/** All that was sent, in every form, whole and in two parts. */
function echo(sent: string): string {
  const at = Math.floor(canary.length / 2)
  return [sent, ...forms, `${canary.slice(0, at)}\r\n${canary.slice(at)}`].join(' ')
}

function nothingOf(...said: readonly unknown[]): void {
  const text = said.map((one) => (one instanceof Error ? `${one.stack} ${JSON.stringify(one)}` : JSON.stringify(one))).join('\n')
  assert.ok(text.length > 20, 'something was said')
  for (const form of forms) assert.ok(!text.includes(form), `${form} in ${text}`)
}

// Whoever is shown a secret may repeat it: in an error, a header, a log line that says why.
describe('what others say back', need('openssl'), () => {
  const closing: (() => unknown)[] = []
  let dir: string
  before(() => void (dir = mkdtempSync('/var/tmp/fairlead-echoed-')))
  after(async () => {
    for (const close of closing.toReversed()) await close()
    rmSync(dir, { recursive: true, force: true })
  })

  it('repeats no token of a Vault, in no form, whole or in parts [security 133]', async () => {
    const says = (status: number) => (request: IncomingMessage, response: ServerResponse) => {
      let body = ''
      request
        .on('data', (part: Buffer) => (body += part.toString()))
        .on('end', () => {
          const said = echo(`${request.url} ${JSON.stringify(request.headers)} ${body}`)
          response.writeHead(status, { 'X-Error': encodeURI(said) }).end(JSON.stringify({ errors: [said], data: said, warnings: [said] }))
        })
    }
    for (const status of [200, 301, 400, 403, 404, 429, 500, 503]) {
      const server = createHttp(says(status)).listen(0, '127.0.0.1')
      closing.push(() => (server.closeAllConnections(), server.close()))
      await once(server, 'listening')
      const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const ways = [
        { kind: 'token', token: () => canary },
        { kind: 'approle', roleId: 'role', secretId: () => canary },
      ] as const
      for (const auth of ways) {
        const vault = openVault({ fetch, address, mount: 'secret', auth })
        nothingOf(
          await vault.read({ path: 'shop', field: 'x' }).then(
            () => assert.fail('it was read'),
            (error: unknown) => error,
          ),
        )
      }
    }
  })

  it('repeats no secret of a sign-in provider, to nobody at the door and not to the log [security 133]', async () => {
    const world = await openTestPeople({ allow: ['127.0.0.1'] })
    const evil = await openEvilProvider('fairlead', canary)
    closing.push(
      () => world.close(),
      () => evil.close(),
    )
    const me = await world.reset()
    const boss = await world.signedIn(owner)
    const settings = { kind: 'oidc', issuer: evil.issuer, clientId: 'fairlead', scopes: 'openid', groupsClaim: 'groups' } as const
    const given = {
      name: 'evil',
      settings,
      secret: canary,
      enabled: true,
      justInTime: true,
      secondFactor: 'here',
      provisioned: false,
    } as const
    const { id } = await world.now.identities.handlers.create(given, world.visit(boss).context)
    for (const [status, error] of [
      [400, 'invalid_client'],
      [401, canary],
      [500, 'server_error'],
      [200, 'x'],
    ] as const) {
      const { jar, context } = world.visit()
      const { url } = await world.now.identities.handlers.begin({ id, organization: me.organization.id, origin, to: '/' }, context)
      const state = new URL(url).searchParams.get('state')!
      evil.mood = {
        instead(path, response) {
          if (path !== '/token') return false
          const said = echo(`${evil.asked.at(-1)!.body.toString()} ${JSON.stringify(response.req.headers)}`)
          const body = JSON.stringify({
            error,
            error_description: said,
            error_uri: `https://x/${encodeURIComponent(said)}`,
            id_token: said,
          })
          response
            .writeHead(status, { 'Content-Type': 'application/json', 'WWW-Authenticate': `Basic realm="${encodeURI(said)}"` })
            .end(body)
          return true
        },
      }
      const search = `?${new URLSearchParams({ code: 'c', state, iss: evil.issuer }).toString()}`
      const { to } = await world.now.identities.finish({ provider: id, search, token: jar.away }, context)
      assert.match(to, /signin-reason=/)
      nothingOf(to, world.logged.splice(0))
    }
    const asked = evil.asked.find(({ path }) => path === '/token')!
    assert.ok(JSON.stringify([...asked.body]).includes('code'), 'it was asked, and shown the secret')
  })

  it('repeats no password of a directory’s reader: a step that failed says which, not what came back [security 133]', async () => {
    const wrap = (tag: number, ...parts: Buffer[]) => {
      const body = Buffer.concat(parts)
      return Buffer.concat([Buffer.from([tag, 0x82, body.length >> 8, body.length & 255]), body])
    }
    const text = (words: string) => wrap(4, Buffer.from(words))
    const answer = (socket: Socket, data: Buffer, code: number) =>
      socket.write(
        wrap(0x30, Buffer.from([2, 1, data[4]!]), wrap(0x61, Buffer.from([0x0a, 1, code]), text(''), text(echo(data.toString('latin1'))))),
      )
    for (const code of [1, 8, 32, 49, 50, 80]) {
      const server = createServer((socket) => socket.on('error', () => undefined).on('data', (data) => void answer(socket, data, code)))
      closing.push(() => server.close())
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      const where = { kind: 'ldap', preset: 'openldap', host: 'localhost', port, security: 'plain', ca: '' } as const
      const deps: LdapDeps = {
        addressOf: async () => ({ addresses: [{ address: '127.0.0.1', family: 4 }], opened: true }),
        timeoutMs: 2000,
      }
      const settings = { ...where, bindDn: 'cn=reader', base: 'dc=example', groupBase: '' }
      const steps = await testLdap({ settings, password: canary }, deps)
      assert.deepEqual([steps.at(-1)!.step, steps.at(-1)!.ok], ['bind', false])
      nothingOf(steps)
    }
  })

  it('repeats no password of a mail server, which says it in its own encoding [security 133]', async () => {
    const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')]
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', cert, ...subject],
      {
        stdio: 'ignore',
      },
    )
    let shown = ''
    const server = new SMTPServer({
      key: readFileSync(key),
      cert: readFileSync(cert),
      onAuth({ password }, _session, done) {
        shown = password ?? ''
        done(Object.assign(new Error(echo(shown).replaceAll('\r\n', ' ')), { responseCode: 535 }))
      },
    })
    server.on('error', () => undefined)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closing.push(() => new Promise<void>((resolve) => server.close(() => resolve())))
    const { port } = server.server.address() as AddressInfo
    const lines: unknown[] = []
    const from = { from: 'hub@example.test', user: 'hub', password: () => canary }
    const outbox = openOutbox(
      { host: 'localhost', port, tls: false, ca: readFileSync(cert, 'utf8'), ...from },
      (...line) => lines.push(line),
      [1],
    )
    assert.ok(outbox.send({ to: 'a@example.test', subject: 'x', text: 'x' }))
    await until(() => lines.length === 2)
    await outbox.close()
    assert.equal(shown, canary)
    nothingOf(lines)
  })
})
