import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { HostEvent } from '@fairlead/protocol/features/events.ts'
import { engineTime, openHeard } from './heard.ts'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync('/var/tmp/fairlead-heard-')
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const event = (timeMs: number, id = 'c', type = 'container'): HostEvent => ({ timeMs, type, action: 'start', id, name: '', facts: {} })

describe('how far an engine was heard', () => {
  it('is nowhere at first, and then at its last event, of which none is heard twice', () => {
    const heard = openHeard(dir, [])
    assert.equal(heard.lastMs, undefined)
    assert.ok(heard.hear(event(1000)))
    assert.ok(heard.hear(event(1000, 'd')))
    assert.ok(heard.hear(event(999.5)))
    assert.equal(heard.hear(event(1000)), false)
    assert.equal(heard.hear(event(999.5)), false)
  })

  it('is known over starts, by what is kept and by what was written when it was left', () => {
    const before = openHeard(dir, [], () => 5000)
    before.hear(event(1000))
    before.pass(2000)
    before.leave()
    const heard = openHeard(dir, [event(1000), event(4000, '', 'engine')])
    assert.equal(heard.lastMs, 2000)
    assert.equal(heard.untilMs, 5000)
    assert.equal(heard.hear(event(1000)), false)
    assert.ok(heard.hear(event(2001)))
  })

  it('goes to the disk once a minute while only what is not kept is heard', () => {
    let nowMs = 100_000
    const heard = openHeard(dir, [], () => nowMs)
    const onDisk = () => openHeard(dir, []).lastMs
    heard.pass(1000)
    assert.equal(onDisk(), 1000)
    nowMs += 59_000
    heard.pass(2000)
    assert.equal(onDisk(), 1000)
    nowMs += 1000
    heard.pass(3000)
    assert.equal(onDisk(), 3000)
  })

  it('costs no memory for what is long over', () => {
    const heard = openHeard(dir, [])
    for (let n = 0; n < 10_000; n++) heard.hear(event(n, `${n}`))
    assert.equal(heard.hear(event(9999, '9999')), false)
    for (let n = 0; n < 10_000; n++) heard.hear(event(20_000, `${n}`))
    // Of so many at once the oldest are forgotten.
    assert.ok(heard.hear(event(20_000, '1')))
    assert.equal(heard.hear(event(20_000, '9999')), false)
  })

  it('is said to the engine in seconds, with nine digits of a fraction', () => {
    assert.equal(engineTime(1_800_000_000_005.7), '1800000000.005000000')
    assert.equal(engineTime(-1), '0.000000000')
  })
})
