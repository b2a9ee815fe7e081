import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import type { UpdateWindow } from '@fairlead/protocol/features/updates-api.ts'
import { codeOf } from '@fairlead/protocol/errors.ts'
import { until } from '../../../e2e/fleet/until.ts'
import { fullContext, openTestFleet } from './test-fleet.ts'
import { fed, idle, type TestHost } from './test-host.ts'

type TestFleet = Awaited<ReturnType<typeof openTestFleet>>
const minuteMs = 60_000

const over = (fleet: TestFleet, id: string) => until(async () => ['halted', 'done', 'stopped'].includes((await fleet.wave(id)).state))
const saidAll = (fleet: TestFleet) =>
  until(async () => {
    const { versions } = await fleet.handlers().list({}, fullContext(fleet.context()))
    return !versions.some(({ version }) => version === '')
  })
const audited = async (fleet: TestFleet) => {
  const rows = await fleet.db.tx(
    { organization: fleet.organization },
    (sql) => sql<{ body: string }[]>`SELECT body FROM audit ORDER BY seq`,
  )
  return rows.map(({ body }) => JSON.parse(body) as { verb: string; hostName: string; after: Record<string, string> })
}
const refused = (promise: Promise<unknown>, code: string, words: RegExp) =>
  assert.rejects(promise, (error: Error) => codeOf(error) === code && words.test(error.message))

describe('a wave of updates over two hundred hosts', () => {
  let fleet: TestFleet
  beforeEach(async () => void (fleet = await openTestFleet()))
  afterEach(() => fleet.close())

  it('that fails everywhere is halted at the first host, and nobody else is touched [security 145]', async () => {
    const { counter } = fleet.release('0.2.0', 2)
    await fleet.enrol(200, 'Debian', (host) => void (host.way = 'returns'))
    await saidAll(fleet)
    const { id, stages } = await fleet.begin(counter)
    assert.deepEqual(
      stages.map((stage) => Object.values(stage).reduce((sum, n) => sum + n, 0)),
      [1, 9, 40, 150],
    )
    await over(fleet, id)
    const wave = await fleet.wave(id)
    assert.deepEqual([wave.state, wave.stage, wave.stages[0]], ['halted', 0, { failed: 1 }])
    assert.deepEqual(
      fleet.hosts
        .map(({ offers, starts }) => offers + starts)
        .sort((a, b) => b - a)
        .slice(0, 2),
      [2, 0],
    )
    assert.deepEqual(
      (await audited(fleet)).map(({ verb }) => verb),
      ['update.fail', 'update.halt'],
    )
    const { hosts } = await fleet.handlers().wave({ wave: id }, fullContext(fleet.context()))
    assert.deepEqual([hosts[0]!.state, hosts[0]!.reason, hosts[0]!.said], ['failed', 'returned', 'It did not log in within 120 s.'])
  })

  it('that fails on one in twenty, which are alike, is halted in the stage after the first host [security 145]', async () => {
    const { counter } = fleet.release('0.2.0', 2)
    await fleet.enrol(190)
    await fleet.enrol(10, 'Alpine', (host) => void (host.way = 'returns'))
    await saidAll(fleet)
    const { id } = await fleet.begin(counter)
    await over(fleet, id)
    const wave = await fleet.wave(id)
    assert.deepEqual([wave.state, wave.stage], ['halted', 1])
    const touched = fleet.hosts.filter(({ offers }) => offers > 0)
    assert.ok(touched.length <= 10, `${touched.length} hosts were touched`)
    assert.ok(fleet.hosts.filter(({ starts, way }) => starts > 0 && way === 'returns').length >= 1)
    // Stages after that one were never begun.
    assert.deepEqual(wave.stages.slice(2), [{ dropped: 40 }, { dropped: 150 }])
  })

  it('that is good reaches all of them, stage after stage, at most four fed at once', async () => {
    const { counter } = fleet.release('0.2.0', 2)
    await fleet.enrol(200)
    await saidAll(fleet)
    Object.assign(fed, { now: 0, most: 0 })
    const { id } = await fleet.begin(counter)
    await over(fleet, id)
    assert.equal(fed.most, 4)
    assert.deepEqual((await fleet.wave(id)).stages, [{ done: 1 }, { done: 9 }, { done: 40 }, { done: 150 }])
    for (const { name, offers, starts, received, state } of fleet.hosts)
      assert.deepEqual([offers, starts, received, state.version], [1, 1, [0, 1, 2], '0.2.0'], name)
    const { versions } = await fleet.handlers().list({}, fullContext(fleet.context()))
    assert.deepEqual(versions, [{ version: '0.2.0', hosts: 200, online: 200 }])
  })
})

