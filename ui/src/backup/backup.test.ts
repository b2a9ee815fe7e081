import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BackupState } from '@fairlead/protocol/features/backup.ts'
import { standingOf, type Standing } from './backup.ts'

const dayMs = 86_400_000
const plan = { dir: '/mnt/b', everyMs: dayMs, keep: 7, passphrase: false }
const failed = { atMs: 9 * dayMs, place: '/mnt/b/x', why: 'ENOSPC' }
const made = (ageDays: number) => ({ atMs: (10 - ageDays) * dayMs, place: '/mnt/b/x', bytes: 1 })

describe('how the backups are', () => {
  const cases: readonly (readonly [Standing, Partial<BackupState>])[] = [
    ['none', {}],
    ['first', { plan }],
    ['fresh', { plan, last: made(2) }],
    ['fresh', { last: made(1) }],
    ['overdue', { plan, last: made(2.1) }],
    ['overdue', { last: made(9) }],
    ['failed', { plan, failed }],
    ['failed', { plan, last: made(1), failed }],
  ]
  for (const [wanted, some] of cases)
    it(`says ${wanted} of ${JSON.stringify(some)}`, () => {
      const state = { plan: null, last: null, failed: null, held: null, lateAfterMs: 2 * dayMs, ...some }
      assert.equal(standingOf(state, 10 * dayMs), wanted)
    })
})
