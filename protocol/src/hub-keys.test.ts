import assert from 'node:assert/strict'
import * as crypto from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import {
  decodeSuccession,
  encodeSuccession,
  followKeys,
  makeStatement,
  mostStatements,
  parseOwnerKey,
  type PinnedKey,
  type Statement,
} from './hub-keys.ts'
import { nodeSuite, rawPublicKey, type Identity } from './noise/suite.ts'
import { limits } from './wire/limits.ts'

const suite = nodeSuite(crypto)
const untilMs = 1_900_000_000_000

/** As in RFC 8032: of 32 bytes that are all the same. */
function keyOf(byte: number): Identity {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, byte)])
  const privateKey = crypto.createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  return { privateKey, publicKey: rawPublicKey(crypto.createPublicKey(privateKey)) }
}

const [first, second, third, owner, stranger] = [1, 2, 3, 9, 66].map(keyOf) as [Identity, Identity, Identity, Identity, Identity]
const hub = first.publicKey
const names = (signer: Identity, key: Identity, number: number, more: Partial<Statement> = {}, of = hub) =>
  makeStatement(suite, signer, of, { by: 'hub', number, overlapUntilMs: untilMs, key: key.publicKey, ...more })
const chain = [names(first, second, 2), names(second, third, 3)]
const byOwner = (key: Identity, number: number, signer = owner) => names(signer, key, number, { by: 'owner', overlapUntilMs: 0 })
const follow = (pinned: PinnedKey, statements: readonly Statement[], shown: Identity, of = hub) =>
  followKeys(suite, pinned, { hub: of, statements }, shown.publicKey)
const pinnedFirst: PinnedKey = { key: first.publicKey, number: 1, hub }

