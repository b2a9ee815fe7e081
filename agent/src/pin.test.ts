import assert from 'node:assert/strict'
import * as crypto from 'node:crypto'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { encodeSuccession, makeStatement, type Statement } from '@fairlead/protocol/hub-keys.ts'
import { toBase64Url } from '@fairlead/protocol/join.ts'
import { initiate, respond } from '@fairlead/protocol/noise/secure.ts'
import { nodeSuite, rawPublicKey, type Identity } from '@fairlead/protocol/noise/suite.ts'
import { systemClock } from '@fairlead/protocol/wire/clock.ts'
import { pair } from '@fairlead/protocol/wire/pair.ts'
import { openPin, readPin, writePin, type Pin } from './pin.ts'
import type { Disk } from './whole.ts'

const suite = nodeSuite(crypto)
const draw = (): Identity => {
  const { privateKey, publicKey } = crypto.generateKeyPairSync('ed25519')
  return { privateKey, publicKey: rawPublicKey(publicKey) }
}
const [first, second, third, owner] = [draw(), draw(), draw(), draw()]
const hub = first.publicKey
const untilMs = 1_900_000_000_000
const names = (signer: Identity, { publicKey: key }: Identity, number: number, by: Statement['by'] = 'hub') =>
  makeStatement(suite, signer, hub, { by, number, overlapUntilMs: by === 'hub' ? untilMs : 0, key })
const chain = encodeSuccession({ hub, statements: [names(first, second, 2), names(second, third, 3)] })

