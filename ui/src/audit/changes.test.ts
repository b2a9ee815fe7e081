import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AuditRow } from '@fairlead/protocol/features/audit.ts'
import { foldChanges } from './changes.ts'

const row = (seq: number, outcome: AuditRow['outcome'], trace: string, target = 'a') =>
  ({ seq, outcome, trace, target, verb: 'container.stop' }) as AuditRow
const seqs = (rows: readonly AuditRow[]) => foldChanges(rows).map(({ seq }) => seq)

describe('changes', () => {
  it('are shown once: the outcome takes the place of the intent', () => {
    assert.deepEqual(seqs([row(2, 'ok', 't1'), row(1, 'started', 't1')]), [2])
  })
  it('whose outcome never came stay as started', () => {
    assert.deepEqual(seqs([row(3, 'failed', 't2'), row(2, 'started', 't1'), row(1, 'started', 't2')]), [3, 2])
  })
  it('of one request to two things are two', () => {
    assert.deepEqual(seqs([row(3, 'ok', 't1', 'a'), row(2, 'started', 't1', 'b'), row(1, 'started', 't1', 'a')]), [3, 2])
  })
})
