import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeGate } from './gate.ts'

function stage() {
  let nowMs = 0
  let resolve = (_ms: number): void => undefined
  const gate = makeGate(
    () => nowMs,
    () => new Promise((done) => (resolve = done)),
  )
  const passed: string[] = []
  return {
    gate,
    passed,
    async work(name: string, ms: number): Promise<void> {
      const began = nowMs
      nowMs += ms
      await gate.done(began)
      passed.push(name)
    },
    async frame(atMs: number): Promise<void> {
      resolve(atMs)
      await new Promise((done) => setImmediate(done))
    },
  }
}

describe('the gate of a flood', () => {
  it('lets work through until a frame is full of it, and the rest with the next frame', async () => {
    const { work, frame, passed } = stage()
    await work('a', 3)
    const late = [work('b', 3), work('c', 1)]
    await new Promise((done) => setImmediate(done))
    assert.deepEqual(passed, ['a'])
    await frame(16)
    await Promise.all(late)
    assert.deepEqual(passed, ['a', 'b', 'c'])
    await work('d', 4)
    assert.deepEqual(passed, ['a', 'b', 'c', 'd'])
  })

  it('leaves less time for lines when frames are late, never none, and more again when they are in time', async () => {
    const { gate, work, frame } = stage()
    const began = gate.budgetMs()
    let atMs = 0
    const frames = async (count: number, everyMs: number) => {
      for (let n = 0; n < count; n++) {
        await work('x', 0)
        await frame((atMs += everyMs))
      }
      return gate.budgetMs()
    }
    assert.equal(await frames(3, 1000), began, 'nobody waited for these')
    const slowed = await frames(3, 33)
    assert.ok(slowed < began, `${slowed}`)
    assert.ok((await frames(50, 33)) > 0)
    const least = gate.budgetMs()
    assert.ok((await frames(60, 16.7)) > least)
    assert.equal(await frames(1000, 16.7), began)
  })
})
