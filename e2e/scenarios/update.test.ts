import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { askAgent } from '@fairlead/agent/local.ts'
import type { UpdateState } from '@fairlead/protocol/features/updates.ts'
import { startEngine, type TestEngine } from '../engine.ts'
import { invite } from '../fleet/console.ts'
import { startOwnedHub, type OwnedHub } from '../fleet/one.ts'
import { startAgent, type AgentProcess } from '../fleet/programs.ts'
import { processesOf } from '../fleet/start.ts'
import { until } from '../fleet/until.ts'
import { broken, install, makeBuilds, writeRelease, type Builds } from '../fleet/updated.ts'
import { need } from '../need.ts'

interface Status {
  readonly version: string
  readonly pid: number
  readonly upSinceMs: number | null
  readonly update: UpdateState
}

// A real hub, a host with the starter of the install line, and releases that its owner brings in a folder.
describe('an update of a host', need('dockerd'), () => {
  let dir: string
  let builds: Builds
  let owned: OwnedHub
  let engine: TestEngine
  let agent: AgentProcess
  let starter: string
  let counter = 1

  before(async () => {
    dir = mkdtempSync('/var/tmp/fairlead-update-')
    builds = await makeBuilds()
    owned = await startOwnedHub()
    engine = await startEngine()
    starter = install(join(dir, 'opt'), '/nonexistent', builds.bundle)
    const join_ = await invite(owned.owner, owned.address)
    agent = await startAgent(join_, engine.socket, { name: 'alpha', file: '/bin/sh', program: [starter] })
    await runs('0.1.0')
  })
  after(async () => {
    await agent?.stop()
    await engine?.stop()
    await owned?.stop()
    builds?.close()
    rmSync(dir, { recursive: true, force: true })
  })

  const status = () => askAgent<Status>(agent.stateDir, 'status').catch(() => undefined)
  const slots = () => readFileSync(join(agent.stateDir, 'programs/slots'), 'utf8')
  /** It runs, and its hub let it in. */
  const runs = (version: string, phase?: UpdateState['phase']) =>
    until(async () => {
      const now = await status()
      return now?.version === version && now.upSinceMs !== null && (phase === undefined || now.update.phase === phase)
    })
  const cli = (...argv: string[]) => {
    const env = { PATH: process.env['PATH'], FAIRLEAD_STATE_DIR: agent.stateDir }
    const { status: code, stdout, stderr } = spawnSync('/bin/sh', [starter, ...argv], { env, encoding: 'utf8' })
    return { code, stdout, stderr }
  }
  const release = (version: string, change?: (text: string) => string) =>
    writeRelease(join(dir, `${version}-${counter}`), builds.keys, { file: builds.of(version, change), version, counter: ++counter })
  const bring = (folder: string) => {
    const { code, stderr } = cli('update', '--file', folder)
    assert.equal(code, 0, stderr)
  }
  const events = async () => (await owned.owner.ask('GET', '/api/v1/audit?limit=200')).text

  it('is kept once the new one logged in, in the process that was there, and its hub hears of it', { timeout: 60_000 }, async () => {
    const { pid } = (await status())!
    assert.equal(pid, agent.process.pid)
    bring(release('0.2.0'))
    await runs('0.2.0', 'kept')
    // The starter is the process that was there, and waits.
    assert.equal(agent.process.exitCode, null)
    assert.match(slots(), /^now=[0-9a-f]{64}\.cjs\nbefore=installed\n$/)
    await until(async () => (await events()).includes('local.update_kept'))
    assert.match(cli('update').stdout, /^Version: +0\.2\.0 \(own-node\)\nUpdate: +0\.2\.0: kept\nBefore: +0\.1\.0 /)
    assert.equal((await events()).includes('"local.update"'), true)
  })

  it('follows an update, and after each start the newest runs', { timeout: 60_000 }, async () => {
    bring(release('0.3.0'))
    await runs('0.3.0', 'kept')
    await agent.restart()
    await runs('0.3.0')
    assert.equal(readdirSync(join(agent.stateDir, 'programs')).filter((name) => name.endsWith('.cjs')).length, 2)
  })

  for (const [what, change] of Object.entries(broken))
    it(`gives back one that ${what}, says why, and goes on with the one before [security 144]`, { timeout: 60_000 }, async () => {
      const { version } = (await status())!
      bring(release('0.4.0', change))
      await runs(version, 'returned')
      const { problem, next } = (await status())!.update
      assert.match(problem, what === 'ends' ? /It ended with 3 / : /did not log in within 6 seconds/)
      assert.equal(next?.version, '0.4.0')
      assert.doesNotMatch(slots(), /next=/)
    })

  it('goes back at once when the owner of the host says so', { timeout: 60_000 }, async () => {
    assert.equal(cli('rollback').code, 0)
    await runs('0.2.0')
    assert.equal(cli('rollback').code, 0)
    await runs('0.3.0')
  })

  it('lets nothing in that is older, unsigned or not as signed', async () => {
    const old = writeRelease(join(dir, 'old'), builds.keys, { file: builds.of('0.0.9'), version: '0.0.9', counter: 2 })
    assert.match(cli('update', '--file', old).stderr, /counter 2, and this host has seen/)
    const changed = release('0.5.0')
    spawnSync('/bin/sh', ['-c', `echo ';' >> "${changed}/agent.cjs"`])
    const other = release('0.5.1')
    spawnSync('cp', [join(changed, 'agent.cjs'), join(other, 'agent.cjs')])
    assert.match(cli('update', '--file', other).stderr, /not the one that was signed/)
    spawnSync('cp', [join(changed, 'manifest.json'), join(other, 'manifest.json')])
    assert.match(cli('update', '--file', other).stderr, /not signed by the key/)
    assert.match(cli('update', '--file', dir).stderr, /There is no .*manifest\.json/)
    assert.match(
      cli(
        'update',
        '--file',
        release('0.5.2', () => 'process.exit(9)'),
      ).stderr,
      /It was not let run: it ended with 9/,
    )
    assert.equal((await status())!.version, '0.3.0')
  })

  it('is one agent of its host, though its starter alone is killed in the middle [security 144]', { timeout: 60_000 }, async () => {
    for (const afterMs of [0, 300, 700, 1200]) {
      bring(release(`0.5.${10 + afterMs}`))
      await new Promise((resolve) => setTimeout(resolve, afterMs))
      agent.process.kill('SIGKILL')
      await agent.restart()
      await until(async () => typeof (await status())?.upSinceMs === 'number')
      await until(() => processesOf(agent.stateDir).length <= 3)
    }
    assert.ok(!agent.output.includes('quarantined') && !agent.output.includes('another machine is online'), agent.output.slice(-2000))
  })

  it('ends in the old one or the new one, wherever the power fails [security 144]', { timeout: 200_000 }, async () => {
    for (const afterMs of [0, 100, 250, 400, 700, 1200, 2000]) {
      const folder = release(`0.6.${afterMs}`)
      bring(folder)
      await new Promise((resolve) => setTimeout(resolve, afterMs))
      // As a service ends what is left of it, and as a power failure does: all at once.
      for (const { pid } of processesOf(agent.stateDir)) kill(pid)
      await agent.restart()
      await until(async () => typeof (await status())?.upSinceMs === 'number')
      const { version, update } = (await status())!
      assert.ok(update.phase === 'kept' || update.phase === 'idle' || update.phase === 'returned', update.phase)
      assert.ok(existsSync(join(agent.stateDir, 'programs', /now=(\S+)/.exec(slots())![1]!)), version)
    }
  })
})

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}
