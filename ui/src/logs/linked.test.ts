import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FeedState } from './feed.ts'
import { createLinked } from './linked.ts'

const ref = { host: 'alpha', id: '0123456789ab' }

/** A log of one source whose lines are their own ids; `past` is what reading back would bring. */
function play(past: readonly number[] = []) {
  const times: number[] = []
  const source = { ref, index: 0, state: 'opening' as FeedState }
  const found: [timeMs: number, exact: boolean][] = []
  const asked: number[] = []
  let touched = 0
  const logs = {
    store: { time: (id: number) => id },
    rows: {
      get order() {
        return { ids: Float64Array.from(times), length: times.length }
      },
    },
    sources: [source],
    newest: () => times.at(-1),
    find(timeMs: number) {
      const at = times.findIndex((time) => time >= timeMs)
      return at < 0 ? times.length - 1 : at
    },
    async older(toMs: number) {
      asked.push(toMs)
      times.unshift(...past)
      return past.length
    },
    touch: () => void touched++,
  }
  const link = (timeMs: number, key = 'alpha/0123456789ab') =>
    createLinked(logs, timeMs, key, (row, exact) => found.push([times[row]!, exact]))
  return { times, source, found, asked, link, touched: () => touched }
}

describe('a link to a line', () => {
  it('waits for a line that is on its way: lines come in pieces, and the log is open before the first', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { times, source, found, asked, link } = play()
    const { look } = link(50)
    look()
    source.state = 'live'
    for (const time of [10, 20, 49, 50, 60]) {
      times.push(time)
      look()
    }
    assert.deepEqual(found, [[50, true]])
    assert.deepEqual(asked, [])
  })

  it('reads back for a line that is older than what came', async () => {
    const { times, source, found, asked, link } = play([40, 50])
    const { look, stop } = link(50)
    source.state = 'live'
    times.push(100)
    look()
    await Promise.resolve()
    look()
    stop()
    assert.deepEqual([asked, found], [[-950], [[50, true]]])
  })

  it('shows the nearest in time when the line is nowhere, or never comes', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { times, source, found, link, touched } = play()
    const { look } = link(50)
    source.state = 'live'
    times.push(10)
    look()
    assert.deepEqual([found, touched()], [[], 0])
    t.mock.timers.tick(3000)
    assert.equal(touched(), 1)
    look()
    await Promise.resolve()
    look()
    assert.deepEqual(found, [[10, false]])
  })

  it('waits for no source but its own', () => {
    const { times, source, found, link } = play([50])
    const { look, stop } = link(50, 'beta/ffffffffffff')
    source.state = 'live'
    times.push(10)
    look()
    look()
    stop()
    assert.equal(found.length, 1)
  })
})
