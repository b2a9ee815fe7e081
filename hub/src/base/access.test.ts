import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import * as z from 'zod/mini'
import { api, type Api } from '@fairlead/protocol/api.ts'
import { call } from '@fairlead/protocol/contract.ts'
import { codeOf, FairleadError } from '@fairlead/protocol/errors.ts'
import { hubFeatures } from '@fairlead/protocol/features/hub.ts'
import { enrolEndpoints, publicEndpoints, type Caller, type Proof } from './access.ts'
import type { AuditEntry } from './audit.ts'
import { makeRights, type Reach } from './rights.ts'
import { noSight } from './sight.ts'
import { createDoors, type Doors } from './serve.ts'

const source = join(import.meta.dirname, '..')
const about = { ip: '192.0.2.1', userAgent: 'test', trace: 't' }
const rows: AuditEntry[] = []

function doorsOf(features: Readonly<Record<string, Api>>, handlers: object = {}): Doors {
  return createDoors({
    features,
    handlers: handlers as never,
    audits: { write: async (row) => void rows.push(row), onRow: () => () => undefined, onAppend: () => () => undefined },
    log: () => undefined,
    places: {
      host: async () => ({ id: 'h', name: 'host', environment: 'e', tags: ['t'] }),
      environment: async () => ({ id: 'e' }),
      sight: async () => noSight,
    },
    nameOf: (organization, host, id) => (`${organization}/${host}/${id}` === 'o/h/0123456789ab' ? 'shop-web' : ''),
    rates: { take: () => undefined },
  })
}

function caller(permissions: ReadonlySet<string>, reach: Reach = { on: 'organization' }): Caller {
  const rights = makeRights([{ id: 'g', role: 'r', team: '', effect: 'allow', permissions, reach }])
  // Proved a moment ago: what that opens has a test of its own.
  const proof: Proof = { factor: 'password', untilMs: Infinity, accepts: ['password'] }
  // Nobody is both: it lets in by permission alone. That people stay out of the doors of services has a test of its own.
  return { account: 'a', name: 'A', organization: 'o', rights, login: 'l', proof, service: true, ...about }
}

/** Which methods let this caller in. */
async function letIn(doors: Doors, who: Caller | undefined): Promise<Set<string>> {
  const open = new Set<string>()
  for (const [name, endpoint] of doors.endpoints) {
    try {
      const { done } = await doors.admit({ name, endpoint, caller: who, params: { host: 'h' }, about })
      await done(undefined, 0)
      open.add(name)
    } catch (error) {
      assert.equal(codeOf(error), who === undefined ? 'unauthenticated' : 'forbidden', name)
    }
  }
  return open
}

