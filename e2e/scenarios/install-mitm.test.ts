import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { request, createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:tls'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startOwnedHub, type OwnedHub } from '../fleet/one.ts'
import { buildRelease, pasteLine } from '../fleet/paste.ts'
import { makeCertificate } from '../fleet/tlsproxy.ts'
import { need } from '../need.ts'
import { spawn } from 'node:child_process'

// Somebody on the way who answers for the hub, with a certificate that -k takes, and swaps what comes through.
describe('a machine in the middle of an installation', need('curl', 'openssl'), () => {
  const dir = mkdtempSync(join(tmpdir(), 'fairlead-mitm-'))
  const ran = join(dir, 'ran')
  const evil = `#!/bin/sh\ntouch ${ran}\n`
  let owned: OwnedHub
  let middle: Server
  let address = ''
  let swaps: (path: string, body: Buffer) => Buffer | undefined = () => undefined
  const asked: string[] = []
  const seen: Buffer[] = []
  let lastLine = ''

  before(async () => {
    await buildRelease()
    owned = await startOwnedHub()
    const { key, cert } = makeCertificate(dir)
    middle = createServer({ key, cert }, (incoming, outgoing) => {
      asked.push(incoming.url!)
      const through = request(`${owned.address}${incoming.url}`, { rejectUnauthorized: false }, (answer) => {
        const parts: Buffer[] = []
        answer.on('data', (part: Buffer) => parts.push(part))
        answer.on('end', () => {
          const body = Buffer.concat(parts)
          outgoing.writeHead(answer.statusCode!, {}).end(swaps(incoming.url!, body) ?? body)
        })
      })
      through.end()
    })
    // The link itself: looked at, and passed on.
    middle.on('upgrade', (incoming, socket, head) => {
      const through = connect({ port: Number(new URL(owned.address).port), host: '127.0.0.1', rejectUnauthorized: false }, () => {
        const headers = Array.from(
          { length: incoming.rawHeaders.length / 2 },
          (_, n) => `${incoming.rawHeaders[2 * n]}: ${incoming.rawHeaders[2 * n + 1]}`,
        )
        through.write([`GET ${incoming.url} HTTP/1.1`, ...headers, '', ''].join('\r\n'))
        through.write(head)
        socket.pipe(through).pipe(socket)
      })
      for (const end of [socket, through]) {
        end.on('data', (part: Buffer) => void seen.push(part))
        end.on('error', () => undefined)
      }
    })
    await new Promise<void>((done) => middle.listen(0, '127.0.0.1', done))
    address = `https://127.0.0.1:${(middle.address() as AddressInfo).port}`
  })
  after(async () => {
    middle?.closeAllConnections()
    middle?.close()
    await owned?.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  const where = { spawn: (file: string, argv: readonly string[], options: object = {}) => spawn(file, argv, options) }
  async function paste(swap: typeof swaps): Promise<string> {
    swaps = swap
    asked.length = 0
    const line = (lastLine = String((await owned.owner.ask('POST', '/api/v1/invitations', { body: { address } })).body['line']))
    const before = new Set(readdirSync('/var/tmp'))
    const said = await pasteLine(where, line, { name: 'victim', engineSocket: '/nonexistent' }).then(
      async (host) => {
        await host.stop()
        return 'installed'
      },
      (error: unknown) => String(error),
    )
    const left = readdirSync('/var/tmp').filter((name) => name.startsWith('fairlead-pasted-') && !before.has(name))
    assert.deepEqual(left, [])
    return said
  }
  const isProgram = (path: string) => path.startsWith('/dl/')

  it('swaps the script: it is not run [security 27]', { timeout: 60_000 }, async () => {
    const said = await paste((path) => (path === '/i.sh' ? Buffer.from(evil) : undefined))
    assert.match(said, /FAILED|did NOT match/)
    assert.deepEqual(asked, ['/i.sh'])
    assert.equal(existsSync(ran), false)
  })

  it('swaps the program: it is not run, and nothing is enrolled [security 27]', { timeout: 60_000 }, async () => {
    const said = await paste((path) => (isProgram(path) ? Buffer.from(evil) : undefined))
    assert.match(said, /is not what the hub's line promised; nothing was installed/)
    assert.equal(existsSync(ran), false)
    assert.deepEqual(asked.length, 2)
  })

  it('swaps a byte of the program, and sends it short [security 27]', { timeout: 60_000 }, async () => {
    const swapsOf = [
      (body: Buffer) => {
        body[body.length >> 1]! ^= 1
        return body
      },
      (body: Buffer) => body.subarray(0, body.length - 1),
    ]
    for (const swap of swapsOf)
      assert.match(await paste((path, body) => (isProgram(path) ? swap(body) : undefined)), /is not what the hub's line promised/)
  })

  it('swaps both, the hashes in the script too: it is not run [security 27]', { timeout: 60_000 }, async () => {
    const said = await paste((path, body) =>
      isProgram(path) ? Buffer.from(evil) : Buffer.from(body.toString().replaceAll(/^[0-9a-f]{64}(?= {2})/gm, 'e'.repeat(64))),
    )
    assert.match(said, /FAILED|did NOT match/)
    assert.equal(existsSync(ran), false)
  })

  it('lets all of it through: it is installed, and the secret was nowhere to be read [security 30]', { timeout: 60_000 }, async () => {
    assert.equal(await paste(() => undefined), 'installed')
    assert.match((await owned.owner.ask('GET', '/api/v1/hosts')).text, /"name":"victim"/)
    const [, , secret] = /flj1\.([\w-]+)\.([\w-]+)\./.exec(lastLine)!
    const bytes = Buffer.concat(seen)
    assert.ok(bytes.length > 1000)
    for (const form of [Buffer.from(secret!), Buffer.from(secret!, 'base64url')]) assert.equal(bytes.includes(form), false)
    assert.equal(
      asked.some((path) => path.includes(secret!)),
      false,
    )
  })
})
