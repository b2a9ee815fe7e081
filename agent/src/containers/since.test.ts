import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { containerRow, readContainer } from './read.ts'
import { createSinces, readBegan } from './since.ts'

const now = Date.UTC(2026, 10, 21, 12)
const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000]

describe('since when', () => {
  it('an age is read from each of the engine’s texts, as the stretch that it stands for', () => {
    const cases: readonly (readonly [text: string, youngest: number, oldest: number])[] = [
      ['Up Less than a second', 0, second],
      ['Up 1 second', second, 2 * second],
      ['Up 59 seconds (health: starting)', 59 * second, minute],
      ['Up About a minute', minute, 2 * minute],
      ['Up 2 minutes (healthy)', 2 * minute, 3 * minute],
      ['Up About an hour (Paused)', hour, 1.5 * hour],
      ['Exited (137) 3 hours ago', 2.5 * hour, 3.5 * hour],
      ['Exited (0) 2 days ago', 2 * day - hour / 2, 3 * day + hour / 2],
      ['Restarting (1) 4 seconds ago', 4 * second, 5 * second],
      ['Up 3 weeks', 21 * day - hour / 2, 28 * day + hour / 2],
    ]
    for (const [text, youngest, oldest] of cases)
      assert.deepEqual(readBegan(text, now), { fromMs: now - oldest, untilMs: now - youngest }, text)
    for (const text of ['Created', 'Dead', 'Removal In Progress', '', 'Up a while']) assert.equal(readBegan(text, now), undefined, text)
  })

  it('a time that was read stays while the coarser texts that follow agree with it', () => {
    const sinces = createSinces()
    const started = sinces.read('a', 'Up 3 seconds', 0, now)
    assert.equal(started, now - 3 * second)
    assert.equal(sinces.read('a', 'Up 57 minutes (healthy)', 0, started + 57.5 * minute), started)
    assert.equal(sinces.read('a', 'Up 9 days (unhealthy)', 0, started + 9.4 * day), started)
    const ended = started + 10 * day
    assert.equal(sinces.read('a', 'Exited (1) Less than a second ago', 0, ended), ended)
    assert.equal(sinces.read('a', 'Up 1 second', 0, ended + minute), ended + minute - second)
  })

  it('a container that was made within the stretch was started as it was made', () => {
    const sinces = createSinces()
    assert.equal(sinces.read('a', 'Up 3 weeks', now - 24 * day, now), now - 24 * day)
    assert.equal(sinces.read('b', 'Up 3 weeks', now - 90 * day, now), now - 21 * day + hour / 2)
    assert.equal(sinces.read('c', 'Created', now - day, now), 0)
  })

  it('a row says when it began, how it ended and how well it is, and keeps no text that grows old', () => {
    const row = (State: string, Status: string) =>
      containerRow(readContainer({ Id: 'c'.repeat(64), Created: (now - 5 * day) / 1000, State, Status }, createSinces(), now))
    const up = row('running', 'Up 2 minutes (unhealthy)')
    assert.deepEqual([up.sinceMs, up.detail, up.facts['health']], [now - 2 * minute, 'Up (unhealthy)', 'unhealthy'])
    const ended = row('exited', 'Exited (3) 2 minutes ago')
    assert.deepEqual([ended.sinceMs, ended.detail, ended.facts['exitCode']], [now - 2 * minute, 'Exited (3)', 3])
    const made = row('created', 'Created')
    assert.deepEqual([made.sinceMs, made.detail], [now - 5 * day, 'Created'])
    assert.deepEqual(
      [row('paused', 'Up 3 hours (Paused)').detail, row('running', 'Up 3 hours').facts['health']],
      ['Up (Paused)', undefined],
    )
  })
})
