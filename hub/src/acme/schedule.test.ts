import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { need } from '../../../e2e/need.ts'
import { certificateId } from './renewal.ts'
import { dueMs, waitMs } from './schedule.ts'
import { signOwn } from './test-authority.ts'

describe('when a certificate is due', need('openssl'), () => {
  let dir: string
  let cert: string
  const settings = { domains: ['a.example', 'b.example'], directory: 'https://ca.example/directory' }
  before(() => {
    dir = mkdtempSync('/var/tmp/fairlead-schedule-')
    signOwn(join(dir, 'cert'), join(dir, 'key'), 'DNS:a.example,DNS:b.example', 90)
    cert = readFileSync(join(dir, 'cert'), 'utf8')
  })
  after(() => rmSync(dir, { recursive: true, force: true }))

  it('is at once where there is none, for other names, or of another authority', () => {
    const from = settings.directory
    assert.equal(dueMs(undefined, settings), 0)
    assert.equal(dueMs({ cert, from: 'https://other.example/' }, settings), 0)
    assert.equal(dueMs({ cert, from }, { ...settings, domains: ['a.example', 'c.example'] }), 0)
    assert.ok(dueMs({ cert, from }, { ...settings, domains: ['a.example'] }) > 0)
  })

  it('is the same time whenever it is asked', () => {
    const due = dueMs({ cert, from: settings.directory }, settings)
    assert.equal(dueMs({ cert, from: settings.directory }, settings), due)
    assert.ok(due > Date.now() + 59 * 86_400_000 && due < Date.now() + 64 * 86_400_000)
  })

  it('is called by what RFC 9773 calls it, a serial number that would be negative too', async () => {
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
    const signer = new x509.AuthorityKeyIdentifierExtension('69885b6b87464041e1b37b847ba0ae2cde01c8d4')
    const made = await x509.X509CertificateGenerator.createSelfSigned(
      { name: 'CN=example', serialNumber: '0087654321', keys, signingAlgorithm: algorithm, extensions: [signer] },
      webcrypto as never,
    )
    assert.equal(certificateId(made.toString('pem')), 'aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE')
  })

  it('after a failure is what public authorities bear: five looks an hour, five certificates a week', () => {
    for (const chance of [0, 0.999]) {
      let atMs = 0
      const tries = Array.from({ length: 200 }, (_, i) => (atMs += waitMs('connection', i + 1, 0, chance)))
      const inHour = [0, ...tries].filter((ms) => ms < 3_600_000).length
      assert.ok(inHour <= 4, `${inHour} in the first hour`)
      assert.ok(tries.at(-1)! > 90 * 86_400_000)
      assert.ok(waitMs('certificate', 1, 0, chance) * 5 > 7 * 86_400_000)
    }
    assert.equal(waitMs('rate_limited', 1, 86_400_000, 0), 86_400_000)
  })
})
