import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeGate } from './gate.ts'

describe('the gate of a flood', () => {
  it('lets work through until a frame is full of it, and the rest with the next frame', async () => {
    let nowMs = 0
    let frame = () => {}
    const gate = makeGate(
      () => nowMs,
      () => new Promise((resolve) => (frame = resolve)),
      5,
    )
    const passed: string[] = []
    const work = async (name: string, ms: number) => {
      const began = nowMs
      nowMs += ms
      await gate.done(began)
      passed.push(name)
    }
    await work('a', 3)
    const late = [work('b', 3), work('c', 1)]
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(passed, ['a'])
    frame()
    await Promise.all(late)
    assert.deepEqual(passed, ['a', 'b', 'c'])
    await work('d', 4)
    assert.deepEqual(passed, ['a', 'b', 'c', 'd'])
  })
})
