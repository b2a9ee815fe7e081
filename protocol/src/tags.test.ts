import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hostsApi } from './features/hosts.ts'
import { enrolmentApi } from './features/enrolment.ts'
import { findTagFault, mostTags, readTags, tagForm } from './tags.ts'

const longestTag = 63

describe('tags as they are typed', () => {
  it('are set apart by spaces and commas, each once', () => assert.deepEqual(readTags(' prod, web prod ').tags, ['prod', 'web']))

  const long = 'x'.repeat(longestTag + 1)
  for (const [text, fault] of [
    ['prod -web', { why: 'begins', tag: '-web', at: '-' }],
    ['a/b', { why: 'holds', tag: 'a/b', at: '/' }],
    ['prod🚢', { why: 'holds', tag: 'prod🚢', at: '🚢' }],
    [long, { why: 'long', tag: long, at: '64' }],
    [Array.from({ length: mostTags + 1 }, (_, n) => `t${n}`).join(' '), { why: 'many', tag: '', at: '33' }],
    ['été site:paris v1.2_3-4', undefined],
    ['x'.repeat(longestTag), undefined],
  ] as const)
    it(`${fault === undefined ? 'are taken' : `say that one ${fault.why}`}: ${text.slice(0, 24)}`, () =>
      assert.deepEqual(readTags(text).fault, fault))

  it('have a fault exactly where the contracts refuse them, one tag or many', () => {
    const takes = (tags: readonly string[]) => [
      hostsApi.update.input.safeParse({ host: 'h', tags }).success,
      enrolmentApi.invite.input.safeParse({ tags }).success,
    ]
    const characters = Array.from({ length: 0x250 }, (_, code) => String.fromCodePoint(code))
    for (const one of [...characters, '🚢', '\u202E', '\u200B', '界'])
      for (const tag of [one, `a${one}`, one.repeat(longestTag), `${one.repeat(longestTag)}a`]) {
        const fine = findTagFault([tag]) === undefined
        assert.equal(tagForm.test(tag), fine)
        assert.deepEqual(takes([tag]), [fine, fine], JSON.stringify(tag))
      }
    for (const count of [mostTags, mostTags + 1]) {
      const tags = Array.from({ length: count }, (_, n) => `t${n}`)
      const fine = findTagFault(tags) === undefined
      assert.deepEqual(takes(tags), [fine, fine])
    }
  })
})
