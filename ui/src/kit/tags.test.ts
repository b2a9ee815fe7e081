import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readTags } from './tags.ts'

describe('tags as they are typed', () => {
  it('are set apart by spaces and commas, each once', () => assert.deepEqual(readTags(' prod, web prod ').tags, ['prod', 'web']))

  for (const [text, bad] of [
    ['prod -web', '-web'],
    ['a/b', 'a/b'],
    ['x'.repeat(64), 'x'.repeat(64)],
    ['été site:paris v1.2_3-4', undefined],
  ] as const)
    it(`${bad === undefined ? 'takes' : 'names what can be no tag in'} ${text.slice(0, 30)}`, () => assert.equal(readTags(text).bad, bad))
})
