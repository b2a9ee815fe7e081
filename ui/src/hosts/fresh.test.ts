import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { HostFacts } from '@fairlead/protocol/features/hosts.ts'
import { isFresh } from './fresh.ts'

// Between its enrolment and the start of its service each host stood among what needs attention, as offline.
it('a host that was just let in is expected, and offline only after a minute', () => {
  const offline = { status: 'offline', enrolledMs: 1_000_000, facts: null }
  assert.equal(isFresh(offline, 1_002_000), true)
  assert.equal(isFresh(offline, 1_060_000), false)
  // By the clock of a browser that is behind.
  assert.equal(isFresh(offline, 990_000), true)
  assert.equal(isFresh({ ...offline, facts: {} as HostFacts }, 1_002_000), false)
  for (const status of ['online', 'quarantined', 'engine down']) assert.equal(isFresh({ ...offline, status }, 1_002_000), false, status)
})
