import assert from 'node:assert/strict'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { randomBytes } from 'node:crypto'
import type { AuditRow } from '@fairlead/protocol/features/audit.ts'
import { openIdentity } from '@fairlead/agent/identity.ts'
import { writePin } from '@fairlead/agent/pin.ts'
import { askAgent } from '@fairlead/agent/local.ts'
import { startEngine, type TestEngine } from '../engine.ts'
import { startOne, type One } from '../fleet/one.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'

const main = join(import.meta.dirname, '../../agent/src/main.ts')

interface Said {
  readonly status: number | null
  readonly stdout: string
  /** Of standard output: as text, what is no UTF-8 looks like any other such thing. */
  readonly bytes: Buffer
  readonly stderr: string
}
type Run = (...argv: string[]) => Said

/** The CLI as somebody at the host runs it; `alone`: in a network that has nothing but itself. */
function cliOf(stateDir: string, engine: string, { alone = false } = {}): Run {
  const env = {
    PATH: process.env['PATH'],
    FAIRLEAD_STATE_DIR: stateDir,
    FAIRLEAD_ENGINE: engine,
    FAIRLEAD_POLICY: join(stateDir, 'policy.json'),
  }
  return (...argv) => {
    const [file, ...words] = [...(alone ? ['unshare', '-n'] : []), process.execPath, main, ...argv]
    const { status, stdout: bytes, stderr } = spawnSync(file!, words, { env, timeout: 60_000 })
    return { status, stdout: bytes.toString(), bytes, stderr: stderr.toString() }
  }
}

/** What a person would do on a bad day. Each must go well. */
function rescue(run: Run, engine: TestEngine, name: string) {
  const well = (...argv: string[]) => {
    const said = run(...argv)
    assert.equal(said.status, 0, `${argv.join(' ')}: ${said.stderr}`)
    return said
  }
  well('status')
  assert.match(well('ps', '-a').stdout, new RegExp(name))
  assert.match(well('logs', name).stdout, /hello from it/)
  assert.equal(well('exec', name, '--', 'busybox', 'echo', 'out').stdout, 'out\n')
  // Byte by byte: as latin1, in UTF-8, or with line ends made anew it would be another file.
  assert.deepEqual([...well('exec', name, '--', 'busybox', 'printf', String.raw`\377\r\n\303`).bytes], [0xff, 0x0d, 0x0a, 0xc3])
  assert.equal(run('exec', name, '--', 'busybox', 'false').status, 1)
  const id = (JSON.parse(well('ps', '-a', '--json').stdout) as { id: string; name: string }[]).find((one) => one.name === name)!.id
  const running = async () =>
    (JSON.parse((await engine.api('GET', `/containers/${id}/json`)).body) as { State: { Running: boolean } }).State.Running
  return {
    well,
    async changes() {
      well('stop', '--timeout', '0', name)
      assert.equal(await running(), false)
      well('start', name)
      assert.equal(await running(), true)
      well('restart', '--timeout', '0', name)
      assert.equal(await running(), true)
    },
    stacks() {
      const all = JSON.parse(well('stacks', '--json').stdout) as { name: string; running: number; workingDir: string }[]
      assert.deepEqual(
        all.map(({ name: stack, running: up, workingDir }) => [stack, up, workingDir]),
        [['market', 2, '/srv/market']],
      )
      assert.match(well('stacks', 'market').stdout, /market\.yaml[\s\S]*stall/)
      assert.equal(run('stacks', 'none').status, 66)
      // What needs another one ends before it, and begins after it.
      const order = (...argv: string[]) => (JSON.parse(well(...argv, '--json').stdout) as { name: string }[]).map((one) => one.name)
      assert.deepEqual(order('stop', '--stack', 'market', '--timeout', '0'), ['stall', 'gate'])
      assert.equal((JSON.parse(well('stacks', 'market', '--json').stdout) as { running: number }).running, 0)
      assert.deepEqual(order('start', '--stack', 'market'), ['gate', 'stall'])
      assert.equal((JSON.parse(well('stacks', 'market', '--json').stdout) as { running: number }).running, 2)
    },
    reads() {
      for (const verb of ['metrics', 'journal', 'policy', 'link', 'support', 'protect']) well(verb)
      well('lock', '--reason', 'drill')
      assert.match(well('policy').stdout, /monitor[\s\S]*drill/)
      well('unlock')
    },
  }
}

