import assert from 'node:assert/strict'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openGeneration } from '../../agent/src/generation.ts'
import type { Disk } from '../../agent/src/whole.ts'
import { openTestDatabase } from '../../hub/src/base/testdb.ts'
import { createRatchet, type Ratchet } from '../../hub/src/fleet/ratchet.ts'
import { createOwner, invite } from '../fleet/console.ts'
import { startAgent, startHub } from '../fleet/programs.ts'
import { until } from '../fleet/until.ts'

const organization = randomUUID()
const key = new Uint8Array(32).fill(7)
const steps = ['rmSync', 'openSync', 'writeSync', 'fsyncSync', 'closeSync', 'renameSync'] as const

/** Stops before its n-th step, as a process does that is killed there. */
function breaking(at: number, stop: () => never): Disk {
  let done = 0
  const disk: Record<string, unknown> = {}
  for (const name of steps)
    disk[name] = (...given: unknown[]) => {
      if (done++ === at) stop()
      return (fs[name] as (...given: unknown[]) => unknown)(...given)
    }
  return disk as unknown as Disk
}

class Crash extends Error {}

// The agent's own file on a real disk, the hub's own rows in a real database; what happens between them is up to chance.
describe('a host that keeps generations', () => {
  let test: Awaited<ReturnType<typeof openTestDatabase>>
  let ratchet: Ratchet
  const dir = fs.mkdtempSync(join(tmpdir(), 'fairlead-ratchet-'))

  before(async () => {
    test = await openTestDatabase()
    ratchet = createRatchet(test.db)
  })
  after(async () => {
    await test.close()
    fs.rmSync(dir, { recursive: true, force: true })
  })

  async function addHost(): Promise<{ readonly id: string; readonly state: string }> {
    const [id, environment] = [randomUUID(), randomUUID()]
    await test.db.tx({ organization }, async (sql) => {
      await sql`INSERT INTO organizations (organization_id, name) VALUES (${organization}, 'one') ON CONFLICT DO NOTHING`
      await sql`INSERT INTO environments (organization_id, id, name) VALUES (${organization}, ${environment}, ${environment})`
      await sql`INSERT INTO hosts (organization_id, id, environment_id, public_key, name)
        VALUES (${organization}, ${id}, ${environment}, ${Buffer.from(id)}, ${id})`
    })
    const state = join(dir, id)
    fs.mkdirSync(state)
    return { id, state }
  }

  /** One handshake, from what is on the disk to the hub's being told; false: it was taken for a copy. */
  async function handshake(
    id: string,
    state: string,
    disk?: Disk,
    after: (point: 'turned' | 'kept') => void = () => undefined,
  ): Promise<boolean> {
    const generation = openGeneration(state, key, disk)
    const shown = generation.current
    const turn = await ratchet.turn({ organization, id, shown })
    if (turn.stale) return false
    after('turned')
    generation.keep(turn.next)
    after('kept')
    await ratchet.kept({ organization, id, shown, generation: turn.next })
    return true
  }

  it('is never taken for a copy in 1,000 crashes at any step of a handshake, and its real copies are afterwards [security 36]', async () => {
    const crash = (): never => {
      throw new Crash()
    }
    const hosts = await Promise.all(Array.from({ length: 20 }, addHost))
    const each = 1000 / hosts.length
    let copies = 0
    await Promise.all(
      hosts.map(async ({ id, state }) => {
        for (let crashes = 0; crashes < each;) {
          const file = join(state, 'generation')
          const before = fs.existsSync(file) ? fs.readFileSync(file) : undefined
          const point = Math.floor(Math.random() * 12)
          try {
            assert.ok(
              await handshake(id, state, breaking(point, crash), (at) =>
                (point === 10 && at === 'turned') || (point === 11 && at === 'kept') ? crash() : undefined,
              ),
            )
          } catch (error) {
            if (!(error instanceof Crash)) throw error
            // The power failed before the folder was on the disk: its old name may be back.
            if (before !== undefined && point >= 6 && point <= 8 && Math.random() < 0.5) fs.writeFileSync(file, before)
            crashes++
          }
          if (Math.random() < 0.3) assert.ok(await handshake(id, state), 'a host was taken for a copy')
        }
        fs.cpSync(state, `${state}.copy`, { recursive: true, filter: (from) => !from.endsWith('.sock') })
        assert.ok(await handshake(id, state), 'a host was taken for a copy')
        assert.equal(await handshake(id, `${state}.copy`), false, 'a copy was not seen')
        copies++
      }),
    )
    assert.equal(copies, hosts.length)
  })

  it('is whole after a real kill at each of the steps of its write [security 36]', async () => {
    const { id, state } = await addHost()
    assert.ok(await handshake(id, state))
    let kept = 0
    // What stands in for the agent dies by signal 9 before the n-th step of the disk.
    for (let step = 0; step < 9; step++) {
      const before = openGeneration(state, key).current
      const turn = await ratchet.turn({ organization, id, shown: before })
      if (turn.stale) assert.fail(`taken for a copy after a kill at step ${step}`)
      const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', victim, state, turn.next, String(step)], {
        timeout: 20_000,
      })
      assert.equal(signal, 'SIGKILL')
      const now = openGeneration(state, key).current
      assert.ok(now === before || now === turn.next, `step ${step}: neither the old nor the new one`)
      if (now === turn.next) kept++
    }
    assert.ok(kept > 0 && kept < 9, `${kept} of 9 were kept`)
    assert.ok(await handshake(id, state))
  })

  it('that goes back to a snapshot, or whose state is copied, is seen at the next handshake, whoever comes first [security 36]', async () => {
    for (const copyFirst of [true, false]) {
      const { id, state } = await addHost()
      for (let n = 0; n < 3; n++) assert.ok(await handshake(id, state))
      fs.cpSync(state, `${state}.copy`, { recursive: true, filter: (from) => !from.endsWith('.sock') })
      const [first, second] = copyFirst ? [`${state}.copy`, state] : [state, `${state}.copy`]
      assert.ok(await handshake(id, first))
      assert.equal(await handshake(id, second), false)
      assert.ok(await handshake(id, first))
    }
  })

  it('begins anew with another key, and takes a damaged file for none', async () => {
    const { id, state } = await addHost()
    assert.ok(await handshake(id, state))
    assert.notEqual(openGeneration(state, key).current, '')
    assert.equal(openGeneration(state, new Uint8Array(32)).current, '')
    fs.writeFileSync(join(state, 'generation'), 'x'.repeat(100))
    assert.equal(openGeneration(state, key).current, '')
  })
})

