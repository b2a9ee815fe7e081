import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { paddingBytes } from './programs.ts'

const step = 256 * 1024

describe('what fills up the files that are put into a Node', () => {
  for (const [bytes, padding] of [
    [1, step - 1],
    [step - 2, 2],
    // The last of this sum: one byte more, and it is the next step.
    [step - 1, 1],
    [step, step],
    [step + 1, step - 1],
    [9 * step + 4711, step - 4711],
  ] as const)
    it(`is ${padding} bytes for ${bytes}`, () => assert.equal(paddingBytes(bytes), padding))

  it('leaves the sum as it was until that crosses a step', () => {
    const sum = (bytes: number) => bytes + paddingBytes(bytes)
    assert.deepEqual([sum(3 * step), sum(4 * step - 1), sum(4 * step)], [4 * step, 4 * step, 5 * step])
  })
})
