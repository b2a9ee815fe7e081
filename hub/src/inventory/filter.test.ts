import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FleetRow } from '@fairlead/protocol/features/fleet.ts'
import { parseFilter } from './filter.ts'

const row: FleetRow = {
  kind: 'boat',
  host: 'h-1',
  hostName: 'web-1.example',
  id: 'abcdef0123456789',
  name: 'Harbour Lights',
  state: 'warn',
  status: 'moored',
  detail: '',
  tags: ['prod', 'blue fleet'],
  links: [{ rel: 'harbour', kind: 'harbour', id: 'north' }],
  facts: { image: 'nginx:1.27', masts: 2, insured: true },
  createdMs: 0,
  sinceMs: 0,
}
const matches = (filter: string, of: FleetRow = row) => parseFilter(filter)({ key: 'k', row: of, words: { text: undefined }, bytes: 0 })

describe('the filter language', () => {
  for (const [filter, expected] of [
    ['', true],
    ['harbour', true],
    ['HARBOUR lights', true],
    ['harbour absent', false],
    ['"harbour lights"', true],
    ['"lights harbour"', false],
    ['name:harbour', true],
    ['name:harbour*', true],
    ['name:*lights', true],
    ['name:lights*', false],
    ['name:h*r*lights', true],
    ['name:h*q*lights', false],
    ['host:web-*', true],
    ['host:db-*', false],
    ['host:h-1', true],
    ['state:moored', true],
    ['state:warn', true],
    ['state:critical state:warn', true],
    ['state:critical', false],
    ['state:stale', false],
    ['tag:prod', true],
    ['tag:"blue fleet"', true],
    ['tag:test', false],
    ['image:nginx', true],
    ['image:nginx:1.27', true],
    ['image:apache', false],
    ['nginx:1.27', true],
    ['masts:2', true],
    ['masts:3', false],
    ['insured:true', true],
    ['harbour:north', true],
    ['harbour:south', false],
    ['id:abcdef', true],
    ['abcdef0123', true],
    ['-name:test', true],
    ['-name:harbour', false],
    ['-absent', true],
    ['name:harbour -tag:prod', false],
    ['constructor:x', false],
    ['web*', true],
    ['*ngin*', true],
  ] as const) {
    it(`${filter === '' ? 'nothing' : filter} ${expected ? 'lets the row through' : 'keeps the row out'}`, () => {
      assert.equal(matches(filter), expected)
    })
  }

  it('finds rows of hosts that are offline by state:stale', () => {
    assert.equal(matches('state:stale', { ...row, staleMs: 5 }), true)
  })

  for (const [filter, at, says] of [
    ['ok "never ends', 3, /missing "/],
    ['name:', 0, /nothing follows the colon/],
    ['fine state: x', 5, /write state:something/],
    ['tag:""', 0, /nothing follows the colon/],
    ['a"b"', 0, /quote around the whole word/],
    ['good -', 5, /cannot be read at "-"/],
  ] as const) {
    it(`points at the word that cannot be read in ${filter}`, () => {
      assert.throws(
        () => parseFilter(filter),
        (error: { code: string; message: string; details: { at: number } }) => {
          assert.equal(error.code, 'invalid_input')
          assert.match(error.message, says)
          assert.equal(error.details.at, at)
          return true
        },
      )
    })
  }

  it('refuses a filter of more words than anyone types', () => {
    assert.throws(() => parseFilter('a '.repeat(33)), { code: 'invalid_input' })
  })

  it('is not slowed down by a pattern made to be slow', () => {
    const hostile = `name:${'*a'.repeat(400)}`
    assert.equal(matches(hostile, { ...row, name: 'a'.repeat(256) }), false)
  })
})