// Real programs: a state folder that was copied, and what a person sees of it.
describe('a host whose disk was copied', () => {
  const agentProgram = fileURLToPath(new URL('../../agent/src/main.ts', import.meta.url))

  it('is quarantined with its copy, can be looked at and not touched, and stays so when the hub starts again [security 36]', async () => {
    const hub = await startHub()
    const base = `https://127.0.0.1:${hub.httpsPort}`
    const owner = await createOwner(base, hub.code)
    const status = async () =>
      ((await owner.ask('GET', '/api/v1/hosts')).body as unknown as { name: string; status: string }[]).find(({ name }) => name === 'web')
        ?.status
    const agent = await startAgent(await invite(owner, base), '/nowhere.sock', { name: 'web' })
    const copyDir = join(fs.mkdtempSync(join(tmpdir(), 'fairlead-copy-')), 'state')
    let copy: ChildProcess | undefined
    try {
      await until(() => fs.existsSync(join(agent.stateDir, 'generation')))
      fs.cpSync(agent.stateDir, copyDir, { recursive: true, filter: (from) => !from.endsWith('.sock') })
      const env = { PATH: process.env['PATH'], FAIRLEAD_STATE_DIR: copyDir, FAIRLEAD_ENGINE: '/nowhere.sock', FAIRLEAD_HOST_NAME: 'web' }
      copy = spawn(process.execPath, [agentProgram, 'run'], { env, stdio: 'ignore' })
      await until(async () => (await status()) === 'quarantined')
      const stop = async () =>
        (await owner.ask('POST', '/api/v1/hosts/web/containers/abcdef123456/stop')).body as { error?: { message: string } }
      await until(async () => /is quarantined: a second copy of its key/.test((await stop()).error?.message ?? ''))
      const rows = (await owner.ask('GET', '/api/v1/audit?filter=host.quarantine')).body['rows'] as { hostName: string }[]
      assert.deepEqual(
        rows.map(({ hostName }) => hostName),
        ['web'],
      )
      await hub.restart('SIGTERM')
      await until(async () => (await status().catch(() => undefined)) === 'quarantined')
    } finally {
      copy?.kill('SIGKILL')
      await agent.stop()
      await hub.stop()
      fs.rmSync(join(copyDir, '..'), { recursive: true, force: true })
    }
  })
})

const victim = `
import * as fs from 'node:fs'
import { openGeneration } from ${JSON.stringify(new URL('../../agent/src/generation.ts', import.meta.url).href)}
const [state, generation, at] = process.argv.slice(1)
let done = 0
const disk = Object.fromEntries(${JSON.stringify(steps)}.map((name) => [name, (...given) => {
  if (done++ === Number(at)) process.kill(process.pid, 'SIGKILL')
  return fs[name](...given)
}]))
openGeneration(state, new Uint8Array(32).fill(7), disk).keep(generation)
`
