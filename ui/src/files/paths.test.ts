import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { below, contentUrl, crumbsOf, modeOf, nameWords, textOf } from './paths.ts'

describe('a path in the console', () => {
  it('leads back to each folder above, up to that of the policy', () => {
    assert.deepEqual(crumbsOf('/srv/data', '/srv/data/a/b'), [
      { name: '/srv/data', path: '/srv/data' },
      { name: 'a', path: '/srv/data/a' },
      { name: 'b', path: '/srv/data/a/b' },
    ])
    assert.deepEqual(crumbsOf('/', '/a').at(-1), { name: 'a', path: '/a' })
    assert.deepEqual(crumbsOf('/srv', '/srv').length, 1)
    assert.equal(below('/', 'x'), '/x')
  })

  it('shows what hides in a name, a line’s end too [security 89]', () => {
    assert.equal(nameWords('a\nb\tc\u202Ed'), 'a‹U+000A›b‹U+0009›c‹U+202E›d')
  })

  it('leads to no other place, whatever a file is called', () => {
    assert.equal(contentUrl('h/1', '/a b?&#\n'), '/api/v1/hosts/h%2F1/files/content?path=%2Fa%20b%3F%26%23%0A')
  })
})

describe('what a file is', () => {
  for (const [kind, mode, text] of [
    ['file', 0o644, '-rw-r--r--'],
    ['folder', 0o1777, 'drwxrwxrwt'],
    ['file', 0o4755, '-rwsr-xr-x'],
    ['file', 0o2644, '-rw-r-Sr--'],
    ['link', 0o777, 'lrwxrwxrwx'],
    ['pipe', 0, 'p---------'],
  ] as const)
    it(`is written as ${text}`, () => assert.equal(modeOf({ kind, mode }), text))

  it('is text unless a zero is in it; what ends in the middle of a letter ends before it', () => {
    const bytes = Buffer.from('é€')
    assert.equal(textOf([bytes.subarray(0, 1), bytes.subarray(1, 4)]), 'é')
    assert.equal(textOf([bytes]), 'é€')
    assert.equal(textOf([Buffer.of(65, 0, 66)]), undefined)
    assert.equal(textOf([]), '')
  })
})
