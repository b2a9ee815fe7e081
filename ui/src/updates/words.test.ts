import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dayWords, minuteOf, minuteText } from '../kit/hours.ts'
import { elseWords, hostWords, placeWords, whyWords, windowWords } from './words.ts'

describe('what is said of updates', () => {
  it('has the days from Monday, and times of a day both ways', () => {
    assert.deepEqual(
      [1, 7].map((day) => dayWords(day, 'long')),
      ['Monday', 'Sunday'],
    )
    for (const text of ['00:00', '01:05', '23:59']) assert.equal(minuteText(minuteOf(text)!), text)
    for (const text of ['', '24:00', '1:60', '12', 'ab:cd']) assert.equal(minuteOf(text), undefined, text)
  })

  it('names where a wave goes, and when it may', () => {
    const where = { host: null, environment: null, tag: '' }
    assert.equal(placeWords(where), 'whole organization')
    assert.equal(placeWords({ ...where, environment: { id: 'e', name: 'shop' }, tag: 'edge' }), 'shop, tag edge')
    assert.equal(placeWords({ ...where, host: { id: 'h', name: 'web-1' } }), 'web-1')
    assert.equal(windowWords(null), 'at any time')
    assert.equal(
      windowWords({ days: [6, 7], fromMinute: 60, toMinute: 300, zone: 'Europe/Berlin' }),
      'Sat Sun, 01:00 to 05:00, Europe/Berlin',
    )
    const week = [1, 2, 3, 4, 5, 6, 7]
    assert.equal(windowWords({ days: week, fromMinute: 60, toMinute: 300, zone: 'UTC' }), 'every day, 01:00 to 05:00, UTC')
    assert.equal(windowWords({ days: [6], fromMinute: 60, toMinute: 60, zone: 'UTC' }), 'Sat, whole days from 01:00, UTC')
    assert.deepEqual([hostWords('done'), hostWords('waiting', 9)], ['took it', 'wait'])
    assert.equal(whyWords('1 of 9 in stage 2'), '1 of 9 in stage 2')
    assert.equal(whyWords('of a later hub'), 'of a later hub')
  })

  it('names what runs on a host that took a release, where it is another one now', () => {
    const wave = { version: '0.2.0' }
    assert.equal(elseWords({ state: 'done', runs: '0.1.0' }, wave), 'and runs 0.1.0 now')
    for (const [state, runs] of [
      ['done', '0.2.0'],
      ['done', ''],
      ['failed', '0.1.0'],
    ] as const)
      assert.equal(elseWords({ state, runs }, wave), '')
  })
})
