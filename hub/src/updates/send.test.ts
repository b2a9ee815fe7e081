import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { runsOf } from './send.ts'

describe('blocks that are sent', () => {
  it('are packed together where they follow one another, as far as the host takes it', () => {
    assert.deepEqual(runsOf([1, 2, 3, 5, 6, 9], 6), [[1, 2, 3], [5, 6], [9]])
    assert.deepEqual(runsOf([1, 2, 3, 4, 5], 2), [[1, 2], [3, 4], [5]])
    assert.deepEqual(runsOf([1, 2], 1), [[1], [2]])
    assert.deepEqual(runsOf([], 6), [])
  })
})
