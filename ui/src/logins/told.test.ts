import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readTold } from './told.ts'

describe('what comes back from a sign-in at a provider', () => {
  it('is a reason, or a step with what it accepts, and nothing that this console does not know', () => {
    assert.deepEqual(readTold('#signin-reason=late'), { reason: 'late', step: undefined })
    const step = readTold('#signin-step=abc&signin-accepts=totp%2Crecovery%2Cnew').step
    assert.deepEqual(step, { step: 'abc', accepts: ['totp', 'recovery'] })
    for (const hash of ['', '#', '#top', '#signin-step=abc', '#signin-step=abc&signin-accepts=new'])
      assert.equal(readTold(hash).step, undefined)
  })
})
