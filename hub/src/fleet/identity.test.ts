import assert from 'node:assert/strict'
import * as crypto from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { epochNumber, isEpochOf, makeEpoch } from '@fairlead/protocol/epoch.ts'
import { decodeSuccession, followKeys, mostStatements } from '@fairlead/protocol/hub-keys.ts'
import { nodeSuite } from '@fairlead/protocol/noise/suite.ts'
import { openTestDatabase } from '../base/testdb.ts'
import { confirmEpoch, openEpochs } from './epoch.ts'
import { adoptHubKey, openHubKeys } from './identity.ts'

const suite = nodeSuite(crypto)

describe('the key of a hub', () => {
  const root = mkdtempSync(join(tmpdir(), 'fairlead-identity-'))
  after(() => rmSync(root, { recursive: true }))
  let n = 0
  const folder = () => {
    const dir = join(root, String(n++))
    mkdirSync(dir)
    return dir
  }
  const keyFile = (dir: string) => join(dir, 'hub-key.pem')

  it('is made once, whole and for this account only, also after a crash in the middle of it', () => {
    const dir = folder()
    writeFileSync(join(dir, 'hub-key.pem.new'), '-----BEGIN PRIV', { mode: 0o600 })
    const first = openHubKeys(dir).current
    assert.equal(statSync(keyFile(dir)).mode & 0o777, 0o600)
    assert.equal(existsSync(join(dir, 'hub-key.pem.new')), false)
    assert.deepEqual(openHubKeys(dir).current.identity.publicKey, first.identity.publicKey)
    // As hubs of before have it: nothing but the key.
    assert.match(readFileSync(keyFile(dir), 'utf8'), /^-----BEGIN/)
  })

  it('names the next one, which is there with what names it, or not at all; the one before is gone', () => {
    const dir = folder()
    const keys = openHubKeys(dir)
    const first = keys.current.identity
    const text = readFileSync(keyFile(dir), 'utf8')
    assert.equal(keys.rotate(5), 2)
    const again = openHubKeys(dir)
    assert.deepEqual(again.current.identity.publicKey, keys.current.identity.publicKey)
    assert.deepEqual(again.said, keys.said)
    assert.equal(statSync(keyFile(dir)).mode & 0o777, 0o600)
    assert.ok(!readFileSync(keyFile(dir), 'utf8').includes(text.split('\n')[1]!))
    const chain = decodeSuccession(again.said)!
    const end = followKeys(suite, { key: first.publicKey, number: 1 }, chain, again.current.identity.publicKey)
    assert.deepEqual([end.number, end.before!.untilMs], [2, 5])
    // Whatever reads PEM passes over what stands before it.
    assert.equal(crypto.createPrivateKey(readFileSync(keyFile(dir), 'utf8')).asymmetricKeyType, 'ed25519')
  })

  it('says as many statements as a message of the handshake holds, the last ones', () => {
    const keys = openHubKeys(folder())
    for (let times = 0; times < mostStatements + 3; times++) keys.rotate(0)
    const chain = decodeSuccession(keys.said)!
    assert.equal(chain.statements.length, mostStatements)
    assert.equal(chain.statements.at(-1)!.number, mostStatements + 4)
  })

  it('that is damaged is never made anew: hosts would follow no other one', () => {
    for (const damage of ['', '{"format":"fairlead-hub-key/2"}\n', 'x']) {
      const dir = folder()
      openHubKeys(dir).rotate(0)
      const text = readFileSync(keyFile(dir), 'utf8')
      writeFileSync(keyFile(dir), damage === 'x' ? text.slice(0, 300) : damage + text.slice(text.indexOf('\n') + 1))
      if (damage !== '') assert.throws(() => openHubKeys(dir), { code: 'invalid_input', message: /put it back from a backup/ })
    }
  })

  it('that was lost is followed by one that the owner’s key names, of this hub alone', () => {
    const [dir, elsewhere] = [folder(), folder()]
    const keys = openHubKeys(dir)
    const first = keys.current.identity.publicKey
    const text = keys.makeOwner({ replace: false })
    assert.throws(() => keys.makeOwner({ replace: false }), { code: 'conflict' })
    const { owner } = openHubKeys(dir).current
    const others = openHubKeys(elsewhere).makeOwner({ replace: false })
    assert.throws(() => adoptHubKey(dir, others), { code: 'invalid_input', message: /of another hub/ })
    // The folder is gone, and a hub that was started since drew a key that nobody knows.
    rmSync(keyFile(dir))
    openHubKeys(dir)
    const adopted = adoptHubKey(dir, text, 1000)
    assert.deepEqual([adopted.number, adopted.hub, adopted.owner], [1000, first, owner])
    const now = openHubKeys(dir)
    const pinned = { key: first, number: 1, hub: first, owner: owner! }
    assert.equal(followKeys(suite, pinned, decodeSuccession(now.said)!, now.current.identity.publicKey).number, 1000)
    // Once more, by a clock that was set back.
    assert.equal(adoptHubKey(dir, text, 1).number, 1001)
  })

  // Whoever stole the first key held the hub for ever by an epoch that no other is beyond.
  it('that was stolen says nothing of epochs once the owner put another in its place [security 38]', async () => {
    const test = await openTestDatabase()
    const dir = folder()
    try {
      const keys = openHubKeys(dir)
      const stolen = makeEpoch(suite, keys.current.identity, 999_999_999_999_999)
      adoptHubKey(dir, keys.makeOwner({ replace: false }))
      const epochs = await openEpochs(test.db, openHubKeys(dir), () => undefined)
      assert.equal(epochs.judge(stolen, { id: crypto.randomUUID() }), 'ok')
      assert.equal(epochs.hold, undefined)
      epochs.close()
    } finally {
      await test.close()
    }
  })

  it('signs anew, as a later one, by what hosts tell hubs that were restored', async () => {
    const test = await openTestDatabase()
    const keys = openHubKeys(folder())
    const log = () => undefined
    try {
      await test.db.owner((sql) => sql`UPDATE hub_epoch SET hold = 'restored'`)
      await test.db.owner((sql) => sql.begin((tx) => confirmEpoch(tx, keys.current.identity)))
      const epochs = await openEpochs(test.db, keys, log)
      const before = epochs.token
      const host = { id: crypto.randomUUID() }
      keys.rotate(0)
      await epochs.resign()
      assert.ok(isEpochOf(suite, keys.current.identity.publicKey, epochs.token))
      assert.ok(epochNumber(epochs.token) > epochNumber(before))
      assert.equal(epochs.judge(before, host), 'ok')
      epochs.close()
      // Killed in between: made good at the next start.
      keys.rotate(0)
      const again = await openEpochs(test.db, keys, log)
      assert.ok(isEpochOf(suite, keys.current.identity.publicKey, again.token))
      again.close()
    } finally {
      await test.close()
    }
  })
})