describe('a hub that goes on with another key', () => {
  it('is followed by a host that is one key behind, and by one that is many [security 38]', () => {
    assert.deepEqual(follow({ key: second.publicKey, number: 2, hub }, chain, third), {
      key: third.publicKey,
      number: 3,
      hub,
      before: { key: second.publicKey, untilMs },
      byOwner: false,
    })
    const many = Array.from({ length: mostStatements }, (_, n) => names(keyOf(n + 1), keyOf(n + 2), n + 2))
    assert.equal(follow(pinnedFirst, many, keyOf(mostStatements + 1)).number, mostStatements + 1)
  })

  it('is followed by a host that pinned its key before keys had numbers', () => {
    assert.equal(follow({ key: first.publicKey }, chain, third).number, 3)
    assert.equal(follow({ key: second.publicKey }, chain, third).number, 3)
  })

  it('is followed on the word of the owner’s key when its own was lost, whatever numbers there were, and goes on from there', () => {
    const numbered: PinnedKey = { key: third.publicKey, number: 3, hub, owner: owner.publicKey }
    const adopted = [byOwner(second, untilMs)]
    assert.deepEqual(follow(numbered, adopted, second), { key: second.publicKey, number: untilMs, hub, before: undefined, byOwner: true })
    assert.equal(follow(numbered, [...adopted, names(second, first, untilMs + 1)], first).number, untilMs + 1)
  })

  const owned: PinnedKey = { ...pinnedFirst, owner: owner.publicKey }
  const cases: readonly (readonly [string, () => unknown, RegExp])[] = [
    ['a statement by another key', () => follow(pinnedFirst, [names(stranger, second, 2)], second), /named by another key/],
    ['a statement by a key that came later', () => follow(pinnedFirst, [names(second, second, 2)], second), /named by another key/],
    [
      'one made for another hub, passed off as this one’s',
      () => follow(pinnedFirst, [names(first, second, 2, {}, stranger.publicKey)], second),
      /named by another key/,
    ],
    [
      'the word of another hub',
      () => follow(pinnedFirst, [names(first, second, 2, {}, stranger.publicKey)], second, stranger.publicKey),
      /for another hub/,
    ],
    ['a lower number', () => follow({ key: third.publicKey, number: 3, hub }, [names(third, second, 2)], second), /do not lead from key 3/],
    [
      'the same number once more',
      () => follow({ key: third.publicKey, number: 3, hub }, [names(second, stranger, 3)], stranger),
      /do not lead/,
    ],
    [
      'a replay of what it followed',
      () => follow({ key: third.publicKey, number: 3, hub }, chain.slice(0, 1), second),
      /do not lead from key 3/,
    ],
    ['a gap', () => follow(pinnedFirst, chain.slice(1), third), /leaves out what follows key 1/],
    ['statements in another order', () => follow(pinnedFirst, chain.toReversed(), third), /leaves out/],
    ['a chain that leads to another key than the one proved', () => follow(pinnedFirst, chain, stranger), /do not lead/],
    ['no statement at all', () => follow(pinnedFirst, [], stranger), /do not lead/],
    [
      'another number than was signed',
      () => follow(pinnedFirst, [{ ...names(first, second, 7), number: 2 }], second),
      /named by another key/,
    ],
    [
      'a longer overlap than was signed',
      () => follow(pinnedFirst, [{ ...chain[0]!, overlapUntilMs: untilMs + 1 }], second),
      /named by another/,
    ],
    ['a hub key that speaks as the owner', () => follow(owned, [byOwner(second, untilMs, first)], second), /named by another key/],
    ['the owner’s word as a hub key’s', () => follow(owned, [{ ...byOwner(second, 2), by: 'hub' }], second), /named by another key/],
    ['an owner’s key that it never pinned', () => follow(pinnedFirst, [byOwner(second, untilMs)], second), /this host pinned none/],
    ['an earlier word of the owner', () => follow({ ...owned, number: untilMs }, [byOwner(second, untilMs - 1)], second), /do not lead/],
    [
      'a chain that does not know the key of a host without a number',
      () => follow({ key: stranger.publicKey }, chain, third),
      /does not know/,
    ],
  ]
  for (const [what, tried, why] of cases)
    it(`is refused ${what} [security 38]`, () => assert.throws(tried as () => void, { code: 'unauthenticated', message: why }))

  it('says so in a message of the handshake, and what is no such thing is nothing', () => {
    const most = Array.from({ length: mostStatements }, (_, n) => names(first, second, n + 2))
    const bytes = encodeSuccession({ hub, statements: most })
    assert.deepEqual(decodeSuccession(bytes), { hub, statements: most })
    // The key, the proof, the binding, what Noise adds.
    assert.ok(bytes.length + 32 + 64 + 32 + 96 <= limits.handshake.bytes, String(bytes.length))
    const whole = encodeSuccession({ hub, statements: chain })
    for (let end = 0; end < whole.length; end++) assert.equal(decodeSuccession(whole.subarray(0, end)), undefined)
    assert.equal(decodeSuccession(new Uint8Array([...whole, 0])), undefined)
    assert.equal(decodeSuccession(whole.with(0, 2)), undefined)
    assert.equal(decodeSuccession(whole.with(34, 2)), undefined)
    assert.equal(decodeSuccession(whole.with(35, 255)), undefined)
  })

  it('is read and written as the vectors say', () => {
    const vectors = JSON.parse(readFileSync(new URL('../test/vectors/hub-keys.json', import.meta.url), 'utf8')) as {
      readonly seeds: readonly number[]
      readonly owner: number
      readonly hex: string
      readonly followed: { readonly number: number; readonly key: string }
    }
    const statements = [...chain, byOwner(keyOf(4), untilMs), names(keyOf(4), keyOf(5), untilMs + 1)]
    assert.equal(Buffer.from(encodeSuccession({ hub, statements })).toString('hex'), vectors.hex)
    const read = decodeSuccession(Buffer.from(vectors.hex, 'hex'))!
    const end = followKeys(suite, { ...pinnedFirst, owner: owner.publicKey }, read, Buffer.from(vectors.followed.key, 'hex'))
    assert.equal(end.number, vectors.followed.number)
  })

  it('takes an owner’s key however its lines were broken, and repeats none', () => {
    const text = `flo1.${'A'.repeat(43)}.${'B'.repeat(43)}`
    assert.deepEqual(parseOwnerKey(` ${text.slice(0, 20)}\n${text.slice(20)}\n`), parseOwnerKey(text))
    assert.throws(
      () => parseOwnerKey(`${text}x`),
      (error: Error) => /is no owner’s key/.test(error.message) && !error.message.includes('BBB'),
    )
  })
})
