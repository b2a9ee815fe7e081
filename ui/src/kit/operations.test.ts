import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { cancelWaiting, countOf, operations, retryFailed, startOperation } from './operations.ts'

const targets = (count: number) => Array.from({ length: count }, (_, n) => ({ key: `k${n}`, name: `n${n}`, hostName: 'h' }))
const find = (id: number) => operations.list.find((one) => one.id === id)!

describe('an operation on many', () => {
  it('runs four at a time, never more, and all in the end', async () => {
    const open: (() => void)[] = []
    let most = 0
    const id = startOperation('stop', targets(10), () => new Promise<void>((done) => open.push(done)))
    for (let turn = 0; turn < 10; turn++) {
      await setImmediate()
      most = Math.max(most, countOf(find(id), 'running'))
      open.shift()!()
    }
    await setImmediate()
    assert.equal(most, 4)
    assert.equal(countOf(find(id), 'ok'), 10)
  })

  it('keeps what failed with its reason, and tries only that again', async () => {
    const tried: string[] = []
    let broken = true
    const id = startOperation('start', targets(3), async (key) => {
      tried.push(key)
      if (key === 'k1' && broken) throw new FairleadError('host_offline', 'Host h is offline.')
    })
    await setImmediate()
    assert.deepEqual(
      find(id).items.map(({ state, message, code }) => [state, message, code]),
      [
        ['ok', '', ''],
        ['failed', 'Host h is offline.', 'host_offline'],
        ['ok', '', ''],
      ],
    )
    broken = false
    retryFailed(id)
    await setImmediate()
    assert.deepEqual(tried, ['k0', 'k1', 'k2', 'k1'])
    assert.equal(countOf(find(id), 'ok'), 3)
  })

  it('cancels what has not started and lets the rest finish', async () => {
    const open: (() => void)[] = []
    const id = startOperation('remove', targets(6), () => new Promise<void>((done) => open.push(done)))
    cancelWaiting(id)
    await setImmediate()
    open.forEach((done) => done())
    await setImmediate()
    assert.equal(countOf(find(id), 'ok'), 4)
    assert.equal(countOf(find(id), 'canceled'), 2)
    assert.equal(open.length, 4)
  })
})