describe('a wave of updates', () => {
  let fleet: TestFleet
  before(async () => void (fleet = await openTestFleet()))
  after(() => fleet.close())
  let next = 2
  /** Hosts of the test alone, with a release of their own. */
  async function prepare(count: number, blocks = 3) {
    for (const host of fleet.hosts.splice(0)) {
      host.detach()
      await fleet.db.tx({ organization: fleet.organization }, (sql) => sql`DELETE FROM hosts WHERE id = ${host.id}`)
    }
    await fleet.db.tx({ organization: fleet.organization }, (sql) => sql`DELETE FROM update_waves`)
    await fleet.hub.book.reloadAll(fleet.organization)
    const counter = next++
    fleet.release(`0.${counter}.0`, counter, blocks)
    const hosts = await fleet.enrol(count)
    await saidAll(fleet)
    return { counter, hosts, version: `0.${counter}.0` }
  }
  const only = (wave: string) => ({ wave })

  it('goes on after its link broke, with what is missing', async () => {
    const { counter, hosts } = await prepare(1, 40)
    const [host] = hosts
    host!.cutAfter = 15
    const { id } = await fleet.begin(counter)
    await until(() => !host!.online)
    host!.attach(fleet.hub.fleet)
    await over(fleet, id)
    assert.deepEqual((await fleet.wave(id)).stages, [{ done: 1 }])
    assert.deepEqual([host!.offers, host!.starts], [2, 1])
    // None came twice.
    assert.deepEqual(
      host!.received.toSorted((a, b) => a - b),
      Array.from({ length: 40 }, (_, index) => index),
    )
  })

  for (const moment of ['sending', 'starting', 'pause', 'last stage'] as const)
    it(`goes on after its hub was killed: ${moment}; nobody is sent or started twice`, async () => {
      const { counter, hosts } = await prepare(6, 12)
      const { id } = await fleet.begin(counter, { pauseMinutes: moment === 'pause' ? 10 : 0 })
      const began = () => hosts.find(({ offers }) => offers > 0)
      if (moment === 'sending') {
        await until(() => (began()?.received.length ?? 0) > 0)
      } else if (moment === 'starting') {
        await until(() => began()?.state.phase === 'ready' || (began()?.starts ?? 0) > 0)
      } else if (moment === 'pause') {
        await until(async () => (await fleet.wave(id)).waitsFor === 'pause')
      } else await until(async () => (await fleet.wave(id)).stage === 2)
      await fleet.again()
      await until(() => hosts.every(({ online }) => online))
      if (moment === 'pause') {
        assert.equal((await fleet.wave(id)).waitsFor, 'pause')
        for (let stage = 0; stage < 2; stage++) {
          await until(async () => (await fleet.wave(id)).waitsFor === 'pause')
          fleet.clock.skip(10 * minuteMs)
          await until(async () => (await fleet.wave(id)).waitsFor !== 'pause')
        }
      }
      await over(fleet, id)
      assert.deepEqual((await fleet.wave(id)).stages, [{ done: 1 }, { done: 1 }, { done: 4 }])
      for (const { starts, received, name } of hosts) {
        assert.equal(starts, 1, name)
        assert.deepEqual(
          received.toSorted((a, b) => a - b),
          Array.from({ length: 12 }, (_, index) => index),
          name,
        )
      }
    })

  it('waits between stages as long as it was told, and no longer', async () => {
    const { counter, hosts } = await prepare(2)
    const { id } = await fleet.begin(counter, { pauseMinutes: 30 })
    await until(async () => (await fleet.wave(id)).waitsFor === 'pause')
    fleet.clock.skip(29 * minuteMs)
    await fleet.hub.updates.goOn([fleet.organization])
    assert.equal(hosts.filter(({ offers }) => offers > 0).length, 1)
    fleet.clock.skip(minuteMs)
    await over(fleet, id)
    assert.deepEqual((await fleet.wave(id)).stages, [{ done: 1 }, { done: 1 }])
  })

  it('is paused, goes on, and is stopped by people; what had not begun never does', async () => {
    const { counter, hosts } = await prepare(5)
    const { id } = await fleet.begin(counter, { pauseMinutes: 10 })
    await until(async () => (await fleet.wave(id)).waitsFor === 'pause')
    const context = fullContext(fleet.context())
    assert.equal((await fleet.handlers().pause(only(id), context)).state, 'paused')
    await refused(fleet.handlers().pause(only(id), context) as Promise<unknown>, 'conflict', /The wave is paused/)
    fleet.clock.skip(20 * minuteMs)
    await fleet.hub.updates.goOn([fleet.organization])
    assert.equal(hosts.filter(({ offers }) => offers > 0).length, 1)
    await fleet.handlers().resume(only(id), context)
    await until(() => hosts.filter(({ state }) => state.phase === 'kept').length === 2)
    await until(async () => (await fleet.wave(id)).waitsFor === 'pause')
    assert.equal((await fleet.handlers().stop(only(id), context)).state, 'stopped')
    fleet.clock.skip(60 * minuteMs)
    await fleet.hub.updates.goOn([fleet.organization])
    assert.deepEqual((await fleet.wave(id)).stages, [{ done: 1 }, { done: 1 }, { dropped: 3 }])
    assert.equal(hosts.filter(({ offers }) => offers > 0).length, 2)
  })

  it('leaves hosts over that are offline, and gives it to them when they are back, unless there is a newer one', async () => {
    const { counter, hosts } = await prepare(6)
    const gone = hosts.slice(3)
    for (const host of gone) host.detach()
    const { id } = await fleet.begin(counter)
    await until(async () => (await fleet.wave(id)).stage === 2)
    fleet.clock.skip(2 * minuteMs)
    await over(fleet, id)
    assert.equal((await fleet.wave(id)).state, 'done')
    assert.equal((await fleet.wave(id)).stages[2]!.left, 3)
    gone[0]!.attach(fleet.hub.fleet)
    await until(() => gone[0]!.state.phase === 'kept')
    await until(async () => (await fleet.wave(id)).stages[2]!.left === 2)
    const newer = next++
    fleet.release(`0.${newer}.0`, newer)
    gone[1]!.attach(fleet.hub.fleet)
    await until(async () => (await fleet.wave(id)).stages[2]!.skipped === 1)
    assert.equal(gone[1]!.offers, 0)
  })

  it('takes the next host where the first one is not there, and waits where nobody is', async () => {
    const { counter, hosts } = await prepare(3)
    const { id } = await fleet.begin(counter, { pauseMinutes: 60 })
    await until(async () => (await fleet.wave(id)).waitsFor === 'pause')
    for (const host of hosts) host.detach()
    fleet.clock.skip(70 * minuteMs)
    // All that are left are away: the stage has no success, and the wave is not over.
    await until(async () => (await fleet.wave(id)).stages.some(({ left = 0 }) => left > 0))
    fleet.clock.skip(2 * minuteMs)
    assert.equal((await fleet.wave(id)).state, 'waiting')
    for (const host of hosts) host.attach(fleet.hub.fleet)
    await until(() => hosts.filter(({ state }) => state.phase === 'kept').length >= 2)
  })

  it('skips who cannot take it or must not, and calls that no failure', async () => {
    const { counter, hosts } = await prepare(4)
    const [old, image, locked] = hosts
    for (const host of [old!, image!, locked!]) host.detach()
    old!.features = ['hosts']
    image!.state = { ...idle('0.1.0', 1), kind: 'image', target: null, problem: 'Pull a newer image.' }
    locked!.way = 'locked'
    for (const host of [old!, image!, locked!]) host.attach(fleet.hub.fleet)
    const context = fullContext(fleet.context())
    const skips = async () => (await fleet.handlers().preview({ counter }, context)).skipped
    await until(async () => (await skips()).length === 2)
    assert.deepEqual((await skips()).map(({ reason }) => reason).sort(), ['kind', 'old'])
    const { id } = await fleet.begin(counter)
    await over(fleet, id)
    const { wave, hosts: told } = await fleet.handlers().wave({ wave: id }, context)
    assert.equal(wave.state, 'done')
    assert.deepEqual(told.map(({ state, reason, said }) => [state, reason, said]).sort(), [
      ['done', '', ''],
      ['skipped', 'kind', 'Pull a newer image.'],
      ['skipped', 'old', ''],
      ['skipped', 'policy', 'This host is locked.'],
    ])
  })

  it('fails a host that refuses the release, or that does not come back within five minutes', async () => {
    const { counter, hosts } = await prepare(1)
    hosts[0]!.way = 'deaf'
    const { id } = await fleet.begin(counter)
    await until(() => hosts[0]!.starts === 1 && !hosts[0]!.online)
    fleet.clock.skip(4 * minuteMs)
    await fleet.hub.updates.goOn([fleet.organization])
    assert.equal((await fleet.wave(id)).state, 'running')
    fleet.clock.skip(minuteMs + 5000)
    await over(fleet, id)
    const { hosts: told } = await fleet.handlers().wave({ wave: id }, fullContext(fleet.context()))
    assert.deepEqual([told[0]!.state, told[0]!.reason], ['failed', 'late'])

    const again = await prepare(1)
    again.hosts[0]!.way = 'refuses'
    const second = await fleet.begin(again.counter)
    await over(fleet, second.id)
    const { hosts: later } = await fleet.handlers().wave({ wave: second.id }, fullContext(fleet.context()))
    assert.deepEqual([later[0]!.state, later[0]!.reason, later[0]!.said], ['failed', 'refused', 'The signature is none.'])
  })

  // Four hosts in wrong hands, whosever they were, kept every other one on the hub from its update for ever.
  it('gives the place of a host that takes nothing to others, and waits for nobody who says nothing [security 22]', async () => {
    const { counter, hosts } = await prepare(6)
    const [good, silent, ...evil] = hosts as [TestHost, TestHost, ...TestHost[]]
    for (const host of evil) host.way = 'stalls'
    silent.way = 'silent'
    const update = ({ id }: TestHost) => fleet.handlers().updateHost({ host: id, counter }, fullContext(fleet.context(id)))
    for (const host of evil) await update(host)
    await until(() => evil.every(({ offers }) => offers === 1))
    const { id: goodWave } = await update(good)
    assert.equal(good.offers, 0)
    fleet.clock.skip(2 * minuteMs + 1)
    await over(fleet, goodWave)
    assert.equal(good.state.phase, 'kept')
    const { id: silentWave } = await update(silent)
    for (let tries = 2; tries <= 3; tries++) {
      fleet.clock.skip(minuteMs)
      await until(() => evil.every(({ offers }) => offers === tries))
      fleet.clock.skip(2 * minuteMs)
    }
    await until(() => silent.offers === 1)
    fleet.clock.skip(2 * minuteMs + 1)
    await over(fleet, silentWave)
    const state = async (id: string) => (await fleet.handlers().host({ host: id }, fullContext(fleet.context(id)))).own?.reason
    assert.equal(await state(silent.id), 'policy')
    await until(async () => (await Promise.all(evil.map(({ id }) => state(id)))).every((reason) => reason === 'broken'))
  })

  it('begins nothing outside the window of an environment, except on one host that somebody updates now', async () => {
    const { counter, hosts } = await prepare(2)
    const atMinute = (ms: number) => Math.floor((ms % 86_400_000) / minuteMs)
    const opensMs = fleet.clock.nowMs() + 60 * minuteMs
    const window: UpdateWindow = {
      days: [1, 2, 3, 4, 5, 6, 7],
      fromMinute: atMinute(opensMs),
      toMinute: atMinute(opensMs + 30 * minuteMs),
      zone: 'UTC',
    }
    const set = (to: UpdateWindow | null) =>
      fleet.handlers().setWindow({ environment: fleet.environment, window: to }, fullContext(fleet.context('', fleet.environment)))
    await refused(set({ ...window, zone: 'Mars/Olympus' }) as Promise<unknown>, 'invalid_input', /no time zone/)
    assert.deepEqual(await set(window), { window })
    const { id } = await fleet.begin(counter)
    await until(async () => (await fleet.wave(id)).waitsFor === 'window')
    assert.deepEqual(
      hosts.map(({ offers }) => offers),
      [0, 0],
    )
    await refused(
      fleet.handlers().updateHost({ host: hosts[0]!.id, counter }, fullContext(fleet.context(hosts[0]!.id))) as Promise<unknown>,
      'conflict',
      /being updated already/,
    )
    fleet.clock.skip(61 * minuteMs)
    await over(fleet, id)
    assert.deepEqual((await fleet.wave(id)).stages, [{ done: 1 }, { done: 1 }])

    fleet.clock.skip(120 * minuteMs)
    const newer = next++
    fleet.release(`0.${newer}.0`, newer)
    const own = fullContext(fleet.context(hosts[1]!.id))
    const one = await fleet.handlers().updateHost({ host: hosts[1]!.id }, own)
    await over(fleet, one.id)
    assert.equal(hosts[1]!.state.version, `0.${newer}.0`)
    assert.equal(hosts[0]!.state.version, `0.${counter}.0`)
    const back = await fleet.handlers().revert({ host: hosts[1]!.id }, own)
    assert.equal(back.version, `0.${counter}.0`)
    await set(null)
  })

  it('has a host in one wave at a time, and none that has it', async () => {
    const { counter, hosts } = await prepare(2)
    const { id } = await fleet.begin(counter, { pauseMinutes: 60 })
    await until(async () => (await fleet.wave(id)).waitsFor === 'pause')
    await refused(fleet.begin(counter), 'conflict', /1 have it or something newer, 1 are being updated/)
    await refused(fleet.begin(999), 'not_found', /no such release/)
    await fleet.handlers().stop(only(id), fullContext(fleet.context()))
    const second = await fleet.begin(counter)
    await over(fleet, second.id)
    assert.deepEqual((await fleet.wave(second.id)).stages, [{ done: 1 }])
    assert.ok(hosts.every(({ starts }) => starts === 1))
  })

  it('is offered again to a host that went back, and says of it what it runs', async () => {
    const { counter, hosts, version } = await prepare(1)
    const [host] = hosts
    const own = () => fullContext(fleet.context(host!.id))
    const give = async (number: number) => {
      const { id } = await fleet.begin(number)
      await over(fleet, id)
      return id
    }
    const told = async (wave: string) => (await fleet.handlers().wave({ wave }, fullContext(fleet.context()))).hosts[0]!
    const goBack = async () => {
      const { version: before } = await fleet.handlers().revert({ host: host!.id }, own())
      await until(async () => (await fleet.handlers().host({ host: host!.id }, own())).state?.phase === 'idle')
      return before
    }
    const first = await give(counter)
    assert.deepEqual([(await told(first)).state, (await told(first)).runs], ['done', version])
    assert.equal((await fleet.handlers().host({ host: host!.id }, own())).release, null)
    assert.equal(await goBack(), '0.1.0')
    assert.deepEqual([(await told(first)).state, (await told(first)).runs], ['done', '0.1.0'])
    assert.equal((await fleet.handlers().host({ host: host!.id }, own())).release?.version, version)
    assert.equal((await told(await give(counter))).runs, version)
    // Another build that calls itself the same.
    const alike = next++
    fleet.release(version, alike, 4)
    await give(alike)
    assert.equal(await goBack(), version)
    assert.equal((await fleet.handlers().host({ host: host!.id }, own())).release?.counter, alike)
    assert.equal((await told(await give(alike))).state, 'done')
    assert.equal(host!.starts, 4)
  })

  it('begins with a host that said what it is, where one is there', async () => {
    const { counter, hosts } = await prepare(5)
    const [known, ...others] = hosts.toReversed()
    await fleet.db.tx({ organization: fleet.organization }, async (sql) => {
      for (const { id } of others) await sql`UPDATE hosts SET facts = NULL WHERE id = ${id}`
    })
    await fleet.hub.book.reloadAll(fleet.organization)
    const { id } = await fleet.begin(counter, { pauseMinutes: 60 })
    await until(async () => (await fleet.wave(id)).waitsFor === 'pause')
    assert.deepEqual(
      hosts.filter(({ offers }) => offers > 0).map(({ name }) => name),
      [known!.name],
    )
    await fleet.handlers().stop(only(id), fullContext(fleet.context()))
  })

  it('goes on without a host that is removed, and does nothing while the hub is held', async () => {
    const { counter, hosts } = await prepare(3)
    const { id } = await fleet.begin(counter, { pauseMinutes: 10 })
    await until(async () => (await fleet.wave(id)).waitsFor === 'pause')
    const waiting = hosts.filter(({ offers }) => offers === 0)
    fleet.hold('This hub was restored.')
    fleet.clock.skip(10 * minuteMs)
    await fleet.hub.updates.goOn([fleet.organization])
    assert.ok(waiting.every(({ offers }) => offers === 0))
    fleet.hold(undefined)
    await fleet.db.tx({ organization: fleet.organization }, (sql) => sql`UPDATE hosts SET revoked_at = now() WHERE id = ${waiting[0]!.id}`)
    await fleet.hub.book.reload(fleet.organization, waiting[0]!.id)
    await fleet.hub.updates.hostGone(fleet.organization, waiting[0]!.id)
    await fleet.hub.updates.goOn([fleet.organization])
    await over(fleet, id)
    assert.deepEqual((await fleet.wave(id)).stages, [{ done: 1 }, { done: 1 }])
    assert.equal(waiting[0]!.offers, 0)
    assert.equal(waiting[1]!.state.phase, 'kept')
  })
})
