import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, describe, it } from 'node:test'
import { codeOf } from '@fairlead/protocol/errors.ts'
import { openVault, type VaultAuth } from './vault.ts'

const canary = 'canary-hunter2'

// There is no Vault here: this speaks what its documentation says of /v1/<mount>/data, /auth/approle/login and /auth/token/lookup-self.
describe('secrets of a Vault', () => {
  let server: Server
  let address: string
  let asked: { method: string; url: string; headers: IncomingMessage['headers'] }[] = []
  let tokens = new Set<string>()
  let logins = 0
  let instead: ((response: ServerResponse) => void) | undefined

  const versions: Record<string, { data: object | null; deletion_time: string }[]> = {
    '/v1/secret/data/shop/database': [
      { data: { password: `${canary} 1` }, deletion_time: '' },
      { data: { password: `${canary} 2`, port: 5432, nested: { a: 1 } }, deletion_time: '' },
      { data: null, deletion_time: '2026-01-01T00:00:00Z' },
      { data: { password: `${canary} 4`, port: 5432 }, deletion_time: '' },
    ],
    '/v1/secret/data/a%3Fversion%3D1/b%23c': [{ data: { x: 'odd path' }, deletion_time: '' }],
  }

  before(async () => {
    server = createServer((request, response) => {
      asked.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers })
      let body = ''
      request.on('data', (part: Buffer) => (body += part.toString())).on('end', () => answer(request, response, body))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  beforeEach(() => {
    asked = []
    tokens = new Set(['root'])
    logins = 0
    instead = undefined
  })

  function answer(request: IncomingMessage, response: ServerResponse, body: string): void {
    const say = (status: number, value: unknown) =>
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value))
    if (instead !== undefined) return instead(response)
    const url = new URL(request.url ?? '', address)
    if (url.pathname === '/v1/auth/approle/login') {
      const { role_id, secret_id } = JSON.parse(body) as Record<string, string>
      if (role_id !== 'role' || secret_id !== canary) return void say(400, { errors: [`invalid secret id ${secret_id}`] })
      const token = `token-${++logins}`
      tokens.add(token)
      return void say(200, { auth: { client_token: token, lease_duration: 100, renewable: true } })
    }
    if (!tokens.has(String(request.headers['x-vault-token']))) return void say(403, { errors: ['permission denied'] })
    if (url.pathname === '/v1/auth/token/lookup-self') return void say(200, { data: { ttl: 100 } })
    const all = versions[url.pathname]
    const n = Number(url.searchParams.get('version') ?? all?.length)
    const one = all?.[n - 1]
    if (one === undefined) return void say(404, { errors: [] })
    const { data, deletion_time } = one
    say(data === null ? 404 : 200, { data: { data, metadata: { version: n, created_time: '', deletion_time, destroyed: false } } })
  }

  const open = (auth: VaultAuth = { kind: 'token', token: () => 'root' }, more: { namespace?: string; now?: () => number } = {}) =>
    openVault({ fetch, address, mount: 'secret', auth, ...more })
  const approle: VaultAuth = { kind: 'approle', roleId: 'role', secretId: () => canary }
  const database = { path: 'shop/database', field: 'password' }
  const fails = (code: string, why: RegExp) => (error: Error) =>
    (codeOf(error) === code && why.test(error.message) && !`${error.stack} ${JSON.stringify(error)}`.includes(canary)) || assert.fail(error)

  it('are read by path and field, the newest or a version, with the namespace', async () => {
    const vault = open(undefined, { namespace: 'team' })
    assert.deepEqual(await vault.read(database), { value: `${canary} 4`, version: 4 })
    assert.deepEqual(await vault.read({ ...database, version: 1 }), { value: `${canary} 1`, version: 1 })
    assert.deepEqual(
      asked.map(({ method, url, headers }) => [
        method,
        url,
        headers['x-vault-token'],
        headers['x-vault-namespace'],
        headers['x-vault-request'],
      ]),
      [
        ['GET', '/v1/secret/data/shop/database', 'root', 'team', 'true'],
        ['GET', '/v1/secret/data/shop/database?version=1', 'root', 'team', 'true'],
      ],
    )
    await vault.check()
  })

  it('are asked for below their own store only, whatever the path', async () => {
    assert.equal((await open().read({ path: 'a?version=1/b#c', field: 'x' })).value, 'odd path')
    for (const path of ['', '/', '..', '../sys/seal', 'a/../../b', 'a//b', './a', '\uD83D', 'x'.repeat(513)])
      await assert.rejects(open().read({ path, field: 'x' }), fails('invalid_input', /A path in Vault is names/))
    assert.equal(asked.length, 1)
  })

  it('say what is missing: path, field, version, deleted, or no text', async () => {
    const vault = open()
    await assert.rejects(vault.read({ path: 'shop/none', field: 'x' }), fails('not_found', /nothing at shop\/none/))
    await assert.rejects(vault.read({ ...database, version: 9 }), fails('not_found', /nothing at/))
    await assert.rejects(vault.read({ ...database, version: 3 }), fails('not_found', /was deleted there/))
    for (const field of ['user', 'toString', '__proto__'])
      await assert.rejects(vault.read({ ...database, field }), fails('not_found', /has no field/))
    await assert.rejects(vault.read({ ...database, field: 'port' }), fails('bad_upstream', /is no text/))
  })

  it('come by a role: one login for many reads, a new one before it ends or when it was ended there', async () => {
    let nowMs = 0
    const vault = open(approle, { now: () => nowMs })
    for (let i = 0; i < 5; i++) await vault.read(database)
    assert.equal(logins, 1)
    nowMs = 81_000
    await vault.read(database)
    assert.equal(logins, 2)
    tokens.clear()
    assert.equal((await vault.read(database)).version, 4)
    assert.equal(logins, 3)
  })

  it('say why they cannot be had, and repeat nothing of what was sent or answered', async () => {
    await assert.rejects(
      open({ kind: 'token', token: () => canary }).read(database),
      fails('bad_upstream', /policy does not allow that, or the token has ended/),
    )
    await assert.rejects(open({ kind: 'token', token: () => canary }).check(), fails('bad_upstream', /does not let this hub in/))
    await assert.rejects(
      open({ ...approle, roleId: 'other' } as VaultAuth).read(database),
      fails('bad_upstream', /did not take the role id and secret id/),
    )
    for (const [status, why] of [
      [503, /sealed/],
      [429, /fewer requests/],
      [500, /answered with 500/],
    ] as const) {
      instead = (response) => void response.writeHead(status).end(`<html>${canary}`)
      await assert.rejects(open().read(database), fails('bad_upstream', why))
    }
    instead = (response) => void response.writeHead(200).end(JSON.stringify([canary]))
    await assert.rejects(open().read(database), fails('bad_upstream', /answered with 200/))
    instead = (response) => void response.socket?.destroy()
    await assert.rejects(open().read(database), fails('bad_upstream', /Vault at 127.0.0.1:\d+ cannot be reached/))
  })

  it('are taken from no redirect, and of an answer no more than 1 MiB', async () => {
    instead = (response) => void response.writeHead(307, { Location: `${address}/v1/elsewhere` }).end()
    await assert.rejects(open().read(database), fails('bad_upstream', /answered with 307/))
    assert.equal(asked.length, 1)
    instead = (response) => void response.writeHead(200).end(`{"data":"${canary.repeat(100_000)}"}`)
    await assert.rejects(open().read(database), fails('bad_upstream', /more than 1024 KiB/))
  })

  it('are waited for no longer than whoever asks', async () => {
    instead = () => undefined
    const left = AbortSignal.timeout(100)
    await assert.rejects(open().read(database, left), (error: Error) => error.name === 'TimeoutError')
  })
})
