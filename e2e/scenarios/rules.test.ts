import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import type { AuditRow } from '@fairlead/protocol/features/audit.ts'
import type { RulesState } from '@fairlead/protocol/features/rules.ts'
import { startOne, type One } from '../fleet/one.ts'
import { runCli } from '../fleet/run-cli.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'

const heal = { name: 'all', unhealthySeconds: 10, failed: true, perHour: 2 }
const always = { days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, toMinute: 0 }

interface Inspected {
  readonly Id: string
  readonly State: { readonly Running: boolean; readonly StartedAt: string; readonly Health?: { readonly Status: string } }
}

describe('a host that decides for itself', need('dockerd', 'busybox'), () => {
  let one: One
  before(async () => {
    one = await startOne()
  })
  after(() => one?.stop())

  const inspect = async (name: string) => JSON.parse((await one.engine.api('GET', `/containers/${name}/json`)).body) as Inspected
  const cli = async (...argv: string[]) => {
    const said = await runCli({ FAIRLEAD_STATE_DIR: one.agent.stateDir, FAIRLEAD_ENGINE: one.engine.socket }, argv)
    assert.equal(said.status, 0, said.stderr)
    return said.stdout
  }
  const rules = async () => JSON.parse(await cli('rules', '--json')) as Omit<RulesState, 'counter'>
  const acts = async (name: string) =>
    (await rules()).acts
      .filter(({ targetName }) => targetName === name)
      .map(({ outcome, why }) => `${outcome} ${why}`)
      .reverse()
  const images = async () => (JSON.parse((await one.engine.api('GET', '/images/json')).body) as { Id: string }[]).map(({ Id }) => Id)
  const ask = async (method: string, path: string, body?: object) => {
    const answer = await one.owner.ask(method, `/api/v1${path}`, body === undefined ? {} : { body })
    assert.equal(answer.status, 200, answer.text)
    return JSON.parse(answer.text) as Record<string, unknown>
  }
  const environment = async () => String((await one.hosts())[0]!.environmentId)
  /** As a health check of it says, which the engine runs each second. */
  const checked = { Test: ['CMD', 'busybox', 'test', '-e', '/tmp/well'], Interval: 1_000_000_000, Retries: 1 }

  it('removes images that nothing uses when its time comes, those that were shown before', { timeout: 120_000 }, async () => {
    const before = await images()
    const layer = spawnSync('tar', ['-c', '-C', import.meta.dirname, 'rules.test.ts']).stdout
    await one.engine.api('POST', '/images/create?fromSrc=-', layer)
    const added = (await images()).find((id) => !before.includes(id))
    const would = await ask('GET', '/hosts/alpha/rules/preview?images=dangling&olderDays=0')
    assert.deepEqual([would['count'], (would['images'] as { id: string }[])[0]?.id], [1, added])
    // The test's own image has a name and is used by nothing.
    assert.equal((await ask('GET', '/hosts/alpha/rules/preview?images=unused&olderDays=0'))['count'], 2)
    assert.equal((await ask('GET', '/hosts/alpha/rules/preview?images=unused&olderDays=1'))['count'], 0)
    const prune = { name: 'night', images: 'dangling', olderDays: 0, ...always }
    await ask('PUT', '/hosts/alpha/rules', { rules: { heal: [], prune: [prune] } })
    await until(async () => (await images()).length === before.length)
    assert.deepEqual(await images(), before)
    await until(async () => (await rules()).acts.length === 1)
    assert.match((await rules()).acts[0]!.why, /^1 images, \d+ bytes$/)
    await ask('PUT', '/hosts/alpha/rules', { rules: { heal: [], prune: [] } })
  })

  it(
    'heals what is not well with the hub dead and the agent killed in between, and gives up what restarts do not mend',
    { timeout: 180_000 },
    async () => {
      await ask('PUT', `/environments/${await environment()}/rules`, { rules: { heal: [heal], prune: [] } })
      await until(async () => (await rules()).heal.length === 1)
      await one.hub.end('SIGKILL')
      // Unhealthy until it is started for the second time.
      await one.engine.run('sick', ['sh', '-c', 'test -e /tmp/again && busybox touch /tmp/well; busybox touch /tmp/again; sleep 1000'], {
        Healthcheck: checked,
        HostConfig: { NetworkMode: 'none' },
      })
      await one.engine.run('crash', ['sh', '-c', 'sleep 1; exit 3'])
      await one.engine.run('left', ['sh', '-c', 'sleep 1; exit 3'], {
        Labels: { 'fairlead.heal': 'off' },
        HostConfig: { NetworkMode: 'none' },
      })
      await one.engine.run('brought', ['sh', '-c', 'sleep 1; exit 3'], {
        HostConfig: { NetworkMode: 'none', RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 0 } },
      })
      await one.engine.run('stopped', ['sh', '-c', 'trap "exit 1" TERM; while :; do sleep 0.1; done'])
      await until(async () => (await acts('crash')).length === 1)
      one.agent.process.kill('SIGKILL')
      await once(one.agent.process, 'exit')
      // By a person, while no agent runs: the engine tells it later.
      await one.engine.api('POST', '/containers/stopped/stop?t=5')
      const back = one.agent.restart()
      back.catch(() => undefined)
      await until(async () => (await inspect('sick')).State.Health?.Status === 'healthy', 60)
      await until(async () => (await acts('crash')).length === 3, 60)
      assert.deepEqual(await acts('crash'), ['ok exit 3', 'ok exit 3', 'gave_up exit 3'])
      assert.deepEqual(await acts('sick'), ['ok unhealthy'])
      for (const name of ['left', 'stopped', 'brought']) assert.deepEqual(await acts(name), [], name)
      assert.deepEqual([(await inspect('left')).State.Running, (await inspect('stopped')).State.Running], [false, false])
      assert.deepEqual(
        (await rules()).gaveUp.map(({ name }) => name),
        ['crash'],
      )
      assert.match(await cli('rules'), /NEEDS ATTENTION[\s\S]*crash/)
    },
  )

  it('does nothing while it is locked, says so, and does it once it is open again', { timeout: 120_000 }, async () => {
    await cli('lock', '--reason', 'drill')
    await one.engine.run('late', ['sh', '-c', 'test -e /tmp/again && sleep 1000; busybox touch /tmp/again; exit 4'])
    await until(async () => (await acts('late')).length === 1)
    assert.deepEqual(await acts('late'), ['held lock'])
    assert.equal((await inspect('late')).State.Running, false)
    await cli('unlock')
    await until(async () => (await inspect('late')).State.Running)
    await until(async () => (await acts('late')).length === 2)
    assert.deepEqual(await acts('late'), ['held lock', 'ok exit 4'])
  })

  it('tells its hub all of it: once, in order, marked as done by the host', { timeout: 120_000 }, async () => {
    const told = async () => {
      const { rows } = (await ask('GET', '/audit?limit=500')) as unknown as { rows: AuditRow[] }
      return rows.toReversed().filter(({ verb }) => /^local\.(heal|prune)/.test(verb))
    }
    await one.hub.again()
    await one.back()
    await until(async () => (await told()).some(({ verb, targetName }) => verb === 'local.heal' && targetName === 'late'), 60)
    const rows = await told()
    const of = (name: string) => rows.filter(({ targetName }) => targetName === name).map(({ verb, outcome }) => `${verb} ${outcome}`)
    assert.deepEqual(of('crash'), ['local.heal ok', 'local.heal ok', 'local.heal_gave_up failed'])
    assert.deepEqual(of('sick'), ['local.heal ok'])
    assert.deepEqual(of('late'), ['local.heal_held failed', 'local.heal ok'])
    for (const { actorKind, hostName, after } of rows) {
      assert.deepEqual([actorKind, hostName], ['local', 'alpha'])
      assert.match(JSON.stringify(after), /"rule":"(all|night)"/)
    }
    const times = rows.map(({ after }) => (after as { at: string }).at)
    assert.deepEqual(times, times.toSorted())
    const now = await ask('GET', '/hosts/alpha/rules')
    assert.equal(now['current'], true)
  })
})
