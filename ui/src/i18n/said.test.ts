import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { chooseLanguage } from './i18n.ts'
import { heard, messageOf, said, sentenceOf } from './said.ts'

const root = join(import.meta.dirname, '..')

describe('what went wrong, for the reader', () => {
  it('is what hub or host said in English, and the French of it once that is there', async () => {
    Object.assign(globalThis, { localStorage: { getItem: () => null, setItem: () => undefined }, document: { documentElement: {} } })
    const offline = new FairleadError('host_offline', 'Host web-3 is offline; last seen 4 min ago.')
    await heard()
    assert.equal(messageOf(offline), offline.message)
    await chooseLanguage('fr')
    // Nothing of it is there before something is to be said.
    assert.equal(said('Sign in first.'), 'Sign in first.')
    await heard()
    assert.equal(said('Sign in first.'), 'Connectez-vous d’abord.')
    assert.equal(messageOf(offline), 'L’hôte web-3 est hors ligne\u00a0; vu il y a 4 min.')
    assert.equal(said('nobody says this'), 'nobody says this')
    // A copy for somebody else has the words that logs have.
    assert.equal(sentenceOf(offline), offline.message)
    await chooseLanguage('en')
    assert.equal(messageOf(offline), offline.message)
  })

  it('goes through one door: no view shows what was thrown by itself', async () => {
    const past: string[] = []
    for await (const file of glob('**/*.{ts,tsx}', { cwd: root }))
      if (!/\.test\.ts$|^i18n\/said\.ts$/.test(file))
        for (const line of readFileSync(join(root, file), 'utf8').split('\n'))
          if (/\.message\b/.test(line) && !/said\([^)]*\.message\b/.test(line)) past.push(`${file}: ${line.trim()}`)
    assert.deepEqual(past, [])
  })
})
