import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { limitRights, makeRights, noRights, type Grant, type Place, type Reach } from './rights.ts'
import { noSight, sightOf, wholeSight } from './sight.ts'

const give = (effect: 'allow' | 'deny', permissions: readonly string[], reach: Reach, id = 'g'): Grant => ({
  id,
  role: 'r',
  team: '',
  effect,
  permissions: new Set(permissions),
  reach,
})
const whole = { on: 'organization' } as const
const web = { host: 'web', environment: 'prod', tags: ['eu', 'shop'] }
const db = { host: 'db', environment: 'prod', tags: ['us'] }

const names = fc.constantFrom('a:read', 'a:write', 'b:read')
const targets = fc.constantFrom('prod', 'lab', 'web', 'db', 'eu')
const reaches: fc.Arbitrary<Reach> = fc.oneof(
  fc.constant(whole),
  fc.record({ on: fc.constantFrom('environment' as const, 'host' as const, 'tag' as const), target: targets }),
)
const grantsOf = fc.array(
  fc
    .record({ effect: fc.constantFrom('allow' as const, 'deny' as const), permissions: fc.array(names, { maxLength: 3 }), reach: reaches })
    .map(({ effect, permissions, reach }) => give(effect, permissions, reach)),
  { maxLength: 6 },
)
const places: fc.Arbitrary<Place> = fc.oneof(
  fc.constant({}),
  fc.record({ environment: targets }),
  fc.record({ host: targets, environment: targets, tags: fc.array(targets, { maxLength: 3 }) }),
)

