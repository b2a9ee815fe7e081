import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { patch } from './patch.ts'
import { userAttributes } from './schema.ts'

describe('a PATCH of a directory', () => {
  const named = (from: number, count: number) => Array.from({ length: count }, (_, n) => `a${from + n}`)
  const add = (value: string[]) => ({ op: 'add', path: 'emails', value })
  const apply = (...Operations: object[]) => patch(userAttributes, { userName: 'ada' }, { Operations })

  it('lets no list grow beyond what it may have, also where a later operation empties it', () => {
    // Once a request of 1 MB had nobody else served for more than a minute: each operation looks at all values that there are.
    assert.equal((apply(add(named(0, 600)), add(named(400, 600)))['emails'] as unknown[]).length, 1000)
    assert.throws(() => apply(add(named(0, 600)), add(named(600, 401)), { op: 'remove', path: 'emails' }), /1000 values at most/)
    const paths = Object.fromEntries(named(0, 1001).map((name) => [`emails[type eq "${name}"].value`, 'a']))
    assert.throws(() => apply({ op: 'add', value: paths }, { op: 'remove', path: 'emails' }), /1000 values at most/)
  })

  it('takes a text of its own length', () => {
    assert.equal(apply({ op: 'replace', path: 'displayName', value: 'x'.repeat(1024) })['displayName'], 'x'.repeat(1024))
  })
})
