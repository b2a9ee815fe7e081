import assert from 'node:assert/strict'
import { chmodSync, chownSync, copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Host, HostFacts } from '@fairlead/protocol/features/hosts.ts'
import type { MetricsAnswer } from '@fairlead/protocol/features/metrics.ts'
import { startEngine, type TestEngine } from '../engine.ts'
import { invite } from '../fleet/console.ts'
import { startOwnedHub, type OwnedHub } from '../fleet/one.ts'
import { buildRelease } from '../fleet/paste.ts'
import { startAgent, type AgentProcess } from '../fleet/programs.ts'
import { tryShell } from '../fleet/terminal.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'

const root = join(import.meta.dirname, '../..')
const [uid, engineGid] = [64_242, 64_243]
const bare = ['--no-new-privs', '--inh-caps=-all', '--bounding-set=-all']
/** How the units, the container and a person start it. */
const profiles = {
  'root, as a service': ['--no-new-privs', '--inh-caps=-all', '--bounding-set=-all,+dac_override,+dac_read_search'],
  'root without capabilities, as a container has it': bare,
  'an account in the engine’s group': [`--reuid=${uid}`, `--regid=${uid}`, `--groups=${engineGid}`, ...bare],
  'an account that is not': [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', ...bare],
} as const
type Profile = keyof typeof profiles
const names = Object.keys(profiles) as Profile[]
const appOf = (profile: Profile) => `app-${names.indexOf(profile)}`

// The same agent under each account, its hub, and an engine whose socket is its group's. The page has what came out.
describe('what works as which account', need('dockerd', 'busybox'), () => {
  const dir = mkdtempSync('/var/tmp/fairlead-least-')
  const program = join(dir, 'fairlead-agent')
  let owned: OwnedHub
  let engine: TestEngine
  const table: Record<string, Partial<Record<Profile, boolean>>> = {}

  before(async () => {
    await buildRelease()
    chmodSync(dir, 0o755)
    copyFileSync(join(root, `agent/dist/release/fairlead-agent-linux-${process.arch}`), program)
    chmodSync(program, 0o755)
    owned = await startOwnedHub()
    engine = await startEngine()
    chownSync(engine.socket, 0, engineGid)
    chmodSync(dirname(engine.socket), 0o711)
    // Each has one of its own: they are stopped and started beside one another.
    for (const name of names) await engine.run(appOf(name), ['sh', '-c', 'seq 1 3; sleep 100000'])
  })
  after(async () => {
    await owned?.stop()
    await engine?.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  const get = async (path: string) => (await owned.owner.ask('GET', `/api/v1${path}`)).text
  const hosts = async () => JSON.parse(await get('/hosts')) as Host[]

  async function start(profile: Profile): Promise<{ readonly agent: AgentProcess; readonly host: string }> {
    const stateDir = mkdtempSync(join(dir, 'state-'))
    if (profile.startsWith('an account')) chownSync(stateDir, uid, uid)
    const settings = { name: `host-${names.indexOf(profile)}`, file: 'setpriv', program: [...profiles[profile], program] }
    const agent = await startAgent(await invite(owned.owner, owned.address), engine.socket, {
      ...settings,
      env: { FAIRLEAD_STATE_DIR: stateDir, FAIRLEAD_POLICY: join(dir, 'policy.json') },
    })
    // Once it asked its engine, which it says too.
    const knows = ({ engine: { up, problem } }: HostFacts) => up || !problem.startsWith('It was not asked yet')
    await until(async () =>
      (await hosts()).some(({ name, online, facts }) => name === settings.name && online && facts !== null && knows(facts)),
    )
    return { agent, host: settings.name }
  }

  /** Whether it is measured once the host itself has been for some passes. */
  async function measures(host: string, kind: string, name: string): Promise<boolean> {
    const passes = async (of: string, what: string) => {
      const answer = await get(`/hosts/${host}/metrics?kind=${of}&names=${what}&fromMs=${Date.now() - 600_000}&toMs=${Date.now() + 1000}`)
      const { series = [] } = JSON.parse(answer) as Partial<MetricsAnswer>
      return Math.max(0, ...series.map(({ avg }) => avg.filter((value) => value !== null).length))
    }
    await until(async () => (await passes('host', 'uptimeSeconds')) >= 2, 60)
    return (await passes(kind, name)) > 0
  }
  const tried = (work: Promise<unknown>) =>
    work.then(
      () => true,
      () => false,
    )
  const took = async (path: string) => (await owned.owner.ask('POST', `/api/v1${path}`)).status === 200

  async function works(host: string, app: string): Promise<Record<string, boolean>> {
    const session = await owned.owner.open()
    const { up } = (await hosts()).find(({ name }) => name === host)!.facts!.engine
    const listed = () => until(async () => (await get(`/hosts/${host}/containers`)).includes(`"${app}"`))
    const found: Record<string, boolean> = {
      'figures of the host': await measures(host, 'host', 'cpu'),
      'its disks': await measures(host, 'disk', 'totalBytes'),
      'figures of containers': await measures(host, 'container', 'memoryBytes'),
      'their network': await measures(host, 'container', 'netRxBytesPerSecond'),
      'containers in the list': up && (await tried(listed())),
      logs: (await get(`/hosts/${host}/containers/${app}/logs?follow=false&tail=-1`)).trim().split('\n').length === 3,
      terminals: await tried(tryShell(session.onHost(host), app)),
      'starting and stopping':
        (await took(`/hosts/${host}/containers/${app}/stop`)) && (await took(`/hosts/${host}/containers/${app}/start`)),
    }
    session.close()
    return found
  }

  async function measure(profile: Profile): Promise<void> {
    const { agent, host } = await start(profile)
    try {
      const status = readFileSync(`/proc/${agent.process.pid}/status`, 'utf8')
      assert.match(status, profile.startsWith('root') ? /^Uid:\t0\t/m : new RegExp(`^Uid:\t${uid}\t`, 'm'))
      assert.match(status, profile === 'root, as a service' ? /^CapEff:\t0000000000000006$/m : /^CapEff:\t0000000000000000$/m)
      for (const [what, does] of Object.entries(await works(host, appOf(profile)))) (table[what] ??= {})[profile] = does
    } finally {
      await agent.stop()
    }
  }

  it('is what docs/operations.md says [security 64]', { timeout: 180_000 }, async () => {
    await Promise.all(names.map(measure))
    const measured = [
      ['', ...names],
      ...Object.entries(table).map(([what, by]) => [what, ...names.map((name) => (by[name] === true ? 'yes' : 'no'))]),
    ]
    const page = readFileSync(join(root, 'docs/operations.md'), 'utf8').split('\n')
    const from = page.findIndex((line) => line.includes(` ${names[0]} `))
    assert.ok(from >= 0, `no table names "${names[0]}"`)
    const cells = (line: string) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim())
    const written = page.slice(from, from + measured.length + 1).map(cells)
    assert.deepEqual([written[0], ...written.slice(2)], measured)
  })
})