describe('rights', () => {
  it('hold where a grant reaches, and nowhere else [security 2]', () => {
    const [nowhere, prod, lab] = [{}, { environment: 'prod' }, { environment: 'lab' }]
    const all: readonly Place[] = [nowhere, prod, lab, web, db]
    const held: readonly (readonly [Reach, readonly Place[]])[] = [
      [whole, all],
      [{ on: 'environment', target: 'prod' }, [prod, web, db]],
      [{ on: 'host', target: 'web' }, [web]],
      [{ on: 'tag', target: 'us' }, [db]],
    ]
    for (const [reach, there] of held) {
      const { can } = makeRights([give('allow', ['a:read'], reach)])
      assert.deepEqual(
        all.filter((place) => can('a:read', place)),
        there,
      )
      assert.equal(can('a:write', web), false)
    }
    assert.equal(noRights.can('a:read', {}), false)
  })

  it('say what decided', () => {
    const rights = makeRights([
      give('allow', ['a:read'], whole, 'all'),
      give('deny', ['a:read'], { on: 'environment', target: 'prod' }, 'not here'),
    ])
    assert.deepEqual([rights.decide('a:read', web).allowed, rights.decide('a:read', web).because?.id], [false, 'not here'])
    assert.deepEqual([rights.decide('a:read', {}).allowed, rights.decide('a:read', {}).because?.id], [true, 'all'])
    assert.deepEqual(rights.decide('b:read', web), { allowed: false, because: undefined })
  })

  it('lose with a grant taken away only what it gave, and never gain [security 2]', () => {
    fc.assert(
      fc.property(grantsOf, fc.nat(), names, places, (grants, which, permission, place) => {
        const at = grants.length === 0 ? 0 : which % grants.length
        const [before, after] = [makeRights(grants), makeRights(grants.filter((_, index) => index !== at))]
        const [was, is] = [before.can(permission, place), after.can(permission, place)]
        if (was === is) return
        const taken = grants[at]!
        assert.ok(taken.permissions.has(permission))
        assert.equal(taken.effect, was ? 'allow' : 'deny')
      }),
      { numRuns: 5000 },
    )
  })

  it('are denied by a denial whatever else allows it', () => {
    fc.assert(
      fc.property(grantsOf, reaches, names, places, (grants, reach, permission, place) => {
        const denial = makeRights([give('deny', [permission], reach)])
        const reachesThere = makeRights([give('allow', [permission], reach)]).can(permission, place)
        const all = makeRights([...grants, give('deny', [permission], reach)])
        assert.equal(denial.can(permission, place), false)
        if (reachesThere) assert.equal(all.can(permission, place), false)
      }),
    )
  })

  it('are somewhere wherever they are at any place, and everywhere only when at all of them', () => {
    fc.assert(
      fc.property(grantsOf, names, places, (grants, permission, place) => {
        const rights = makeRights(grants)
        if (rights.can(permission, place)) assert.ok(rights.somewhere(permission))
        if (rights.everywhere(permission)) assert.ok(rights.can(permission, place))
      }),
      { numRuns: 5000 },
    )
  })

  it('are had throughout a reach only when at every place in it, whatever lies there and is denied [security 2]', () => {
    const inside = fc.record({ host: targets, environment: targets, tags: fc.array(targets, { minLength: 1, maxLength: 3 }) })
    fc.assert(
      fc.property(grantsOf, names, inside, (grants, permission, place) => {
        const { throughout, can } = makeRights(grants)
        const around: readonly Reach[] = [
          whole,
          { on: 'environment', target: place.environment },
          { on: 'host', target: place.host },
          { on: 'tag', target: place.tags[0]! },
        ]
        for (const reach of around)
          if (throughout(permission, reach, reach.on === 'host' ? place : undefined)) assert.ok(can(permission, place), reach.on)
      }),
      { numRuns: 5000 },
    )
    const denied = makeRights([give('allow', ['a:read'], whole), give('deny', ['a:read'], { on: 'environment', target: 'prod' })])
    assert.deepEqual(
      [whole, { on: 'environment', target: 'lab' } as const, { on: 'tag', target: 'eu' } as const].map((reach) =>
        denied.throughout('a:read', reach),
      ),
      [false, true, false],
    )
    const lab = { host: 'db', environment: 'lab', tags: [] }
    assert.deepEqual(
      [denied.throughout('a:read', { on: 'host', target: 'db' }), denied.throughout('a:read', { on: 'host', target: 'db' }, lab)],
      [false, true],
    )
  })

  it('are never more for being limited, and nothing is allowed that was denied [security 102]', () => {
    fc.assert(
      fc.property(grantsOf, fc.array(names), names, places, (grants, scopes, permission, place) => {
        const rights = makeRights(grants)
        assert.equal(
          limitRights(rights, new Set(scopes)).can(permission, place),
          scopes.includes(permission) && rights.can(permission, place),
        )
      }),
    )
  })

  it('have one key as long as they allow the same by the same grants, in whatever order these come', () => {
    const [one, other] = [give('allow', ['a:read', 'b:read'], whole, '1'), give('deny', ['b:read'], { on: 'tag', target: 'eu' }, '2')]
    assert.equal(
      makeRights([one, other]).key,
      makeRights([
        { ...other, id: '3' },
        { ...one, permissions: new Set(['b:read', 'a:read']) },
      ]).key,
    )
    assert.notEqual(makeRights([one]).key, makeRights([one, other]).key)
  })
})

describe('what somebody sees', () => {
  const hosts = new Map([
    ['web', web],
    ['db', db],
  ])
  it('is the hosts at which a permission holds', () => {
    const sight = sightOf(makeRights([give('allow', ['a:read'], { on: 'tag', target: 'eu' })]), 'a:read', hosts)
    assert.deepEqual([sight.sees('web'), sight.sees('db'), sight.sees('new')], [true, false, false])
    assert.equal(sightOf(makeRights([give('allow', ['a:read'], whole)]), 'a:read', new Map()), wholeSight)
    assert.equal(noSight.sees('web'), false)
  })

  it('has one key for two who see the same, and another when a host is tagged otherwise', () => {
    const byTag = makeRights([give('allow', ['a:read'], { on: 'tag', target: 'eu' })])
    const byHost = makeRights([give('allow', ['a:read'], { on: 'host', target: 'web' })])
    assert.equal(sightOf(byTag, 'a:read', hosts).key, sightOf(byHost, 'a:read', hosts).key)
    const moved = new Map([...hosts, ['db', { ...db, tags: ['eu'] }]])
    assert.notEqual(sightOf(byTag, 'a:read', hosts).key, sightOf(byTag, 'a:read', moved).key)
  })
})
