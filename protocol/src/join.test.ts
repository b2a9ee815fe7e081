import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FairleadError } from './errors.ts'
import { formatJoin, keyWords, parseJoin } from './join.ts'

describe('the words of a key', () => {
  it('are six, one of 64 for every byte there is', () => {
    const seen = new Set<string>()
    for (let byte = 0; byte < 256; byte++) {
      const words = keyWords(new Uint8Array(32).fill(byte))
      assert.equal(words.length, 6)
      for (const word of words) {
        assert.match(word, /^[a-z]+$/)
        seen.add(word)
      }
    }
    assert.equal(seen.size, 64)
  })
})

describe('a join string', () => {
  const join = {
    tokenId: 'abcdefghijkl',
    secret: new Uint8Array(32).fill(7),
    hubKey: new Uint8Array(32).fill(9),
    address: 'https://hub.example:8443',
  }

  it('says what was put in', () => assert.deepEqual(parseJoin(formatJoin(join)), join))

  it('is refused with what is wrong when a piece is missing, cut or changed, and never repeats the secret', () => {
    const text = formatJoin(join)
    const [head, ...parts] = text.split('.')
    const secret = parts[1]!
    for (const wrong of [
      '',
      'x',
      text.slice(0, -3),
      `${head}`,
      text.replace('flj1', 'flj9'),
      `${text}.more`,
      text.replace(secret, secret.slice(1)),
      `${text} `.repeat(100),
    ])
      assert.throws(
        () => parseJoin(wrong),
        (error: FairleadError) => error.code === 'invalid_input' && !error.message.includes(secret),
        wrong.slice(0, 20),
      )
  })
})