/** Two containers with the labels of a compose project, the one of which needs the other. */
async function runStack(engine: TestEngine): Promise<void> {
  const labels = (service: string, needs: string) => ({
    'com.docker.compose.project': 'market',
    'com.docker.compose.service': service,
    'com.docker.compose.project.working_dir': '/srv/market',
    'com.docker.compose.project.config_files': '/srv/market/market.yaml',
    'com.docker.compose.depends_on': needs,
  })
  await engine.run('gate', ['sleep', '100000'], { Labels: labels('gate', '') })
  await engine.run('stall', ['sleep', '100000'], { Labels: labels('stall', 'gate:service_started:false') })
}

interface Check {
  readonly name: string
  readonly state: string
  readonly mend?: string
}
const doctor = (run: Run) => new Map((JSON.parse(run('doctor', '--json').stdout) as Check[]).map((check) => [check.name, check]))

describe('a host whose hub is gone', need('dockerd', 'busybox', 'netns'), () => {
  let one: One
  let run: Run
  before(async () => {
    one = await startOne()
    run = cliOf(one.agent.stateDir, one.engine.socket)
    await one.engine.run('shop', ['busybox', 'sh', '-c', 'echo hello from it; sleep 100000'])
    await runStack(one.engine)
  })
  after(() => one?.stop())

  it('shows its link while it has one, and finds nothing amiss', () => {
    const link = JSON.parse(run('link', '--json').stdout) as { up: boolean; streams: { method: string }[]; stats: { roundTripMs: number } }
    assert.equal(link.up, true)
    assert.ok(link.streams.some(({ method }) => method === 'metrics.watch'))
    const checks = doctor(run)
    for (const [name, { state }] of checks) assert.equal(state, 'ok', name)
    for (const name of ['agent', 'key', 'disk', 'engine', 'policy', 'journal', 'dns', 'tcp', 'proxy', 'tls', 'hub', 'link'])
      assert.ok(checks.has(name), name)
  })

  it(
    'is rescued by its own CLI with the hub dead, then with the agent dead, and without any network [security 48]',
    { timeout: 240_000 },
    async () => {
      await one.hub.end('SIGKILL')
      await until(() => (JSON.parse(run('link', '--json').stdout) as { up: boolean }).up === false)
      const hubDead = rescue(run, one.engine, 'shop')
      await hubDead.changes()
      hubDead.reads()
      hubDead.stacks()
      assert.match(run('link').stdout, /WHY\n.*\d+ s {2}/)
      const checks = doctor(run)
      assert.equal(checks.get('tcp')?.state, 'failed')
      assert.match(checks.get('tcp')?.mend ?? '', /ip route get/)
      assert.equal(checks.get('tls')?.state, 'skipped')
      one.agent.process.kill('SIGKILL')
      await once(one.agent.process, 'exit')
      const agentDead = rescue(run, one.engine, 'shop')
      await agentDead.changes()
      agentDead.reads()
      agentDead.stacks()
      assert.equal(doctor(run).get('agent')?.state, 'failed')
      const alone = rescue(cliOf(one.agent.stateDir, one.engine.socket, { alone: true }), one.engine, 'shop')
      await alone.changes()
      alone.reads()
      // All of it waits for the agent, in order.
      const { entries } = JSON.parse(run('journal', '-n', '1000', '--json').stdout) as {
        entries: { kind: string; verb?: string; targetName?: string }[]
      }
      assert.ok(entries.filter(({ verb, targetName }) => verb === 'stop' && targetName === 'shop').length === 3)
      assert.ok(entries.some(({ kind }) => kind === 'waiting'))
    },
  )

  it(
    'tells its hub what was done meanwhile: once, in order, marked local, however often the link breaks',
    { timeout: 120_000 },
    async () => {
      await one.hub.again()
      const env = {
        PATH: process.env['PATH'],
        FAIRLEAD_STATE_DIR: one.agent.stateDir,
        FAIRLEAD_ENGINE: one.engine.socket,
        FAIRLEAD_POLICY: join(one.agent.stateDir, 'policy.json'),
      }
      const agent = spawn(process.execPath, [main, 'run'], { env, stdio: 'ignore' })
      try {
        await one.back()
        const done = () =>
          (
            JSON.parse(run('journal', '-n', '1000', '--json').stdout) as {
              entries: { kind: string; verb: string; who: string; targetName: string; number: number }[]
            }
          ).entries.filter(({ kind }) => kind === 'local')
        const told = async () => {
          const { rows } = JSON.parse((await one.owner.ask('GET', '/api/v1/audit?limit=500')).text) as { rows: AuditRow[] }
          return rows.filter(({ actorKind }) => actorKind === 'local').toSorted((a, b) => a.seq - b.seq)
        }
        await until(async () => (await told()).length === done().length)
        const short = (rows: readonly { verb: string; targetName?: string | undefined }[]) =>
          rows.map(({ verb, targetName }) => `${verb.replace('local.', '')} ${targetName ?? ''}`)
        assert.deepEqual(short(await told()), short(done()))
        assert.ok(
          (await told()).every(
            ({ actorName, hostName, after }) => actorName === 'root' && hostName === 'alpha' && after?.['at'] !== undefined,
          ),
        )
        const all = done().length
        await one.hub.restart('SIGKILL')
        await one.back()
        run('protect', 'shop')
        await until(async () => (await told()).length === all + 1)
        assert.equal((await told()).at(-1)?.verb, 'local.protect')
      } finally {
        const ended = once(agent, 'exit')
        agent.kill('SIGTERM')
        await ended
      }
    },
  )
})

