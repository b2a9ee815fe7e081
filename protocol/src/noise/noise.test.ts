import assert from 'node:assert/strict'
import * as crypto from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { openHandshake, type Handshake } from './noise.ts'
import { nodeSuite, rawPublicKey, type AeadKey, type Keypair } from './suite.ts'

interface Vector {
  readonly source: string
  readonly prologue: string
  readonly initiatorStatic: string
  readonly initiatorEphemeral: string
  readonly responderStatic: string
  readonly responderEphemeral: string
  readonly hash?: string
  readonly messages: readonly { readonly from: 'initiator' | 'responder'; readonly payload: string; readonly bytes: string }[]
}

const suite = nodeSuite(crypto)
const file = new URL('../../test/vectors/noise.json', import.meta.url)
const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: Vector[] }
const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'))
const hex = (raw: Uint8Array) => Buffer.from(raw).toString('hex')

/** The PKCS #8 form that begins every X25519 private key. */
const pkcs8 = bytes('302e020100300506032b656e04220420')

function keypair(secret: string): Keypair {
  const privateKey = crypto.createPrivateKey({ key: Buffer.concat([pkcs8, bytes(secret)]), format: 'der', type: 'pkcs8' })
  return { privateKey, publicKey: rawPublicKey(crypto.createPublicKey(privateKey)) }
}

function ends(vector: Vector): Record<'initiator' | 'responder', Handshake> {
  const end = (initiator: boolean, own: string, ephemeral: string) =>
    openHandshake({ suite, initiator, prologue: bytes(vector.prologue), staticKey: keypair(own), ephemeral: keypair(ephemeral) })
  return {
    initiator: end(true, vector.initiatorStatic, vector.initiatorEphemeral),
    responder: end(false, vector.responderStatic, vector.responderEphemeral),
  }
}

describe('Noise_XX_25519_AESGCM_SHA256', () => {
  for (const vector of vectors) {
    it(`writes and reads the published vector of ${vector.source} byte for byte, handshake and transport [security 32]`, () => {
      const both = ends(vector)
      for (const { from, payload, bytes: wanted } of vector.messages.slice(0, 3)) {
        const written = both[from].write(bytes(payload))
        assert.equal(hex(written), wanted)
        assert.equal(hex(both[other(from)].read(written)), payload)
      }
      assert.ok(both.initiator.done && both.responder.done)
      assert.equal(hex(both.initiator.hash), hex(both.responder.hash))
      if (vector.hash !== undefined) assert.equal(hex(both.initiator.hash), vector.hash)
      const keys = { initiator: both.initiator.split(), responder: both.responder.split() }
      const counters = { initiator: 0, responder: 0 }
      for (const { from, payload, bytes: wanted } of vector.messages.slice(3)) {
        const counter = counters[from]++
        const written = keys[from].send.seal(counter, new Uint8Array(0), bytes(payload))
        assert.equal(hex(written), wanted)
        assert.equal(hex(keys[other(from)].receive.open(counter, new Uint8Array(0), written)), payload)
      }
    })
  }

  it('refuses a key of low order, and a static key that does not authenticate [security 32]', () => {
    const [vector] = vectors
    assert.throws(() => suite.dh(keypair(vector!.initiatorStatic), new Uint8Array(32)))
    const { initiator } = ends(vector!)
    initiator.write(new Uint8Array(0))
    assert.throws(() => initiator.read(bytes(vector!.messages[1]!.bytes)))
  })
})

describe('REKEY', () => {
  it('is the specification’s: the first 32 bytes of 32 zeros sealed under the highest nonce, and then an epoch in the nonce', () => {
    const raw = bytes(vectors[0]!.initiatorStatic)
    const next = gcm(raw, 'ffffffffffffffff', 0, new Uint8Array(32)).subarray(0, 32)
    const plain = bytes('00112233')
    const key: AeadKey = suite.aead(raw).next()
    assert.equal(hex(key.seal(7, new Uint8Array(0), plain)), hex(gcm(next, '0000000000000007', 1, plain)))
    assert.equal(hex(key.open(7, new Uint8Array(0), gcm(next, '0000000000000007', 1, plain))), hex(plain))
    assert.throws(() => suite.aead(raw).open(7, new Uint8Array(0), gcm(next, '0000000000000007', 1, plain)))
  })
})

function gcm(key: Uint8Array, counter: string, epoch: number, plain: Uint8Array): Buffer {
  const iv = Buffer.from(`${epoch.toString(16).padStart(8, '0')}${counter}`, 'hex')
  const cipher = crypto.createCipheriv('aes-256-gcm', key, iv)
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

function other(end: 'initiator' | 'responder'): 'initiator' | 'responder' {
  return end === 'initiator' ? 'responder' : 'initiator'
}
