import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { beginOf, drawToken, readToken } from './token-form.ts'

describe('the form of a token', () => {
  it('has a prefix to be found by, its id, and a checksum that tells a mistyped one [security 102]', () => {
    const { id, token } = drawToken()
    assert.match(token, /^fl_pat_[0-9a-f]{12}_[\w-]{43}_[0-9a-f]{8}$/)
    assert.equal(readToken(token), id)
    assert.ok(token.startsWith(beginOf(id)))
    for (let i = 0; i < token.length; i++) {
      const other = token[i] === 'a' ? 'b' : 'a'
      assert.equal(readToken(token.slice(0, i) + other + token.slice(i + 1)), undefined, String(i))
    }
    for (const none of ['', 'fl_pat_', `${token} `, `x${token}`, token.slice(1), token.toUpperCase()])
      assert.equal(readToken(none), undefined)
    assert.notEqual(drawToken().token, token)
  })
})
