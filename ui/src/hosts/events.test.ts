import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventWords } from './events.ts'

describe('what happened on a host', () => {
  it('is told in words, the result of a health check too; what is not known in the engine’s own', () => {
    assert.equal(eventWords({ type: 'container', action: 'die' }), 'container ended')
    assert.equal(eventWords({ type: 'container', action: 'health_status: unhealthy' }), 'container unhealthy')
    assert.equal(eventWords({ type: 'engine', action: 'up' }), 'engine up')
    assert.equal(eventWords({ type: 'plugin', action: 'enable\u202E' }), 'plugin enable‹U+202E›')
    assert.equal(eventWords({ type: 'container', action: 'toString' }), 'container toString')
  })
})
