import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { codeOf } from '@fairlead/protocol/errors.ts'
import { NewName } from '@fairlead/protocol/names.ts'
import { foldName, refuseTaken } from './names.ts'
import { makeRights, type Grant } from './rights.ts'

const runs = { numRuns: 100_000 }

describe('names', () => {
  it('are one however they are composed and in whatever case [security 14]', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 12 }), (name) => {
        for (const other of [name.normalize('NFD'), name.normalize('NFC'), name.toLowerCase(), name.toUpperCase()])
          assert.equal(foldName(other), foldName(name))
      }),
      runs,
    )
    for (const [one, other] of [
      ['Équipe', 'E\u0301QUIPE'],
      ['Straße', 'STRASSE'],
      ['ΣΑΣ', 'σας'],
    ] as const)
      assert.throws(
        () => refuseTaken('team', one, [{ id: 'a', name: other }]),
        (error) => codeOf(error) === 'conflict',
        `${one} and ${other}`,
      )
    refuseTaken('team', 'Équipe', [{ id: 'a', name: 'équipe' }], 'a')
    refuseTaken('team', 'Equipe', [{ id: 'a', name: 'équipe' }])
  })

  it('are taken composed and trimmed; what nobody sees in them is refused [security 14]', () => {
    assert.equal(NewName.parse(' e\u0301quipe '), 'équipe')
    for (const bad of ['', '   ', 'ow\u200bner', 'own\u202eer', 'a\nb', 'a\u0000b', 'x'.repeat(65)])
      assert.equal(NewName.safeParse(bad).success, false, JSON.stringify(bad))
  })

  it('never reach for another: a grant holds where the id is the very same, letter for letter [security 14]', () => {
    const ids = fc.string({ unit: fc.constantFrom('a', 'A', 'é', 'e\u0301', '*', '%', '-', '0'), maxLength: 6 })
    fc.assert(
      fc.property(fc.constantFrom('host', 'environment', 'tag'), ids, ids, (on, target, asked) => {
        const grant: Grant = {
          id: '1',
          role: 'viewer',
          team: '',
          effect: 'allow',
          permissions: new Set(['hosts:read']),
          reach: { on, target },
        }
        const place = on === 'tag' ? { host: 'h', tags: [asked] } : { host: 'h', [on]: asked }
        assert.equal(makeRights([grant]).can('hosts:read', place), target === asked)
      }),
      runs,
    )
  })
})
