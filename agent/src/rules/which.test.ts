import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { HealHere } from '@fairlead/protocol/features/rules.ts'
import { healRule } from './test-rule.ts'
import { isLike, ruleFor } from './which.ts'

const web = { name: 'web-1', labels: { tier: 'front', 'com.docker.compose.project': 'shop' } }

describe('which containers a rule looks after', () => {
  it('are those that fit all that it says, by the first rule that fits', () => {
    const table: [Partial<HealHere>, boolean][] = [
      [{}, true],
      [{ on: false }, false],
      [{ label: 'tier' }, true],
      [{ label: 'tier=front' }, true],
      [{ label: 'tier=back' }, false],
      [{ label: 'constructor' }, false],
      [{ stack: 'shop' }, true],
      [{ stack: 'other' }, false],
      [{ pattern: 'web-*' }, true],
      [{ pattern: 'web-*', stack: 'other' }, false],
      [{ unhealthySeconds: null }, false],
    ]
    for (const [more, fits] of table) assert.equal(ruleFor([healRule(more)], web, 'unhealthy') !== undefined, fits, JSON.stringify(more))
    assert.equal(ruleFor([healRule({ failed: false })], web, 'failed'), undefined)
    assert.equal(ruleFor([healRule({ on: false, name: 'a' }), healRule({ name: 'b' }), healRule({ name: 'c' })], web, 'failed')?.name, 'b')
  })

  it('are none that says so itself', () => {
    assert.equal(ruleFor([healRule({})], { ...web, labels: { ...web.labels, 'fairlead.heal': 'off' } }, 'unhealthy'), undefined)
    assert.notEqual(ruleFor([healRule({})], { ...web, labels: { 'fairlead.heal': 'on' } }, 'unhealthy'), undefined)
  })

  it('are named by stars in no more time than it takes to read the name', () => {
    for (const [name, pattern, is] of [
      ['web', 'web', true],
      ['web2', 'web', false],
      ['web', 'web*', true],
      ['web', '*', true],
      ['a-b-c', 'a*b*c', true],
      ['ab', 'ab*b', false],
      ['abcb', 'ab*b', true],
      ['a.b', 'a?b', false],
    ] as const)
      assert.equal(isLike(name, pattern), is, `${name} ${pattern}`)
    const startMs = performance.now()
    assert.equal(isLike('a'.repeat(128), `${'*a'.repeat(60)}b`), false)
    assert.ok(performance.now() - startMs < 1000)
  })
})