describe('which hub a host belongs to', () => {
  let dir: string
  let told: unknown[]
  let nowMs: number
  const pinned: Pin = { address: 'https://hub.example:8443', hubKey: hub, host: 'host', organization: 'a', number: 1, hub, standby: [] }
  const open = (pin = readPin(dir)!, disk?: Disk) =>
    openPin(dir, pin, {
      onFollowed: (number) => void told.push(number),
      onProblem: (error) => void told.push((error as Error).message),
      now: () => nowMs,
      ...(disk && { disk }),
    })
  beforeEach(() => {
    dir = fs.mkdtempSync(join(tmpdir(), 'fairlead-pin-'))
    writePin(dir, pinned)
    told = []
    nowMs = untilMs - 1
  })
  afterEach(() => fs.rmSync(dir, { recursive: true, force: true }))

  it('follows its hub over two keys at once, and has it on its disk before it says a word [security 38]', async () => {
    const pin = open()
    const { left, right } = pair()
    const answered = respond(right, { suite, clock: systemClock, identity: third, said: chain })
    let onDisk: Pin | undefined
    const agent = draw()
    const asked = initiate(left, {
      suite,
      clock: systemClock,
      identity: agent,
      hubKey: pin.current.hubKey,
      payload: Buffer.from('the secret'),
      trusts(key, said) {
        const yes = pin.trusts(key, said)
        onDisk = readPin(dir)
        return yes
      },
    })
    assert.equal(Buffer.from((await answered).payload).toString(), 'the secret')
    await asked
    assert.deepEqual([onDisk!.number, toBase64Url(onDisk!.hubKey)], [3, toBase64Url(third.publicKey)])
    assert.deepEqual(told, [3])
    // A restart, and the next handshake: as if there had never been another key.
    assert.deepEqual(open().current, pin.current)
    assert.equal(open().current.organization, 'a')
  })

  it('says nothing to whoever holds a key that the hub gave up, with every statement that there is [security 31 38]', async () => {
    open().trusts(third.publicKey, chain)
    nowMs = untilMs
    const pin = open()
    const before = fs.readFileSync(join(dir, 'hub.json'))
    for (const [stale, said, why] of [
      [first, chain, /do not lead from key 3/],
      [second, chain, /do not lead from key 3/],
      [second, new Uint8Array(0), /does not hold the key that was pinned/],
    ] as const) {
      const { left, right } = pair()
      let heard: Uint8Array | undefined
      respond(right, { suite, clock: systemClock, identity: stale, said }).then(
        ({ payload }) => (heard = payload),
        () => undefined,
      )
      const asked = initiate(left, {
        suite,
        clock: systemClock,
        identity: draw(),
        hubKey: pin.current.hubKey,
        payload: Buffer.from('the secret'),
        trusts: pin.trusts,
      })
      await assert.rejects(asked, { code: 'unauthenticated', message: why })
      left.close(4401, '')
      assert.equal(heard, undefined)
    }
    assert.ok(fs.readFileSync(join(dir, 'hub.json')).equals(before))
  })

  it('takes the key before until its time is over, and goes back to it in nothing', () => {
    const pin = open()
    pin.trusts(third.publicKey, chain)
    assert.equal(pin.trusts(second.publicKey, new Uint8Array(0)), true)
    assert.equal(pin.trusts(first.publicKey, new Uint8Array(0)), false)
    // What it says of itself over that key is not kept.
    pin.learn(
      { keys: { hub: toBase64Url(hub), number: 3, owner: toBase64Url(owner.publicKey) }, standby: ['https://b:1'] },
      second.publicKey,
    )
    assert.deepEqual([pin.current.owner, pin.current.standby, pin.current.number], [undefined, [], 3])
    nowMs = untilMs
    assert.equal(pin.trusts(second.publicKey, new Uint8Array(0)), false)
  })

  it('follows in its memory where the disk takes nothing, and says so', () => {
    const full = {
      ...fs,
      fsyncSync: () => {
        throw new Error('full')
      },
    }
    const pin = open(undefined, full)
    assert.equal(pin.trusts(third.publicKey, chain), true)
    assert.equal(pin.current.number, 3)
    assert.deepEqual(told, ['full', 3])
    assert.equal(readPin(dir)!.number, 1)
    assert.equal(open().trusts(third.publicKey, chain), true)
  })

  it('pins the owner’s key that it hears of first, and never another; by that key it follows a hub that lost its own [security 38]', () => {
    const pin = open()
    const said = (key: Identity) => ({ keys: { hub: toBase64Url(hub), number: 1, owner: toBase64Url(key.publicKey) } })
    pin.learn(said(owner), hub)
    pin.learn(said(draw()), hub)
    assert.deepEqual(readPin(dir)!.owner, new Uint8Array(owner.publicKey))
    const adopted = encodeSuccession({ hub, statements: [names(owner, second, untilMs, 'owner')] })
    assert.equal(open().trusts(second.publicKey, adopted), true)
    assert.equal(readPin(dir)!.number, untilMs)
    assert.equal(open().trusts(hub, new Uint8Array(0)), false)
  })

  it('learns the number of a key that it pinned before keys had any', () => {
    writePin(dir, { address: pinned.address, hubKey: hub, host: 'host', organization: 'a', standby: [] })
    const pin = open()
    pin.learn({ keys: { hub: toBase64Url(hub), number: 1 } }, hub)
    assert.deepEqual([readPin(dir)!.number, toBase64Url(readPin(dir)!.hub!)], [1, toBase64Url(hub)])
    assert.equal(open().trusts(third.publicKey, chain), true)
  })

  it('is never led into another organization by the hub alone [security 43]', () => {
    const pin = open()
    pin.judge({ organization: 'a' })
    assert.throws(() => pin.judge({ organization: 'b' }), { code: 'forbidden', message: /another organization.*enrol it anew/ })
    assert.equal(readPin(dir)!.organization, 'a')
  })

  it('keeps where else its hub may be, until the hub says otherwise', () => {
    const pin = open()
    pin.learn({ standby: ['https://b.example:8443', 'https://c.example'] }, hub)
    assert.deepEqual(readPin(dir)!.standby, ['https://b.example:8443', 'https://c.example'])
    pin.learn({}, hub)
    assert.deepEqual(readPin(dir)!.standby, [])
  })
})
