import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { batched } from './batched.ts'

describe('questions that are asked together', () => {
  it('asks for one at once, and for all that come meanwhile together, each with its own answer', async () => {
    const asked: (readonly number[])[] = []
    const double = batched(
      async (keys: readonly number[]) => {
        asked.push(keys)
        await new Promise((resolve) => setImmediate(resolve))
        return keys.map((key) => key * 2)
      },
      { everyMs: 0, most: 3 },
    )
    const answers = await Promise.all([1, 2, 3, 4, 5].map(double))
    assert.deepEqual(answers, [2, 4, 6, 8, 10])
    assert.deepEqual(asked, [[1], [2, 3, 4], [5]])
    assert.equal(await double(6), 12)
  })

  it('fails the calls of a question that fails, and goes on with those behind it', async () => {
    const pick = batched(
      async (keys: readonly string[]) => {
        await new Promise((resolve) => setImmediate(resolve))
        if (keys.includes('bad')) throw new Error('away')
        return keys
      },
      { everyMs: 0, most: 2 },
    )
    const results = await Promise.allSettled(['a', 'b', 'bad', 'c'].map(pick))
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
    )
  })

  // Without it the questions of a fleet that came over some seconds were asked one by one, each as soon as the one before was answered.
  it('asks no more often than it may, however fast the answers are', async () => {
    const asked: number[] = []
    const count = batched(
      async (keys: readonly number[]) => {
        asked.push(keys.length)
        return keys
      },
      { everyMs: 300 },
    )
    await count(0)
    const rest: Promise<number>[] = []
    for (let n = 1; n <= 5; n++) {
      rest.push(count(n))
      await new Promise((resolve) => setImmediate(resolve))
    }
    assert.deepEqual(await Promise.all(rest), [1, 2, 3, 4, 5])
    assert.deepEqual(asked, [1, 5])
  })
})
