import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeSaid } from './templates.ts'

const said = makeSaid({
  'Sign in first.': 'Connectez-vous d’abord.',
  'There is no {1}.': 'Pas de {1}.',
  'There is no secret {1} in {2}; make it first.': 'Pas de secret {1} dans {2} ; créez-le.',
  '{1} answered with {2}.': '{1} a répondu {2}.',
  'It was not let run: {1}': 'Il n’a pas été lancé : {1*}',
  'it ended with {1}': 'il a fini par {1}',
  'From {1} to {2}': 'À {2} depuis {1}',
  'Rows {1}{2} are gone': 'Lignes {1}{2} disparues',
  role: 'rôle',
})

describe('a sentence in French', () => {
  it('is the one that its template has, with what fills it kept as it is', () => {
    const table = [
      ['Sign in first.', 'Connectez-vous d’abord.'],
      ['There is no role.', 'Pas de role.'],
      ['There is no secret a; b in {1} in prod; make it first.', 'Pas de secret a; b dans {1} in prod ; créez-le.'],
      ['web {2} answered with $& and {1}.', 'web {2} a répondu $& and {1}.'],
      ['From a to b', 'À b depuis a'],
      ['Rows 7 are gone', 'Lignes 7 disparues'],
    ] as const
    for (const [english, french] of table) assert.equal(said(english), french)
  })

  it('looks up what fills it where that may be a sentence, and only there', () => {
    assert.equal(said('It was not let run: it ended with 2'), 'Il n’a pas été lancé : il a fini par 2')
    assert.equal(said('It was not let run: role'), 'Il n’a pas été lancé : rôle')
    assert.equal(said('It was not let run: segmentation fault'), 'Il n’a pas été lancé : segmentation fault')
    assert.equal(said('it ended with role'), 'il a fini par role')
  })

  it('is left in English where nothing fits it', () => {
    for (const text of ['', 'Sign in first', 'sign in first.', 'There is no.', 'From a', '{1}', 'constructor', '__proto__'])
      assert.equal(said(text), text)
  })

  it('is not looked for in text that is long or that goes down without end', () => {
    const long = `There is no ${'x'.repeat(5000)}.`
    assert.equal(said(long), long)
    const deep = 'It was not let run: '.repeat(6)
    assert.equal(said(deep).split('Il n’a pas été lancé').length - 1, 4)
  })
})