describe('the doors of the hub', () => {
  const doors = doorsOf(hubFeatures)
  const all = [...new Set([...doors.endpoints.values()].map(({ door }) => door.needs))]
  // Whoever is signed in has a login of their own: nobody grants that.
  const own = new Set(
    [...doors.endpoints].filter(([name, { door }]) => door.on === 'self' || publicEndpoints.has(name)).map(([name]) => name),
  )

  it('are closed: without one permission exactly the methods that need it are refused, and without any all but the public ones [security 2]', async () => {
    const everything = await letIn(doors, caller(new Set(all)))
    assert.deepEqual([...everything], [...doors.endpoints.keys()])
    for (const missing of all) {
      const left = await letIn(doors, caller(new Set(all.filter((permission) => permission !== missing))))
      const lost = [...doors.endpoints].filter(([name, { door }]) => door.needs === missing && !own.has(name))
      assert.deepEqual(
        [...everything].filter((name) => !left.has(name)),
        lost.map(([name]) => name),
        missing,
      )
    }
    assert.deepEqual(await letIn(doors, caller(new Set())), own)
    assert.deepEqual(await letIn(doors, undefined), publicEndpoints)
  })

  it('let in by each reach exactly what lies within it: a host alone opens no list of the organization [security 2 7]', async () => {
    const on = (reach: Reach) => letIn(doors, caller(new Set(all), reach))
    const of = (...scopes: string[]) =>
      new Set([...doors.endpoints].filter(([, { door }]) => scopes.includes(door.on)).map(([name]) => name))
    const sees = new Set([...own, ...of('hosts')])
    for (const reach of [
      { on: 'host', target: 'h' },
      { on: 'environment', target: 'e' },
      { on: 'tag', target: 't' },
    ] as const)
      assert.deepEqual(
        await on(reach),
        new Set([...doors.endpoints.keys()].filter((name) => sees.has(name) || of('host').has(name))),
        reach.on,
      )
    // Elsewhere: of what is asked of many hosts they are answered nothing, and this host they do not even know.
    const endpoint = doors.endpoints.get('containers.stop')!
    const stop = (who: Caller) => doors.admit({ name: 'containers.stop', endpoint, caller: who, params: { host: 'h' }, about })
    await assert.rejects(stop(caller(new Set(all), { on: 'host', target: 'other' })), {
      code: 'not_found',
      message: 'There is no such host.',
    })
    assert.deepEqual([rows.at(-1)?.verb, rows.at(-1)?.code], ['access.refused', 'containers.stop'])
    const twice = makeRights([
      { id: '1', role: 'r', team: '', effect: 'allow', permissions: new Set(['hosts:read']), reach: { on: 'organization' } },
      {
        id: '2',
        role: 'r',
        team: '',
        effect: 'allow',
        permissions: new Set(['containers:operate']),
        reach: { on: 'host', target: 'other' },
      },
    ])
    await assert.rejects(stop({ ...caller(new Set()), rights: twice }), { code: 'forbidden', message: /containers:operate on this host/ })
  })

  it('of services let in nobody else, whatever they may, and are on no session and under no other address', async () => {
    const services = [...doors.endpoints].filter(([, { door }]) => door.standard !== undefined).map(([name]) => name)
    assert.ok(services.length > 10)
    const { service: _, ...person } = caller(new Set(all))
    const open = await letIn(doors, person)
    for (const name of services) assert.ok(!open.has(name), name)
    for (const name of services) assert.ok(doors.endpoints.get(name)!.door.http.includes(' /scim/v2/'), name)
  })

  it('write down whoever was refused, and what they wanted [security 134]', async () => {
    rows.length = 0
    await letIn(doors, caller(new Set()))
    const refusals = rows.filter(({ verb }) => verb === 'access.refused')
    assert.equal(refusals.length, doors.endpoints.size - own.size)
    for (const { verb, outcome, code, actor, ip } of refusals) {
      assert.deepEqual([verb, outcome, actor, ip], ['access.refused', 'refused', 'a', about.ip])
      assert.ok(doors.endpoints.has(code))
    }
  })

  it('write down what a thing was called when it was asked for, beside its id', async () => {
    const endpoint = doors.endpoints.get('containers.stop')!
    for (const [id, targetName] of [
      ['0123456789ab', 'shop-web'],
      ['ba9876543210', undefined],
    ] as const) {
      for (const permissions of [new Set(['containers:operate']), new Set<string>()]) {
        rows.length = 0
        const call = { name: 'containers.stop', endpoint, caller: caller(permissions), params: { host: 'h', id }, about }
        if (permissions.size === 0) await assert.rejects(doors.admit(call), { code: 'forbidden' })
        else await (await doors.admit(call)).done(undefined, 0)
        assert.deepEqual(
          rows.map((row) => [row.target, row.targetName]),
          Array.from({ length: permissions.size === 0 ? 1 : 2 }, () => [id, targetName]),
        )
      }
    }
  })

  it('write down that a call was given up, and a stream that was left as one that ended [security 134]', async () => {
    // Once what somebody gave up half-way stood in the trail as done.
    for (const [name, outcome, code] of [
      ['containers.stop', 'failed', 'canceled'],
      ['containers.logFile', 'ok', ''],
    ] as const) {
      rows.length = 0
      const endpoint = doors.endpoints.get(name)!
      const who = caller(new Set([endpoint.door.needs]))
      const admitted = await doors.admit({ name, endpoint, caller: who, params: { host: 'h', id: '0123456789ab' }, about })
      await admitted.done(new FairleadError('canceled', 'The asker left.'), 0)
      const last = rows.at(-1)!
      assert.deepEqual([last.outcome, last.code], [outcome, code])
    }
  })

  it('that want a fresh proof are closed without one, whatever one may do, and say what would open them', async () => {
    const features = { x: { y: api(call(z.object({}), z.object({})), { http: 'GET /x', needs: 'x:read', on: 'self', stepUp: true }) } }
    const guarded = doorsOf(features)
    const endpoint = guarded.endpoints.get('x.y')!
    const ask = (proof: Proof | undefined, open = guarded, door = endpoint) => {
      const { proof: _own, ...without } = caller(new Set(['x:read']))
      const who = proof === undefined ? without : { ...without, proof }
      return open.admit({ name: 'x.y', endpoint: door, caller: who, params: {}, about })
    }
    const proven = (leftMs: number): Proof => ({ factor: 'password', untilMs: performance.now() + leftMs, accepts: ['passkey', 'totp'] })
    rows.length = 0
    await assert.rejects(ask(proven(-1)), { code: 'unproven', details: { stepUp: ['passkey', 'totp'] } })
    await assert.rejects(ask(undefined), (error: FairleadError) => error.code === 'forbidden' && error.details === undefined)
    await (await ask(proven(60_000))).done(undefined, 0)
    assert.deepEqual(
      rows.map(({ verb, code, factor }) => [verb, code, factor]),
      [
        ['access.step_up', 'x.y', 'password'],
        ['access.refused', 'x.y', undefined],
      ],
    )
    // The twin: the same method without the word lets all three in, so it is that word that holds them.
    const open = doorsOf({ x: { y: { ...endpoint, door: { ...endpoint.door, stepUp: undefined } } as never } })
    for (const proof of [proven(-1), undefined, proven(60_000)])
      await (await ask(proof, open, open.endpoints.get('x.y')!)).done(undefined, 0)
    assert.throws(
      () => doorsOf({ logins: { welcome: { ...endpoint, door: { ...endpoint.door, on: 'public' } } } }),
      /logins\.welcome wants a proof of a stranger/,
    )
  })

  it('let who must get a second factor first do that, and nothing else [security 99]', async () => {
    const proof: Proof = { factor: 'password', untilMs: Infinity, accepts: ['password'], mustEnrol: true }
    for (const name of enrolEndpoints) assert.ok(doors.endpoints.has(name), name)
    const open = new Set<string>()
    for (const [name, endpoint] of doors.endpoints)
      try {
        const { done } = await doors.admit({ name, endpoint, caller: { ...caller(new Set(all)), proof }, params: { host: 'h' }, about })
        await done(undefined, 0)
        open.add(name)
      } catch (error) {
        assert.deepEqual((error as FairleadError).details, { enrol: ['passkey', 'totp'] }, name)
      }
    assert.deepEqual(open, new Set([...publicEndpoints, ...enrolEndpoints]))
  })

  it('keep the hub from starting when a method has no permission, no scope, no audit, or is public unasked [security 1]', () => {
    const method = call(z.object({}), z.object({}))
    const good = { http: 'GET /x', needs: 'x:read', on: 'self' } as const
    doorsOf({ x: { y: api(method, good) } })
    // @ts-expect-error -- no permission
    assert.throws(() => doorsOf({ x: { y: api(method, { http: 'GET /x', on: 'self' }) } }), /x\.y has no permission or scope/)
    // @ts-expect-error -- no scope
    assert.throws(() => doorsOf({ x: { y: api(method, { http: 'GET /x', needs: 'x:read' }) } }), /x\.y has no permission or scope/)
    // @ts-expect-error -- a change without its audit row
    assert.throws(() => doorsOf({ x: { y: api(method, { ...good, http: 'POST /x' }) } }), /x\.y changes something and has no name/)
    assert.throws(() => doorsOf({ x: { y: api(method, { ...good, on: 'public' }) } }), /x\.y is public and not on the list/)
  })

  it('keep the hub from starting when a method has no schema, a made-up scope, or the address of another [security 1]', () => {
    const method = call(z.object({}), z.object({}))
    const good = { http: 'GET /x/:id', needs: 'x:read', on: 'self' } as const
    // @ts-expect-error -- no scope of that name
    assert.throws(() => doorsOf({ x: { y: api(method, { ...good, on: 'anyone' }) } }), /x\.y has no permission or scope/)
    // @ts-expect-error -- an empty permission
    assert.throws(() => doorsOf({ x: { y: api(method, { ...good, needs: '' }) } }), /x\.y has no permission or scope/)
    // @ts-expect-error -- no address
    assert.throws(() => doorsOf({ x: { y: api(method, { ...good, http: '/x' }) } }), /x\.y has no address/)
    const bare = (without: object) => ({ x: { y: { ...api(method, good), ...without } } }) as never
    assert.throws(() => doorsOf(bare({ input: undefined })), /x\.y has no schema of what it is asked/)
    assert.throws(() => doorsOf(bare({ output: undefined })), /x\.y has no schema of what it answers/)
    assert.throws(() => doorsOf(bare({ kind: 'stream' })), /x\.y has no schema of what it answers/)
    assert.throws(() => doorsOf(bare({ kind: 'duplex', down: { decode: () => 0 } })), /x\.y has no schema of what it is sent/)
    const twice = { y: api(method, good), z: api(method, { ...good, http: 'GET /x/:name', needs: 'x:other' }) }
    assert.throws(() => doorsOf({ x: twice }), /x\.z has the address of another method/)
  })

  it('are the only ones: nothing else registers an address, but for SCIM’s of the same doors, and the files and health of base/web, static and docs [security 1]', () => {
    const bare = globSync('**/*.ts', { cwd: source })
      .filter((file) => !file.endsWith('.test.ts'))
      .filter((file) => /\bapp\s*\.\s*(get|post|put|patch|delete|all|on|use|route|mount)\(/.test(readFileSync(join(source, file), 'utf8')))
    assert.deepEqual(bare.sort(), [
      'base/callback.ts',
      'base/docs.ts',
      'base/http.ts',
      'base/installer.ts',
      'base/static.ts',
      'base/web.ts',
      'scim/door.ts',
    ])
    // Whatever the variable is called.
    const routers = globSync('**/*.ts', { cwd: source })
      .filter((file) => !file.endsWith('.test.ts') && !/\/test-/.test(file))
      .filter((file) => /\bnew Hono\b|\bcreateServer\(/.test(readFileSync(join(source, file), 'utf8')))
    assert.deepEqual(
      routers.filter((file) => !bare.includes(file)).sort(),
      // Sockets in the data folder: of commands that its own account alone may run, and its lock, which answers nothing. The doctor looks
      // whether a port is free. Port 80 leads to https, and answers the authority that makes the certificate.
      ['acme/challenges.ts', 'base/control.ts', 'base/datadir.ts', 'base/listen.ts', 'commands/doctor-machine.ts'],
    )
    const listening = globSync('**/*.ts', { cwd: source })
      .filter((file) => !file.endsWith('.test.ts'))
      .filter((file) => /\bhandleUpgrade\(|\.on\('upgrade'/.test(readFileSync(join(source, file), 'utf8')))
    // What is asked of others answers an upgrade by ending it.
    assert.deepEqual(
      listening.filter((file) => file !== 'base/outbound.ts'),
      ['base/listen.ts'],
    )
  })

  it('let out only what the contract names, whatever a handler answers [security 8]', async () => {
    const method = call(z.object({}), z.object({ name: z.string() }))
    const features = { x: { y: api(method, { http: 'GET /x', needs: 'x:read', on: 'self' }) } }
    const { handlers } = doorsOf(features, { x: { y: async () => ({ name: 'n', passwordHash: 'canary' }) } })
    assert.deepEqual(await handlers['x']!['y']!({} as never, {} as never), { name: 'n' })
  })
})
