import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fakeClock } from './clock.ts'
import { encodeData } from './codec.ts'
import { limits } from './limits.ts'
import { typedPeer } from './test-peer.ts'

describe('a link', () => {
  it('beats when nothing was sent for a heartbeat and a little more [limit heartbeatMs]', async () => {
    const { clock, say, heardOf } = typedPeer()
    await clock.advance(0)
    const before = heardOf(19).length
    for (let second = 1; second <= 60; second++) {
      await clock.advance(1000)
      // The peer lives: it sends something that asks for no answer.
      await say([0x40])
      if (second === 15) assert.equal(heardOf(19).length, before)
    }
    assert.equal(heardOf(19).length - before, 3)
  })

  it('needs no beat but the acknowledgement of what comes now and then', async () => {
    const { clock, say, heardOf, opened, ends } = typedPeer()
    await say([1, 1, 'a.b', {}, {}])
    opened[0]!.head({ mode: 'items' })
    await clock.advance(0)
    const before = heardOf(19).length
    for (let sample = 1; sample <= 20; sample++) {
      await clock.advance(10_000)
      await say(encodeData(1, new Uint8Array(40)))
    }
    // One every 15.75 to 18 s.
    const acks = heardOf(21).length
    assert.ok(acks >= 11 && acks <= 12, `${acks}`)
    assert.equal(heardOf(19).length, before)
    assert.equal(ends.length, 0)
  })

  it('that comes and goes leaves no timer behind: one turns for all links of a process, and only when something is due', async () => {
    const inner = fakeClock()
    const waiting = new Set<object>()
    let woken = 0
    const after = (delayMs: number, run: () => void) => {
      if (delayMs < 1000) return inner.after(delayMs, run)
      const timer = {}
      waiting.add(timer)
      const cancel = inner.after(delayMs, () => {
        waiting.delete(timer)
        woken++
        run()
      })
      return () => {
        waiting.delete(timer)
        cancel()
      }
    }
    const clock = { ...inner, after }
    for (let i = 0; i < 50; i++) typedPeer({ clock }).session.close(1000, 'again')
    const { say } = typedPeer({ clock })
    assert.equal(waiting.size, 1)
    for (let second = 1; second <= 60; second++) {
      await inner.advance(1000)
      await say([0x40])
    }
    assert.equal(waiting.size, 1)
    assert.ok(woken >= 3 && woken <= 10, `${woken}`)
  })

  it('is looked at when its own heartbeat is due, though another link lets the process sleep longer', async () => {
    const clock = fakeClock()
    typedPeer({ clock, heartbeatMs: 60_000 })
    const { ends } = typedPeer({ clock, heartbeatMs: 4000 })
    await clock.advance(9000)
    assert.equal(ends.length, 0)
    await clock.advance(4000)
    assert.equal(ends[0]?.code, 1006)
  })

  it('ends after 40 seconds of silence, not earlier [limit deadMs] [security 24 159]', async () => {
    const { clock, ends } = typedPeer()
    await clock.advance(limits.deadMs - 1000)
    assert.equal(ends.length, 0)
    await clock.advance(2000)
    assert.equal(ends[0]?.code, 1006)
  })

  it('is asked before it is given up, and lives on if it answers in time [limit doubtMs]', async () => {
    const { clock, session, ends, heardOf, say } = typedPeer()
    await clock.advance(limits.deadMs - limits.doubtMs - 500)
    // It beats no more for a while.
    void session.ping()
    await clock.advance(0)
    const before = heardOf(19).length
    await clock.advance(1000)
    const asked = heardOf(19).slice(before)
    assert.equal(asked.length, 1)
    await clock.advance(limits.doubtMs - 1000)
    await say([20, asked[0]![1]])
    await clock.advance(limits.deadMs - 1000)
    assert.equal(ends.length, 0)
    await clock.advance(2000)
    assert.equal(ends[0]?.code, 1006)
  })

  it('is asked again when this process stalled while it waited for the answer', async () => {
    const inner = fakeClock()
    let stalledMs = 0
    const clock = { ...inner, now: () => inner.now() + stalledMs }
    const { ends, heardOf, say } = typedPeer({ clock })
    await inner.advance(limits.deadMs - limits.doubtMs + 200)
    stalledMs += 30_000
    await inner.advance(limits.doubtMs)
    assert.equal(ends.length, 0)
    await say([20, heardOf(19).at(-1)![1]])
    await inner.advance(limits.deadMs - 1000)
    assert.equal(ends.length, 0)
  })

  it('is looked at, whatever the end of another one throws', async () => {
    const thrown: unknown[] = []
    const before = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.on('uncaughtException', (error) => void thrown.push(error))
    try {
      const clock = fakeClock()
      const onClose = () => {
        throw new Error('of no use')
      }
      for (const heartbeatMs of [1000, 1000]) typedPeer({ clock, heartbeatMs, onClose })
      const { ends } = typedPeer({ clock, heartbeatMs: 2000 })
      await clock.advance(10_000)
      await new Promise((resolve) => setImmediate(resolve))
      assert.equal(ends[0]?.code, 1006)
      assert.equal(thrown.length, 2)
    } finally {
      process.removeAllListeners('uncaughtException')
      for (const listener of before) process.on('uncaughtException', listener)
    }
  })

  it('ends when what was sent stays unacknowledged for as long, however much else comes [limit deadMs]', async () => {
    const { clock, ends, opened, say } = typedPeer()
    await say([1, 1, 'a.b', {}, {}])
    const hear = async (ms: number) => {
      for (let at = 0; at < ms; at += 1000) {
        await clock.advance(1000)
        await say([0x40])
      }
    }
    // A link that was silent for long has as long.
    await hear(100_000)
    void opened[0]!.write(new Uint8Array(10))
    await hear(20_000)
    await say([21, 0])
    await hear(limits.deadMs - 22_000)
    assert.equal(ends.length, 0)
    await hear(4000)
    assert.equal(ends[0]?.code, 1006)
  })

  it('is not dead because this process stalled, nor because the wall clock jumped [security 24]', async () => {
    const inner = fakeClock()
    let stalledMs = 0
    // Time that passed while nothing ran: timers are late by it, and so is everything that came.
    const clock = { ...inner, now: () => inner.now() + stalledMs }
    const { ends, say } = typedPeer({ clock })
    await inner.advance(5000)
    const wall = Date.now
    Date.now = () => wall() + 86_400_000
    try {
      stalledMs += 60_000
      await inner.advance(14_000)
      assert.equal(ends.length, 0)
      await say([0x40])
      await inner.advance(limits.deadMs - 1000)
      assert.equal(ends.length, 0)
      await inner.advance(2000)
      assert.equal(ends[0]?.code, 1006)
    } finally {
      Date.now = wall
    }
  })
})
