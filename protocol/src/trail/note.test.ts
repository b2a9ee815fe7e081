import assert from 'node:assert/strict'
import * as crypto from 'node:crypto'
import { describe, it } from 'node:test'
import { nodeSuite, rawPublicKey } from '../noise/suite.ts'
import { keyText, noteOf, openNote, parseKey, parseNote, textOf } from './note.ts'

const suite = nodeSuite(crypto)
const tools = { digest: suite.hash, verify: suite.verify }
const pair = crypto.generateKeyPairSync('ed25519')
const key = { origin: `fairlead/${'a1'.repeat(8)}/${crypto.randomUUID()}`, publicKey: rawPublicKey(pair.publicKey) }
const checkpoint = { origin: key.origin, size: 1234, root: crypto.randomBytes(32), head: crypto.randomBytes(32) }
const sign = (of: typeof checkpoint) => crypto.sign(null, Buffer.from(textOf(of)), pair.privateKey)
const note = noteOf(suite.hash, checkpoint, key.publicKey, sign(checkpoint))

describe('a signed checkpoint', () => {
  it('says whose trail, how many rows, its root and its last hash, and opens with its key alone', () => {
    const opened = openNote(tools, note, key)!
    assert.deepEqual([opened.origin, opened.size], [key.origin, 1234])
    assert.deepEqual([Buffer.from(opened.root), Buffer.from(opened.head)], [checkpoint.root, checkpoint.head])
    const other = rawPublicKey(crypto.generateKeyPairSync('ed25519').publicKey)
    assert.equal(openNote(tools, note, { ...key, publicKey: other }), undefined)
    assert.equal(openNote(tools, note, { ...key, origin: key.origin.replace('a1', 'b2') }), undefined)
  })

  it('is refused with any character changed', () => {
    for (let at = 0; at < note.length; at++) {
      const forged = `${note.slice(0, at)}${note[at] === '1' ? '2' : '1'}${note.slice(at + 1)}`
      assert.equal(openNote(tools, forged, key), undefined, `at ${at}`)
    }
    for (const forged of ['', note.slice(1), `${note}\n`, note.replace('1234', '01234'), note.replace('\n', '\r\n'), note.repeat(4)])
      assert.equal(parseNote(forged), undefined)
  })

  it('has a key that is written as text, with its own check', () => {
    const text = keyText(suite.hash, key)
    assert.deepEqual(parseKey(suite.hash, text), key)
    assert.equal(parseKey(suite.hash, text.replace('fairlead/a1', 'fairlead/b1')), undefined)
    assert.equal(parseKey(suite.hash, text.slice(1)), undefined)
  })
})
