import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { base32, codeOf, drawRecoveryCode, plainOf, stepOf, stepOfCode, totpUri } from './codes.ts'

const secret = Buffer.from('12345678901234567890')

describe('codes of an authenticator app', () => {
  it('are those of RFC 6238, appendix B', () => {
    const vectors = [
      [59, '94287082'],
      [1_111_111_109, '07081804'],
      [1_111_111_111, '14050471'],
      [1_234_567_890, '89005924'],
      [2_000_000_000, '69279037'],
      [20_000_000_000, '65353130'],
    ] as const
    for (const [seconds, code] of vectors) assert.equal(codeOf(secret, stepOf(seconds * 1000), 8), code)
  })

  it('are those of RFC 4226, appendix D', () => {
    const codes = ['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583', '399871', '520489']
    assert.deepEqual(
      codes.map((_, step) => codeOf(secret, step)),
      codes,
    )
  })

  it('are taken one step early and one step late, and no further', () => {
    const now = 1_234_567_890_000
    const taken = [-2, -1, 0, 1, 2].map((by) => stepOfCode(secret, codeOf(secret, stepOf(now) + by), now) !== undefined)
    assert.deepEqual(taken, [false, true, true, true, false])
    for (const typed of ['', '0', '00000000', 'abcdef', '\0'.repeat(6)]) assert.equal(stepOfCode(secret, typed, now), undefined, typed)
  })

  it('are read as they are typed: in fours, with wide digits, with dashes', () => {
    assert.equal(plainOf(' 123 456 '), '123456')
    assert.equal(plainOf('１２３４５６'), '123456')
    assert.equal(plainOf('123-456'), '123456')
    assert.equal(plainOf('123 456'), '123456')
  })

  it('come from a secret that an app can read', () => {
    assert.equal(base32(Buffer.from('foobar')), 'MZXW6YTBOI')
    assert.equal(base32(secret), 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ')
    const uri = new URL(totpUri(secret, 'Harbour & Co: West', 'o+d@harbour.example'))
    assert.equal(uri.searchParams.get('issuer'), 'Harbour & Co: West')
    assert.equal(decodeURIComponent(uri.pathname.split('/').at(-1)!), 'Harbour & Co: West:o+d@harbour.example')
  })
})

describe('recovery codes', () => {
  it('are of 80 bits, and never the same', () => {
    const drawn = new Set(Array.from({ length: 1000 }, drawRecoveryCode))
    assert.equal(drawn.size, 1000)
    for (const code of drawn) assert.match(code, /^([0-9a-v]{4}-){3}[0-9a-v]{4}$/)
  })
})
