import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { chooseLanguage } from '../i18n/i18n.ts'
import { becauseWords, byFeature, isGiven, isLastOwner, permissionWords, placeWords, reachOf, roleWhat, roleWords } from './told.ts'

const grant = (holder: string, role: string, effect: 'allow' | 'deny' = 'allow') => ({
  holder: { kind: 'account' as const, id: holder, name: holder },
  role: { id: role, name: role },
  effect,
})

describe('what roles and places are called', () => {
  beforeEach(async () => {
    Object.assign(globalThis, { localStorage: { getItem: () => null, setItem: () => undefined }, document: { documentElement: {} } })
    await chooseLanguage('en')
  })

  it('tells built-in roles in the reader’s language, and an organization’s own as it named them', async () => {
    assert.deepEqual([roleWords('viewer'), roleWords('Night watch')], ['Viewer', 'Night watch'])
    await chooseLanguage('fr')
    assert.deepEqual([roleWords('viewer'), roleWords('Night watch')], ['Lecteur', 'Night watch'])
    assert.match(roleWhat({ id: 'auditor', builtIn: true, description: '' }), /Ne change rien/)
    assert.equal(roleWhat({ id: 'x', builtIn: false, description: 'Ce qu’il veut' }), 'Ce qu’il veut')
  })

  it('shows a name that hides something, wherever it comes from', () => {
    assert.equal(roleWords('ad\u202Emin'), 'ad‹U+202E›min')
    assert.equal(placeWords({ on: 'host', name: 'a\u200Bb' }), 'on the host a‹U+200B›b')
  })

  it('names each kind of place, and one that is gone', () => {
    const places = ['environment', 'host', 'tag'].map((on) => placeWords({ on, name: 'x' }))
    assert.deepEqual(places, ['in the environment x', 'on the host x', 'on hosts tagged x'])
    assert.equal(placeWords({ on: 'organization', name: '' }), 'everywhere')
    assert.equal(placeWords({ on: 'host', name: '' }), 'at a place that is gone')
  })

  it('says of a permission what decided: a role, a denial, a team between, or nothing', () => {
    const because = { grant: 'g', role: 'operator', team: '', effect: 'allow' as const, reach: { on: 'tag', name: 'night' } }
    assert.equal(becauseWords(because), 'role Operator, on hosts tagged night')
    assert.equal(becauseWords({ ...because, team: 'Quay' }), 'role Operator, on hosts tagged night, through the team Quay')
    assert.equal(becauseWords({ ...because, effect: 'deny' }), 'denied by Operator, on hosts tagged night')
    assert.equal(becauseWords(null), 'no role gives it here')
  })

  it('tells a permission that came after this console by its own name', () => {
    assert.equal(permissionWords('hosts:read'), 'See hosts')
    assert.equal(permissionWords('kites:fly'), 'kites:fly')
  })
})

describe('what is chosen from', () => {
  it('has permissions by feature, the most looked at first, what is new at the end by name', () => {
    const found = byFeature(['zeta:a', 'audit:read', 'alpha:b', 'hosts:manage', 'hosts:read'], (name) => name)
    assert.deepEqual(
      found.map(({ name, items }) => [name, ...items]),
      [
        ['hosts', 'hosts:read', 'hosts:manage'],
        ['audit', 'audit:read'],
        ['alpha', 'alpha:b'],
        ['zeta', 'zeta:a'],
      ],
    )
  })

  it('offers nothing that no role gives: one’s own login, an invitation’s link, the hub itself', () => {
    const all = ['logins:own', 'accounts:join', 'accounts:read', 'hub:organizations', 'hosts:read']
    assert.deepEqual(all.filter(isGiven), ['accounts:read', 'hosts:read'])
  })

  it('keeps the last owner: nobody else, and no denial, makes up for one', () => {
    const one = grant('a', 'owner')
    assert.equal(isLastOwner(one, [one, grant('b', 'admin'), grant('b', 'owner', 'deny')]), true)
    assert.equal(isLastOwner(one, [one, grant('b', 'owner')]), false)
    assert.equal(isLastOwner(grant('a', 'admin'), [one]), false)
  })

  it('asks for a grant again as it was', () => {
    assert.deepEqual(reachOf({ reach: { on: 'tag', target: 'night', name: 'night' } }), { on: 'tag', target: 'night' })
    assert.deepEqual(reachOf({ reach: { on: 'organization', target: '', name: '' } }), { on: 'organization' })
  })
})
