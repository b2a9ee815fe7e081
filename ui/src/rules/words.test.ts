import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { actWords, nextWords, whichWords, whyWords } from './words.ts'

describe('a rule in words', () => {
  it('says which containers it means', () => {
    assert.equal(whichWords({ stack: '', pattern: '', label: '' }), 'all containers')
    assert.equal(whichWords({ stack: 'shop', pattern: 'web-*', label: 'a=b' }), 'stack shop, called web-*, with label a=b')
  })

  it('says what was done in words, and what it does not know as the host said it', () => {
    assert.equal(whyWords({ why: '12 images, 2048 bytes' }), '12 images, 2 KiB')
    assert.equal(whyWords({ why: '1 images, 0 bytes: The engine is gone.' }), '1 image, 0 B: The engine is gone.')
    assert.equal(whyWords({ why: 'lock' }), 'the host is locked.')
    assert.equal(whyWords({ why: 'exit 3' }), 'exit 3')
    const act = { timeMs: 0, rule: 'r', from: 'host', target: 'a'.repeat(64), targetName: '', why: '' } as const
    assert.equal(actWords({ ...act, kind: 'heal', outcome: 'gave_up' }), 'aaaaaaaaaaaa given up')
    assert.equal(actWords({ ...act, kind: 'prune', outcome: 'gave_up' }), 'images could not be removed')
  })

  it('says when it comes next by the clocks of the host and by those here, where they are others', () => {
    const own = Intl.DateTimeFormat().resolvedOptions().timeZone
    const other = own === 'Asia/Tokyo' ? 'UTC' : 'Asia/Tokyo'
    assert.equal(nextWords(0, own).length, 1)
    assert.match(nextWords(0, other).join('\n'), new RegExp(`on the host \\(${other}\\)\n.* here$`))
    // A zone that this browser does not know.
    assert.equal(nextWords(0, 'Mars/Olympus').length, 1)
    assert.deepEqual(nextWords(null, own), ['never'])
  })
})
