import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { createOwner, type Person } from '../../../e2e/fleet/console.ts'
import { startHub, type HubProcess } from '../../../e2e/fleet/programs.ts'
import { until } from '../../../e2e/fleet/until.ts'
import { need } from '../../../e2e/need.ts'

describe('the certificate of a hub that runs', need('openssl'), () => {
  let dir: string
  let hub: HubProcess
  let owner: Person
  const at = (name: string) => join(dir, name)

  /** As a tool of renewal makes one, named so. */
  function make(name: string, days = 30): void {
    const argv = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      String(days),
      '-subj',
      `/CN=${name}`,
    ]
    const made = spawnSync('openssl', [
      ...argv,
      '-addext',
      `subjectAltName=DNS:${name}`,
      '-keyout',
      at(`${name}.key`),
      '-out',
      at(`${name}.crt`),
    ])
    assert.equal(made.status, 0, String(made.stderr))
  }
  /** Into place, one after the other. */
  function put(cert: string, key: string): void {
    for (const [from, to] of [
      [`${cert}.crt`, 'tls.crt'],
      [`${key}.key`, 'tls.key'],
    ] as const) {
      writeFileSync(at('new'), readFileSync(at(from)), { mode: 0o600 })
      renameSync(at('new'), at(to))
    }
  }
  async function open(): Promise<TLSSocket> {
    const socket = connect({ port: hub.httpsPort, host: '127.0.0.1', rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    return socket
  }
  async function shown(): Promise<string> {
    const socket = await open()
    const name = String(socket.getPeerCertificate().subject.CN)
    socket.destroy()
    return name
  }

  before(async () => {
    dir = mkdtempSync('/var/tmp/fairlead-certificate-')
    chmodSync(dir, 0o711)
    for (const name of ['one', 'two', 'three']) make(name)
    put('one', 'one')
    hub = await startHub({ env: { FAIRLEAD_TLS_CERT: at('tls.crt'), FAIRLEAD_TLS_KEY: at('tls.key') } })
    owner = await createOwner(`https://127.0.0.1:${hub.httpsPort}`, hub.code)
  })
  after(async () => {
    await hub?.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  it('is a new one as soon as its files are there, and no link that is open ends for it', async () => {
    const link = await owner.open()
    const old = await open()
    assert.equal(await shown(), 'one')
    put('two', 'two')
    await until(async () => (await shown()) === 'two')
    assert.equal(old.getPeerCertificate().subject.CN, 'one')
    assert.equal(old.destroyed, false)
    assert.equal(link.session.alive, true)
    assert.ok(Array.isArray(await link.api.hosts.list({})))
    link.close()
    old.destroy()
  })

  it('stays the one before when the new files do not fit, are no certificate or are gone, and the log says why', async () => {
    const says = (why: RegExp) => until(() => hub.output.split('\n').some((line) => line.includes('not taken') && why.test(line)))
    put('three', 'one')
    await says(/key does not belong to the certificate/)
    writeFileSync(at('tls.crt'), '-----BEGIN CERTIFICATE-----\nhalf')
    await says(/no PEM file/)
    rmSync(at('tls.key'))
    await says(/cannot be read \(ENOENT\)/)
    assert.equal(await shown(), 'two')
    put('three', 'three')
    await until(async () => (await shown()) === 'three')
  })

  it('is followed through a link that is turned to another folder, as orchestrators write them', async () => {
    put('one', 'one')
    await until(async () => (await shown()) === 'one')
    rmSync(at('tls.key'))
    symlinkSync(at('two.key'), at('link'))
    renameSync(at('link'), at('tls.key'))
    symlinkSync(at('two.crt'), at('link'))
    renameSync(at('link'), at('tls.crt'))
    await until(async () => (await shown()) === 'two')
  })
})
