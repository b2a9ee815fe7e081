import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { chooseVersion, Hello, protocolVersion, Welcome } from './hello.ts'
import { encodeValue } from './wire/codec.ts'
import { limits } from './wire/limits.ts'

const hello = {
  v: [1, 1],
  agent: '1.0.0',
  hostname: 'web-1',
  bootId: 'b'.repeat(32),
  os: 'Linux 6.1',
  arch: 'x64',
  features: ['containers'],
  clockMs: 1,
}

describe('the version', () => {
  it('is the highest that both ends speak, and none where there is none', () => {
    assert.equal(chooseVersion([1, protocolVersion]), protocolVersion)
    assert.equal(chooseVersion([1, protocolVersion + 5]), protocolVersion)
    assert.equal(chooseVersion([protocolVersion + 1, protocolVersion + 5]), undefined)
    assert.equal(chooseVersion([-3, 0]), undefined)
    assert.equal(chooseVersion([protocolVersion + 1, protocolVersion]), undefined)
  })

  // Of a hub three versions on: the last two before its own are still spoken, the third is not.
  it('may be two behind, and no more [security 146]', () => {
    const own = 7
    assert.equal(chooseVersion([1, 7], own), 7)
    assert.equal(chooseVersion([6, 6], own), 6)
    assert.equal(chooseVersion([1, 5], own), 5)
    assert.equal(chooseVersion([1, 4], own), undefined)
    assert.equal(chooseVersion([4, 5], own), 5)
    assert.equal(chooseVersion([8, 9], own), undefined)
    for (const first of [1, 2]) assert.equal(chooseVersion([0, 0], first), undefined)
  })
})

describe('HELLO', () => {
  it('takes what it knows, ignores what it does not, and refuses fields that are wrong or too long [security 18]', () => {
    assert.deepEqual(Hello.parse({ ...hello, later: 1 }), hello)
    for (const wrong of [
      { v: [1] },
      { v: ['1', 1] },
      { bootId: 5 },
      { hostname: 'x'.repeat(129) },
      { features: Array(65).fill('x') },
      { clockMs: 'now' },
    ])
      assert.equal(Hello.safeParse({ ...hello, ...wrong }).success, false, JSON.stringify(wrong).slice(0, 40))
  })

  it('fits the handshake with everything at its longest', () => {
    const long = 'x'.repeat(128)
    const most = {
      ...hello,
      agent: long,
      hostname: long,
      bootId: long,
      os: long,
      arch: long,
      features: Array(16).fill('containers'),
      join: { tokenId: long, secret: long },
    }
    Hello.parse(most)
    assert.ok(encodeValue(most).length < limits.handshake.bytes - 300)
  })
})

describe('WELCOME', () => {
  it('refuses times that are no whole numbers [security 18]', () => {
    const welcome = { v: 1, host: 'h', organization: 'o', heartbeatMs: 10_000, resumeForMs: 60_000, smearMs: 5000, nowMs: 1.5 }
    assert.deepEqual(Welcome.parse({ ...welcome, later: 1 }), welcome)
    for (const wrong of [{ heartbeatMs: 'soon' }, { smearMs: 1.5 }, { host: undefined }])
      assert.equal(Welcome.safeParse({ ...welcome, ...wrong }).success, false)
  })
})
