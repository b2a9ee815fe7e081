import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { addressesOf, lifeOf, lifeWords } from './told.ts'

const now = Date.UTC(2026, 10, 21)
const day = 86_400_000

describe('a token', () => {
  it('is marked two weeks before it ends, and once it has', () => {
    assert.equal(lifeOf({ expiresMs: now + 90 * day }, now), 'ok')
    assert.equal(lifeOf({ expiresMs: now + 14 * day }, now), 'ok')
    assert.equal(lifeOf({ expiresMs: now + 14 * day - 1 }, now), 'warn')
    assert.equal(lifeOf({ expiresMs: now }, now), 'off')
  })

  it('says in words how long it works', () => {
    assert.equal(lifeWords({ expiresMs: now + 90 * day }, now), 'in 90 days')
    assert.equal(lifeWords({ expiresMs: now + 3.4 * day }, now), 'soon: in 3 days')
    assert.match(lifeWords({ expiresMs: now - 2 * day }, now), /^expired 2\s?d ago$/)
  })

  it('takes addresses one a line, or with commas between them', () => {
    assert.deepEqual(addressesOf(' 203.0.113.7\n10.0.0.0/8, 2001:db8::/32 '), ['203.0.113.7', '10.0.0.0/8', '2001:db8::/32'])
    assert.deepEqual(addressesOf(''), [])
  })
})
