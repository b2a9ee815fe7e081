import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Wave, WaveHost } from '@fairlead/protocol/features/updates-api.ts'
import type { Target, UpdateState } from '@fairlead/protocol/features/updates.ts'
import { fetchBase, type Arch } from '../../agent/release/bases.ts'
import { makePrograms } from '../../agent/release/programs.ts'
import { assertGone } from '../fleet/gone.ts'
import { buildRoot, startMachine, type Machine } from '../fleet/machine.ts'
import { openNet, type Net } from '../fleet/net.ts'
import { startOwnedHub, type OwnedHub } from '../fleet/one.ts'
import { copyTree } from '../fleet/tree.ts'
import { until } from '../fleet/until.ts'
import { broken, makeBuilds, writeRelease, type Builds } from '../fleet/updated.ts'
import { need } from '../need.ts'

interface Status {
  readonly runs: true
  readonly version: string
  readonly pid: number
  readonly upSinceMs: number | null
  readonly update: UpdateState
}

const root = join(import.meta.dirname, '../..')
const arch = process.arch as Arch
const target = `fairlead-agent-linux-${arch}` as Target
const suites = ['bookworm', 'trixie'] as const

// Both Debians with systemd as process 1, a hub that serves programs and releases of its own, and the unit with the fewest rights: the one
// program that hosts get, from the line that installs it to the one that takes it away.
describe('a host over its life', need('netns', 'nspawn', 'binutils'), () => {
  let dir: string
  let net: Net
  let builds: Builds
  let owned: OwnedHub
  const machines = new Map<string, Machine>()
  let counter = 1

  before(
    async () => {
      dir = mkdtempSync('/var/tmp/fairlead-life-')
      builds = await makeBuilds()
      copyTree(join(dir, 'tree'))
      await serve('0.1.0')
      net = openNet(suites.length)
      owned = await startOwnedHub({ net, tree: join(dir, 'tree') })
      for (const [at, suite] of suites.entries()) {
        const machine = await startMachine({ base: await buildRoot(suite), where: net.sites[at]!, init: 'systemd' })
        machines.set(suite, machine)
        await machine.sh(`hostname ${suite}; echo '127.0.1.1 ${suite}' >> /etc/hosts`)
      }
    },
    { timeout: 600_000 },
  )
  after(async () => {
    for (const machine of machines.values()) await machine.stop()
    await owned?.stop()
    net?.close()
    builds?.close()
    rmSync(dir, { recursive: true, force: true })
  })

  /** One file with its Node inside, as a release has it. */
  async function makeProgram(version: string, change?: (text: string) => string): Promise<string> {
    const folder = join(dir, `program-${version}`)
    mkdirSync(folder)
    const bundle = join(folder, 'agent.cjs')
    writeFileSync(bundle, builds.of(version, change))
    const kept = join(root, 'agent/dist/bases')
    mkdirSync(kept, { recursive: true })
    const output = join(folder, target)
    await makePrograms(bundle, new Map([[arch, await fetchBase(root, kept, arch)]]), [{ arch, output }])
    return output
  }
  /** What lines of this hub install from now on. */
  async function serve(version: string): Promise<void> {
    const program = await makeProgram(version)
    const dist = join(dir, 'tree/agent/dist')
    mkdirSync(join(dist, 'release'), { recursive: true })
    for (const file of ['agent.cjs', 'release/agent.cjs']) writeFileSync(join(dist, file), builds.of(version))
    cpSync(program, join(dist, 'release', target))
    rmSync(program)
  }
  /** A release that the hub has and these hosts believe. */
  async function release(version: string, change?: (text: string) => string): Promise<number> {
    const program = await makeProgram(version, change)
    const folder = join(owned.hub.dataDir, 'releases', version)
    writeRelease(folder, builds.keys, { file: readFileSync(program), version, counter: ++counter, target })
    rmSync(program)
    return counter
  }

  const ask = async <T>(method: string, path: string, body?: unknown) => {
    const { status, text } = await owned.owner.ask(method, `/api/v1${path}`, body === undefined ? {} : { body })
    assert.equal(status, 200, text)
    return JSON.parse(text) as T
  }
  const line = async () =>
    (await ask<{ line: string }>('POST', '/invitations', { address: owned.address })).line.replace(
      'sudo sh "$f"',
      'sudo sh "$f" --least-privilege',
    )
  const hosts = () => ask<{ id: string; name: string; online: boolean }[]>('GET', '/hosts')
  const sh = async (machine: Machine, text: string) => {
    const { code, said } = await machine.sh(text)
    assert.equal(code, 0, `${text}: ${said}`)
    return said
  }
  const status = async (machine: Machine) => {
    const { code, said } = await machine.sh('fairlead-agent status --json')
    const agent = code === 0 ? (JSON.parse(said) as { agent: Status | { runs: false } }).agent : undefined
    return agent?.runs === true ? agent : undefined
  }
  const runs = (machine: Machine, version: string, phase?: UpdateState['phase']) =>
    until(async () => {
      const now = await status(machine)
      return now?.version === version && now.upSinceMs !== null && (phase === undefined || now.update.phase === phase)
    }, 60)
  const unit = async (machine: Machine, property: string) =>
    (await sh(machine, `systemctl show -p ${property} --value fairlead-agent`)).trim()
  const each = async (work: (machine: Machine, suite: string) => Promise<void>) => {
    for (const [suite, machine] of machines) await work(machine, suite)
  }
  const look = (id: string) => ask<{ wave: Wave; hosts: WaveHost[] }>('GET', `/updates/waves/${id}`)
  const over = async (given: number, seconds = 120) => {
    const { id } = await ask<Wave>('POST', '/updates/waves', { counter: given, pauseMinutes: 0 })
    await until(async () => ['done', 'halted'].includes((await look(id)).wave.state), seconds)
    return look(id)
  }

  it('differs from its next version only in what was put into its Node: no other blocks travel', async () => {
    // As long as each other: the sum of what is put in must not happen to cross a step.
    const bytesOf = async (version: string, more: string) => {
      const program = await makeProgram(version, (text) => `${text}\n//${more.repeat(9000)}`)
      const bytes = readFileSync(program)
      rmSync(program)
      return bytes
    }
    const one = await bytesOf('0.7.0', 'w')
    const next = await bytesOf('0.7.1', 'x')
    const first = one.findIndex((byte, at) => byte !== next[at])
    assert.ok(one.length - first < 2 ** 20, `${one.length - first} bytes before the end`)
  })

  it('is the one program in an account of its own, by the line alone', { timeout: 300_000 }, () =>
    each(async (machine, suite) => {
      await sh(machine, await line())
      await runs(machine, '0.1.0')
      assert.equal((await status(machine))!.update.kind, 'program')
      const { pid } = (await status(machine))!
      const uid = (await sh(machine, 'id -u fairlead')).trim()
      const own = await sh(machine, `cat /proc/${pid}/status`)
      assert.match(own, new RegExp(`^Uid:\t${uid}\t${uid}\t${uid}\t${uid}$`, 'm'))
      assert.match(own, /^CapBnd:\t0000000000000000$/m)
      assert.ok((await hosts()).some(({ name, online }) => name === suite && online))
    }),
  )

  it(
    'takes a release by a wave of its hub, in the same unit, with no more rights than before, and keeps it',
    { timeout: 300_000 },
    async () => {
      const before = new Map<string, string>()
      await each(async (machine, suite) => void before.set(suite, await unit(machine, 'MainPID')))
      const { wave, hosts: told } = await over(await release('0.2.0'))
      assert.deepEqual([wave.state, wave.stages], ['done', [{ done: 1 }, { done: 1 }]], JSON.stringify(told))
      await each(async (machine, suite) => {
        await runs(machine, '0.2.0', 'kept')
        assert.equal(await unit(machine, 'MainPID'), before.get(suite), 'systemd noticed nothing')
        assert.equal(await unit(machine, 'NRestarts'), '0')
        const { pid } = (await status(machine))!
        assert.match(await sh(machine, `cat /proc/${pid}/status`), /^CapBnd:\t0000000000000000$/m)
        assert.match(await sh(machine, `readlink /proc/${pid}/exe`), /^\/var\/lib\/fairlead\/programs\/[0-9a-f]{64}\n$/)
        assert.match(
          await sh(machine, 'stat -c "%U %a" /var/lib/fairlead/programs /var/lib/fairlead/programs/slots'),
          /^fairlead 700\nfairlead 600\n$/,
        )
        await sh(machine, 'systemctl restart fairlead-agent')
        await runs(machine, '0.2.0')
        // Nothing stays beside it from then on.
        assert.equal(String((await status(machine))!.pid), await unit(machine, 'MainPID'))
      })
    },
  )

  it('goes back and forth when root says so', { timeout: 120_000 }, () =>
    each(async (machine) => {
      assert.match(await sh(machine, 'fairlead-agent rollback'), /0\.1\.0 is the agent of this host again/)
      await runs(machine, '0.1.0')
      await sh(machine, 'fairlead-agent rollback')
      await runs(machine, '0.2.0')
    }),
  )

  // By the limit that hosts have where the build runs and cannot log in; by a shorter one, put into the starter, where it hangs.
  for (const [what, version, seconds, said] of [
    ['ends', '0.3.0', 120, /^It ended with 3 before it had logged in\.$/],
    ['hangs', '0.3.1', 6, /^It did not log in within 6 seconds\.$/],
    ['cannot log in', '0.3.2', 120, /^It did not log in within 120 seconds\.$/],
  ] as const)
    it(`comes back by itself from a program that ${what}, and no other host gets it [security 144]`, { timeout: 400_000 }, async () => {
      const limit = (from: number, to: number) =>
        each(
          async (machine) =>
            void (await sh(machine, `sed -i 's/^limit_seconds=${from}$/limit_seconds=${to}/' /opt/fairlead/fairlead-agent`)),
        )
      const given = await release(version, broken[what])
      await limit(120, seconds)
      const { wave, hosts: told } = await over(given, 240).finally(() => limit(seconds, 120))
      assert.deepEqual([wave.state, wave.stages], ['halted', [{ failed: 1 }, { dropped: 1 }]], JSON.stringify(told))
      const failed = told.find(({ state }) => state === 'failed')!
      assert.equal(failed.reason, 'returned')
      assert.match(failed.said, said)
      await each(async (machine, suite) => {
        await runs(machine, '0.2.0', suite === failed.name ? 'returned' : undefined)
        assert.equal(await unit(machine, 'ActiveState'), 'active')
        assert.equal(await unit(machine, 'NRestarts'), '0')
      })
      assert.deepEqual(
        (await hosts()).map(({ online }) => online),
        [true, true],
      )
    })

  it('is upgraded by the line again, whatever an update left, and stays who it is', { timeout: 300_000 }, async () => {
    const ids = (await hosts()).map(({ id }) => id).sort()
    await serve('0.4.0')
    await each(async (machine) => {
      const { counter: highest } = (await status(machine))!.update
      assert.match(await sh(machine, await line()), /the agent 0\.4\.0 runs/)
      await runs(machine, '0.4.0')
      assert.equal(existsSync(join(machine.root, 'var/lib/fairlead/programs/slots')), false)
      // What was let run once is not gone back behind.
      assert.equal((await status(machine))!.update.counter, highest)
      assert.ok(highest > 1)
    })
    assert.deepEqual((await hosts()).map(({ id }) => id).sort(), ids)
  })

  it('leaves nothing behind when it goes', { timeout: 120_000 }, () =>
    each(async (machine) => {
      const said = await sh(machine, `curl -fsSk ${owned.address}/i.sh -o /root/i.sh && sh /root/i.sh --uninstall`)
      await assertGone(machine, said)
    }),
  )
})
