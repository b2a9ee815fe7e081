import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { batched } from './batched.ts'

describe('questions that are asked together', () => {
  it('asks for one at once, and for all that come meanwhile together, each with its own answer', async () => {
    const asked: (readonly number[])[] = []
    const double = batched(async (keys: readonly number[]) => {
      asked.push(keys)
      await new Promise((resolve) => setImmediate(resolve))
      return keys.map((key) => key * 2)
    }, 3)
    const answers = await Promise.all([1, 2, 3, 4, 5].map(double))
    assert.deepEqual(answers, [2, 4, 6, 8, 10])
    assert.deepEqual(asked, [[1], [2, 3, 4], [5]])
    assert.equal(await double(6), 12)
  })

  it('fails the calls of a question that fails, and goes on with those behind it', async () => {
    const pick = batched(async (keys: readonly string[]) => {
      await new Promise((resolve) => setImmediate(resolve))
      if (keys.includes('bad')) throw new Error('away')
      return keys
    }, 2)
    const results = await Promise.allSettled(['a', 'b', 'bad', 'c'].map(pick))
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
    )
  })
})
