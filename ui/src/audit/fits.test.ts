import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import type { AuditRow } from '@fairlead/protocol/features/audit.ts'
import { chooseLanguage } from '../i18n/i18n.ts'
import { exportUrl, fits, fitsOf, isAll } from './fits.ts'

const row = {
  verb: 'container.stop',
  outcome: 'ok',
  actor: 'a',
  actorName: 'Ada',
  host: 'h',
  hostName: 'web-1',
  target: 't',
  timeMs: 1000,
} as AuditRow

describe('filters of the trail', () => {
  before(async () => {
    Object.assign(globalThis, { localStorage: { getItem: () => null, setItem: () => undefined }, document: { documentElement: {} } })
    await chooseLanguage('en')
  })

  it('ask the hub for what the address of the page says, and for nothing that it cannot understand', () => {
    assert.deepEqual(fitsOf({ who: 'a', verb: 'container.stop', outcome: 'ok', host: 'h', from: '1970-01-02T00:00Z' }), {
      filter: '',
      verbs: [],
      actor: 'a',
      verb: 'container.stop',
      outcome: 'ok',
      host: 'h',
      sinceMs: 86_400_000,
    })
    assert.deepEqual(fitsOf({ outcome: 'great', from: 'yesterday', until: '' }), { filter: '', verbs: [] })
  })

  it('let a new row in that fits all of them', () => {
    assert.ok(fits({}, row))
    assert.ok(fits({ who: 'a', verb: 'container.stop', outcome: 'ok', host: 'h', filter: 'stop a CONT' }, row))
    for (const other of [
      { who: 'b' },
      { verb: 'host.update' },
      { outcome: 'failed' },
      { host: 'i' },
      { filter: 'x' },
      { from: '1970-01-02T00:00Z' },
      { until: '1970-01-01T00:00:01Z' },
    ])
      assert.equal(fits(other, row), false, JSON.stringify(other))
  })

  it('are all empty, or not', () => {
    assert.ok(isAll({}) && isAll({ filter: '', who: '' }))
    assert.equal(isAll({ who: 'a' }), false)
  })

  it('are those of what is saved', () => {
    assert.equal(exportUrl('csv', {}), '/api/v1/audit/export.csv')
    assert.equal(
      exportUrl('ndjson', { who: 'a b', filter: 'stop a' }),
      '/api/v1/audit/export.ndjson?filter=stop+a&verbs=local.stop%2Ccontainer.stop%2Cupdate.stop&actor=a+b',
    )
  })
})
