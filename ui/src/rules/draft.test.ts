import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { HealRule, PruneRule, RuleSet } from '@fairlead/protocol/features/rules.ts'
import { healDraft, healFault, healOf, pruneDraft, pruneFault, pruneOf, put, without, type HealDraft, type PruneDraft } from './draft.ts'

const heal: HealRule = {
  name: 'a',
  on: false,
  label: 'tier=front',
  pattern: 'web-*',
  stack: 'shop',
  unhealthySeconds: 90,
  failed: false,
  perHour: 7,
}
const prune: PruneRule = { name: 'n', on: true, images: 'unused', olderDays: 3, days: [2, 4], fromMinute: 65, toMinute: 5 }

describe('a rule in its form', () => {
  it('comes out as it went in', () => {
    assert.deepEqual(healOf(healDraft(heal)), heal)
    assert.deepEqual(healOf(healDraft({ ...heal, unhealthySeconds: null })), { ...heal, unhealthySeconds: null })
    assert.deepEqual(pruneOf(pruneDraft(prune)), prune)
  })

  it('is told what is wrong with it, the first thing first', () => {
    const heals: [Partial<HealDraft>, string | undefined][] = [
      [{}, undefined],
      [{ name: ' ' }, 'fault.name'],
      [{ name: 'taken' }, 'fault.taken'],
      [{ stack: 'a b' }, 'fault.stack'],
      [{ pattern: 'web?' }, 'fault.pattern'],
      [{ label: 'a b' }, 'fault.label'],
      [{ label: '=x' }, 'fault.label'],
      [{ unhealthy: false, failed: false }, 'fault.when'],
      [{ seconds: '9' }, 'fault.seconds'],
      [{ seconds: '1e3' }, 'fault.seconds'],
      [{ seconds: '9', unhealthy: false, failed: true }, undefined],
      [{ perHour: '11' }, 'fault.perHour'],
    ]
    for (const [more, fault] of heals) assert.equal(healFault({ ...healDraft(heal), ...more }, ['taken']), fault, JSON.stringify(more))
    const prunes: [Partial<PruneDraft>, string | undefined][] = [
      [{}, undefined],
      [{ older: '' }, 'fault.older'],
      [{ older: '-1' }, 'fault.older'],
      [{ days: [] }, 'fault.days'],
      [{ toTime: '' }, 'fault.time'],
    ]
    for (const [more, fault] of prunes) assert.equal(pruneFault({ ...pruneDraft(prune), ...more }, []), fault, JSON.stringify(more))
  })

  it('stands in the place of the one that it was, or beside the others', () => {
    const set: RuleSet = { heal: [heal, { ...heal, name: 'b' }], prune: [prune] }
    const names = (now: RuleSet) => now.heal.map(({ name }) => name)
    assert.deepEqual(names(put(set, 'heal', { ...heal, name: 'c' }, 'a')), ['c', 'b'])
    assert.deepEqual(names(put(set, 'heal', { ...heal, name: 'c' }, undefined)), ['a', 'b', 'c'])
    // A host's own in place of its environment's, which is not here.
    assert.deepEqual(names(put(set, 'heal', { ...heal, name: 'of elsewhere' }, 'of elsewhere')), ['a', 'b', 'of elsewhere'])
    assert.deepEqual(names(without(set, 'heal', 'a')), ['b'])
    assert.deepEqual(without(set, 'prune', 'n').prune, [])
  })
})
