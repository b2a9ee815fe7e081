import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { templates } from '@fairlead/ui/i18n/said/all.ts'
import { openProgram } from './program.ts'
import { isDue, sentencesOf } from './sinks.ts'
import type { Template } from './template.ts'
import { makeValues } from './values.ts'

const program = openProgram()
const { sentences, unread } = sentencesOf(program, makeValues(program))
const french = Object.entries(templates)
const holesOf = (text: string) => [...new Set([...text.matchAll(/\{(\d+)\*?\}/g)].map(([, hole]) => hole!))].sort()
/** The numbers of the holes that whole sentences may fill. */
const saying = (template: Template) =>
  template.filter((part) => typeof part !== 'string').flatMap(({ says }, place) => (says.some(isDue) ? [place + 1] : []))

describe('what hub and hosts say went wrong', () => {
  after(() => program.close())

  it('is found where it is made: as it stands, put together, through helpers, tables and what calls them', () => {
    const among = [
      'The name of this test is none.',
      'Sign in first.',
      'Host {1} is offline; last seen {2} min ago.',
      '{1} did not answer within {2} s.',
      'This is a link, and links are not followed. Ask for where it points.',
      'has no zero byte',
      'it is none of the allowed values',
      'the hub stops',
      'this line has expired; make another one in the console',
      'Something went wrong in the hub; its log has the reason under {1}.',
    ].filter((one) => sentences.get(one)?.due !== true)
    assert.deepEqual(among, ['The name of this test is none.'])
    // What fills them is known as well.
    assert.ok(saying(sentences.get('"{1}" is not as it must be: {2}.')!.template).includes(2))
  })

  it('is written out somewhere, or handed on as somebody else said it', () => {
    const dark = unread.filter((text) => !/\.message$|\.(?:problem|closeReason)$|^problems\.join|^wordsOf\(early\)$/.test(text))
    assert.deepEqual(dark, [])
  })

  it('has its French, each sentence of it', () => {
    const missing = [...sentences].filter(([text, { due }]) => due && !Object.hasOwn(templates, text))
    assert.deepEqual(
      missing.map(([text, { where }]) => `${where}: ${text}`),
      [],
      'Say them in ui/src/i18n/said/<feature>-fr.ts.',
    )
  })

  it('has no French for what nobody says any more', () => {
    assert.deepEqual(
      french.filter(([english]) => !sentences.has(english)).map(([english]) => english),
      [],
    )
  })

  it('fills in the same things in both, and looks up what is a sentence itself', () => {
    for (const [english, text] of french) {
      assert.deepEqual(holesOf(text), holesOf(english), english)
      for (const hole of saying(sentences.get(english)?.template ?? []))
        assert.ok(text.includes(`{${hole}*}`), `${english}: {${hole}} may be a sentence`)
    }
  })

  it('is French with its own spaces, quotes and apostrophes, and without an English word', () => {
    const english = /\b(?:the|and|of|is|are|was|not|with|for|from|this|that|host|hosts|since|ago|[KMGT]iB)\b/i
    const verbatim = /\{\d+\*?\}|« [^»]* »|https?:\S*|\/[\w/.-]+|\b[\w.]+=\S+|"[^"]*"|\w+:\w+/g
    for (const [key, text] of french) {
      const own = text.replaceAll(verbatim, ' ')
      assert.doesNotMatch(own, english, key)
      assert.doesNotMatch(own, /[\w}][!?;](?:\s|$)/, key)
      assert.doesNotMatch(own, /[a-zéèê]'[a-zéèê]/, key)
    }
  })
})
