import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { openHubIdentity } from './identity.ts'

describe('the key of a hub', () => {
  const dir = mkdtempSync(join(tmpdir(), 'fairlead-identity-'))
  after(() => rmSync(dir, { recursive: true }))

  it('is made once, whole and for this account only, also after a crash in the middle of it', () => {
    writeFileSync(join(dir, 'hub-key.pem.new'), '-----BEGIN PRIV', { mode: 0o600 })
    const first = openHubIdentity(dir)
    assert.equal(statSync(join(dir, 'hub-key.pem')).mode & 0o777, 0o600)
    assert.equal(existsSync(join(dir, 'hub-key.pem.new')), false)
    assert.deepEqual(openHubIdentity(dir).publicKey, first.publicKey)
  })
})
