import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { patienceMs, waitFor } from './find.ts'

const never = new Promise<void>(() => undefined)

describe('who chooses before the hub answered', () => {
  it('waits for all that is looked for, and for a hub that says nothing no longer than a second', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] })
    let over = false
    const answer = Promise.withResolvers<void>()
    void waitFor([Promise.resolve(), answer.promise]).then(() => (over = true))
    const settle = () => new Promise((resolve) => setImmediate(resolve))
    await settle()
    assert.equal(over, false)
    answer.resolve()
    await settle()
    assert.equal(over, true)
    over = false
    void waitFor([never]).then(() => (over = true))
    context.mock.timers.tick(patienceMs - 1)
    await settle()
    assert.equal(over, false)
    context.mock.timers.tick(1)
    await settle()
    assert.equal(over, true)
  })

  it('leaves no timer behind', async (context) => {
    const cleared = context.mock.method(globalThis, 'clearTimeout')
    await waitFor([])
    assert.equal(cleared.mock.callCount(), 1)
  })
})
