import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Database } from '../base/db.ts'
import { createHostStates } from './counted.ts'

const stored = (rows: readonly { readonly host: string; readonly boot: string; readonly seq: string }[]) =>
  ({ tx: async () => rows }) as unknown as Database

describe('what the hub knows of a host that tells metrics', () => {
  it('lets it tell a day at once, and then only so much a second', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] })
    let nowMs = 0
    const state = await createHostStates(stored([]), () => nowMs).of('o', 'h')
    for (let n = 0; n < 500; n++) await state.pace(1000)
    let waits = true
    const paced = state.pace(4000).then(() => (waits = false))
    context.mock.timers.tick(1990)
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(waits, true)
    context.mock.timers.tick(20)
    await paced
    // It earns by the hub's clock, and a clock that is set back takes nothing away.
    nowMs = 3000
    await state.pace(2000)
    nowMs = 1000
    await state.pace(0)
  })

  it('counts each sample of the last 64 boots once, and knows which one came last', async () => {
    const states = createHostStates(
      stored([
        { host: 'h', boot: 'a', seq: '4' },
        { host: 'h', boot: 'b', seq: '7' },
        { host: 'other', boot: 'b', seq: '8' },
      ]),
      () => 0,
    )
    const state = await states.of('o', 'h')
    assert.deepEqual(state.last, { bootId: 'b', seq: 7 })
    assert.deepEqual(
      [4, 5, 5, 9].map((seq) => state.count({ bootId: 'a', seq })),
      [undefined, 4, undefined, 5],
    )
    assert.deepEqual(state.last, { bootId: 'a', seq: 9 })
    for (let n = 0; n < 63; n++) assert.equal(state.count({ bootId: `c${n}`, seq: 0 }), -1)
    assert.equal(state.count({ bootId: 'a', seq: 9 }), undefined)
    assert.equal(state.count({ bootId: 'b', seq: 7 }), -1)
    states.forget('h')
    assert.deepEqual((await states.of('o', 'h')).last, { bootId: 'b', seq: 7 })
  })

  it('asks the database again when it did not answer', async () => {
    let fails = true
    const db = { tx: async () => (fails ? Promise.reject(new Error('gone')) : []) } as unknown as Database
    const states = createHostStates(db, () => 0)
    await assert.rejects(states.of('o', 'h'), /gone/)
    fails = false
    assert.equal((await states.of('o', 'h')).last, undefined)
  })
})
