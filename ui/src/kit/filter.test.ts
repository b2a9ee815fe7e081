import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { cutFilter, draftOf, writeTerm } from './filter.ts'

describe('the filter bar', () => {
  for (const [text, terms, rest] of [
    ['', [], ''],
    ['web', ['web'], ''],
    ['state:exited host:web-* -name:test "free text"', ['state:exited', 'host:web-*', '-name:test', '"free text"'], ''],
    ['image:nginx:1.27', ['image:nginx:1.27'], ''],
    ['ok state:', ['ok'], 'state:'],
    ['ok -', ['ok'], '-'],
    ['ok tag:"blue fl', ['ok'], 'tag:"blue fl'],
    ['tag:"blue fleet"', ['tag:"blue fleet"'], ''],
  ] as const) {
    it(`cuts ${text === '' ? 'nothing' : text} into its words`, () => {
      const cut = cutFilter(text)
      assert.deepEqual(
        cut.terms.map((one) => one.text),
        terms,
      )
      assert.equal(cut.rest, rest)
    })
  }

  it('writes what it reads, whatever the value holds', () => {
    for (const value of ['plain', 'two words', 'a:b', 'with "quotes"', '']) {
      const { terms } = cutFilter(`${writeTerm('tag', value, true)} next`)
      if (value === '') continue
      assert.deepEqual({ ...terms[0], text: '' }, { text: '', minus: true, name: 'tag', value: value.replaceAll('"', '') })
    }
  })

  it('knows what is being typed', () => {
    assert.deepEqual(draftOf('sta'), { minus: false, name: undefined, typed: 'sta' })
    assert.deepEqual(draftOf('-state:ex'), { minus: true, name: 'state', typed: 'ex' })
    assert.deepEqual(draftOf('tag:"blue f'), { minus: false, name: 'tag', typed: 'blue f' })
  })
})
