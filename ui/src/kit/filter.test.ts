import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { cutFilter, draftOf, holdsWords, writeTerm, unknownField } from './filter.ts'

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

  it('finds the field that is none, and the one that was meant', () => {
    const fields = ['state', 'host', 'name', 'image', 'tag', 'exitCode']
    for (const [typed, nearest] of [
      ['stat', 'state'],
      ['satte', 'state'],
      ['Image', 'image'],
      ['img', 'image'],
      ['hosts', 'host'],
      ['tga', 'tag'],
      ['exitcode', 'exitCode'],
      ['ex', 'exitCode'],
      ['colour', undefined],
      ['x', undefined],
    ] as const)
      assert.equal(unknownField(`${typed}:a`, fields)?.nearest, nearest, typed)
    const found = unknownField('-stat:"a b" host:x stat:c fr', fields)
    assert.deepEqual(found, { name: 'stat', nearest: 'state', mended: '-state:"a b" host:x state:c fr' })
    assert.equal(unknownField('state:a host:b free "x:y"', fields), undefined)
    assert.equal(unknownField('colour:red -shape:round', fields, ({ minus }) => minus)?.name, 'shape')
  })

  it('knows what is being typed', () => {
    assert.deepEqual(draftOf('sta'), { minus: false, name: undefined, typed: 'sta' })
    assert.deepEqual(draftOf('-state:ex'), { minus: true, name: 'state', typed: 'ex' })
    assert.deepEqual(draftOf('tag:"blue f'), { minus: false, name: 'tag', typed: 'blue f' })
  })

  it('finds what holds every word that is typed, in any of its texts', () => {
    assert.equal(holdsWords(['Ada', 'ada@example.test', 'Operator'], 'oper ADA'), true)
    assert.equal(holdsWords(['Ada', 'ada@example.test', 'Operator'], 'ada viewer'), false)
    assert.equal(holdsWords(['Ada'], ''), true)
  })
})