describe('a host whose disk is full', need('dockerd', 'busybox', 'tmpfs'), () => {
  let dir: string
  let engine: TestEngine
  let agent: ChildProcess
  before(async () => {
    dir = mkdtempSync('/var/tmp/fairlead-full-')
    mkdirSync(join(dir, 'state'))
    assert.equal(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k,mode=700', 'fairlead-test', join(dir, 'state')]).status, 0)
    engine = await startEngine()
    await engine.run('shop', ['busybox', 'sh', '-c', 'echo hello from it; sleep 100000'])
  })
  after(async () => {
    if (agent?.exitCode === null) {
      agent.kill('SIGTERM')
      await once(agent, 'exit')
    }
    await engine?.stop()
    spawnSync('umount', ['-l', join(dir, 'state')])
    rmSync(dir, { recursive: true, force: true })
  })

  it('is rescued by its own CLI, locks all the same, and is told what to do [security 48 162]', { timeout: 120_000 }, async () => {
    const stateDir = join(dir, 'state')
    const run = cliOf(stateDir, engine.socket)
    openIdentity(stateDir)
    writePin(stateDir, { address: 'http://127.0.0.1:9', hubKey: randomBytes(32), host: 'host', organization: 'organization', standby: [] })
    const env = {
      PATH: process.env['PATH'],
      FAIRLEAD_STATE_DIR: stateDir,
      FAIRLEAD_ENGINE: engine.socket,
      FAIRLEAD_POLICY: join(stateDir, 'policy.json'),
    }
    agent = spawn(process.execPath, [main, 'run'], { env, stdio: 'ignore' })
    await until(() =>
      askAgent(stateDir, 'status').then(
        () => true,
        () => false,
      ),
    )
    spawnSync('dd', ['if=/dev/zero', `of=${join(stateDir, 'fill')}`, 'bs=1k'], { stdio: 'ignore' })
    const full = rescue(run, engine, 'shop')
    await full.changes()
    assert.match(run('stop', '--timeout', '0', 'shop').stderr, /could not be written into the journal.*ENOSPC/)
    assert.equal(doctor(run).get('disk')?.state, 'failed')
    full.well('lock', '--reason', 'full')
    assert.equal((await askAgent<{ policy: { lock: { reason: string } | null } }>(stateDir, 'status')).policy.lock?.reason, 'full')
    assert.match(readFileSync(join(stateDir, 'lock.json'), 'utf8'), /full/)
    full.well('unlock')
    rmSync(join(stateDir, 'fill'))
    assert.equal(run('stop', '--timeout', '0', 'shop').stderr, '')
  })
})
