import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isOpen, isZone, nextChange } from './window.ts'

const at = (text: string) => Date.parse(text)
const told = (ms: number | undefined) => (ms === undefined ? 'never' : new Date(ms).toISOString().slice(0, 16))
const all = [1, 2, 3, 4, 5, 6, 7]
const window = (from: string, to: string, days: readonly number[] = all, zone = 'UTC') => {
  const minutes = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3))
  return { days: [...days], fromMinute: minutes(from), toMinute: minutes(to), zone }
}

describe('the windows of an environment', () => {
  it('are open by the wall clock of their place, on the days on which they begin', () => {
    // 2026-01-05 is a Monday.
    const table: [ReturnType<typeof window>, string, boolean][] = [
      [window('01:00', '05:00'), '2026-01-05T00:59Z', false],
      [window('01:00', '05:00'), '2026-01-05T01:00Z', true],
      [window('01:00', '05:00'), '2026-01-05T05:00Z', false],
      [window('01:00', '05:00', [1]), '2026-01-06T02:00Z', false],
      // Over midnight: it belongs to the evening on which it began.
      [window('22:00', '02:00', [1]), '2026-01-05T23:00Z', true],
      [window('22:00', '02:00', [1]), '2026-01-06T01:59Z', true],
      [window('22:00', '02:00', [1]), '2026-01-06T23:00Z', false],
      [window('22:00', '02:00', [7]), '2026-01-05T01:00Z', true],
      [window('01:00', '05:00', all, 'Asia/Kolkata'), '2026-01-04T19:30Z', true],
      [window('01:00', '05:00', all, 'Asia/Kolkata'), '2026-01-04T19:29Z', false],
      [window('01:00', '05:00', [1], 'America/Los_Angeles'), '2026-01-05T09:00Z', true],
      [window('01:00', '05:00', [1], 'America/Los_Angeles'), '2026-01-05T01:00Z', false],
      // From and to alike: a whole day from then on.
      [window('12:00', '12:00', [1]), '2026-01-05T11:59Z', false],
      [window('12:00', '12:00', [1]), '2026-01-06T11:59Z', true],
      [window('12:00', '12:00', [1]), '2026-01-06T12:00Z', false],
    ]
    for (const [one, time, open] of table) assert.equal(isOpen(one, at(time)), open, `${JSON.stringify(one)} ${time}`)
  })

  it('open and close next when their place’s clocks say so, also where those jump', () => {
    const berlin = 'Europe/Berlin'
    const table: [ReturnType<typeof window>, string, string][] = [
      [window('01:00', '05:00'), '2026-01-05T00:00Z', '2026-01-05T01:00'],
      [window('01:00', '05:00'), '2026-01-05T02:13Z', '2026-01-05T05:00'],
      [window('01:00', '05:00', [3]), '2026-01-05T02:13Z', '2026-01-07T01:00'],
      [window('01:00', '01:01', [1]), '2026-01-05T02:00Z', '2026-01-12T01:00'],
      // Summer time begins on 2026-03-29 at 02:00 there: the hour from two to three is not.
      [window('02:00', '03:00', all, berlin), '2026-03-28T12:00Z', '2026-03-30T00:00'],
      [window('01:30', '02:30', all, berlin), '2026-03-29T00:40Z', '2026-03-29T01:00'],
      [window('03:00', '05:00', all, berlin), '2026-03-28T12:00Z', '2026-03-29T01:00'],
      // It ends on 2026-10-25 at 03:00: the hour from two to three comes twice.
      [window('02:00', '03:00', all, berlin), '2026-10-24T23:30Z', '2026-10-25T00:00'],
      [window('02:00', '03:00', all, berlin), '2026-10-25T00:10Z', '2026-10-25T02:00'],
      [window('00:00', '00:00'), '2026-01-05T02:00Z', 'never'],
    ]
    for (const [one, time, next] of table) assert.equal(told(nextChange(one, at(time))), next, `${JSON.stringify(one)} ${time}`)
  })

  // A wave asks for each of its hosts: a minute a week, set by one who may, held up everybody on a hub.
  it('are looked for once, however many ask, and anew once that time is over or the clock was set back', (context) => {
    const one = window('01:00', '01:01', [1])
    const asked = context.mock.method(Intl.DateTimeFormat.prototype, 'formatToParts')
    assert.equal(told(nextChange(one, at('2026-01-05T02:00Z'))), '2026-01-12T01:00')
    const first = asked.mock.callCount()
    for (let minute = 0; minute < 59; minute++) nextChange({ ...one }, at(`2026-01-10T02:${String(minute).padStart(2, '0')}Z`))
    assert.equal(asked.mock.callCount(), first)
    const table: [string, string][] = [
      ['2026-01-12T00:59Z', '2026-01-12T01:00'],
      ['2026-01-12T01:00Z', '2026-01-12T01:01'],
      ['2026-01-12T01:01Z', '2026-01-19T01:00'],
      ['2026-01-02T00:00Z', '2026-01-05T01:00'],
    ]
    for (const [time, next] of table) assert.equal(told(nextChange(one, at(time))), next, time)
  })

  it('name a time zone that is known', () => {
    assert.deepEqual(['UTC', 'Europe/Berlin', 'Mars/Olympus', ''].map(isZone), [true, true, false, false])
  })
})
