import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openFakeEngine, type FakeEngine } from '../fakes/engine.ts'
import { openWorld, type World } from '../fakes/world.ts'
import { createOwner, invite, type Person } from '../fleet/console.ts'
import { openWatchedLink, type WatchedLink } from '../fleet/ledger/link.ts'
import { operate, type Operation } from '../fleet/ledger/operations.ts'
import { startAgent, startHub, type AgentProcess, type HubProcess } from '../fleet/programs.ts'
import { until } from '../fleet/until.ts'

/** 450 for the long run; `FAIRLEAD_LEDGER_SEED` repeats its choices. */
const kills = Number(process.env['FAIRLEAD_LEDGER_KILLS'] ?? 30)
const seed = Number(process.env['FAIRLEAD_LEDGER_SEED'] ?? Date.now() % 1e6)
const hosts = 3
const workers = 4
const stuckMs = 120_000

/** Where an operation is when something dies: on its way down, asked of the engine, done and not yet answered, answered. */
const points = ['passed', 'begun', 'done', 'told'] as const
type Point = (typeof points)[number]
type Fault = 'hub' | 'agent' | 'link'

interface Host {
  readonly name: string
  readonly world: World
  readonly engine: FakeEngine
  readonly link: WatchedLink
  readonly agent: AgentProcess
  /** Fired at the next operation that comes to this point. */
  armed: { readonly point: Point; readonly fire: () => void } | undefined
}

function createRandom(from: number): (most: number) => number {
  let state = from
  return (most) => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return Math.floor((state / 2 ** 32) * most)
  }
}

/** What a program logged from then on, for whoever looks for the cause. */
function linesSince(output: string, sinceMs: number): string {
  const timeOf = (line: string) => Date.parse(/"time":"([^"]+)"/.exec(line)?.[1] ?? '')
  return output
    .split('\n')
    .filter((line) => !(timeOf(line) < sinceMs))
    .join('\n')
    .slice(-20_000)
}

// Real hub, real PostgreSQL, real agents; the engine is the one that counts.
describe('operations while hub, agent and link die under them', () => {
  const dir = mkdtempSync('/var/tmp/fairlead-ledger-')
  const fleet: Host[] = []
  const effects = new Map<string, number>()
  const ledger: Operation[] = []
  const done: Record<string, number> = {}
  const random = createRandom(seed)
  let hub: HubProcess
  let owner: Person
  let left = kills

  const struck: string[] = []

  const reach = (host: Host, point: Point) => {
    if (host.armed?.point !== point) return
    const { fire } = host.armed
    host.armed = undefined
    fire()
  }

  async function startHost(name: string): Promise<Host> {
    const world = openWorld(Array.from({ length: workers }, (_, n) => ({ name: `c${n}`, image: 'busybox', linesPerSecond: 0 })))
    const link = await openWatchedLink(hub.httpsPort, () => reach(host, 'passed'))
    const socket = join(dir, `${name}.sock`)
    const engine = await openFakeEngine(socket, world, undefined, {
      async begun() {
        reach(host, 'begun')
        // The engine is slower than a signal: what it was asked for it does all the same.
        await sleep(random(20))
      },
      done(asked) {
        const mark = `${name} ${asked.slice(asked.lastIndexOf('/'))}`
        effects.set(mark, (effects.get(mark) ?? 0) + 1)
        reach(host, 'done')
      },
    })
    const host = { name, world, engine, link, armed: undefined } as unknown as Host & { agent: AgentProcess }
    fleet.push(host)
    host.agent = await startAgent(await invite(owner, `https://127.0.0.1:${link.port}`), socket, { name })
    return host
  }

  before(async () => {
    hub = await startHub()
    owner = await createOwner(`https://127.0.0.1:${hub.httpsPort}`, hub.code)
    for (let n = 0; n < hosts; n++) await startHost(`host-${n}`)
    await until(async () => (await owner.ask('GET', '/api/v1/hosts')).text.split('"online":true').length > hosts)
  })
  after(async () => {
    for (const { agent, engine, link, world } of fleet) {
      await agent?.stop()
      await link.close()
      await engine.close()
      world.close()
    }
    await hub?.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  /** What dies is chosen, and dies in the turn in which the operation is there. */
  async function killOne(host: Host): Promise<void> {
    const fault: Fault = (['agent', 'agent', 'agent', 'link', 'link', 'hub'] as const)[random(6)]!
    const point = points[random(points.length)]!
    // One at a time: the next choice falls on something else then.
    if (fault === 'hub' && restarting !== undefined) return
    const again = Promise.withResolvers<void>()
    host.armed = {
      point,
      fire: () => {
        left--
        struck.push(`${new Date().toISOString().slice(11, 23)}:${host.name}:${fault}:${point}`)
        if (struck.length > 100) struck.shift()
        done[`${fault} ${point}`] = (done[`${fault} ${point}`] ?? 0) + 1
        again.resolve(strike(host, fault))
      },
    }
    await again.promise
    // Back only once it works again; an operation that is stuck for longer than it may is what the ledger finds.
    const before = succeeded(host.name)
    const struckMs = performance.now()
    while (succeeded(host.name) === before && !over() && performance.now() - struckMs < 2 * stuckMs) await sleep(100)
  }

  let restarting: Promise<void> | undefined

  function strike(host: Host, fault: Fault): Promise<void> {
    if (fault === 'link') host.link.cut()
    if (fault === 'agent') {
      const ended = once(host.agent.process, 'exit')
      host.agent.process.kill('SIGKILL')
      return ended.then(async () => void (await host.agent.restart()))
    }
    if (fault !== 'hub') return Promise.resolve()
    hub.process.kill('SIGKILL')
    restarting ??= hub.restart('SIGKILL').finally(() => (restarting = undefined))
    return restarting
  }

  const succeeded = (host: string) => ledger.filter((one) => one.host === host && one.outcome === 'succeeded').length
  const over = () => left <= 0

  it(
    `are done once or said to be unknown, over ${kills} kills: none lost, none doubled, none stuck [security 152 153 155]`,
    { timeout: 120_000 + kills * 10_000 },
    async (t) => {
      let number = 0
      const work = async (host: Host, container: string) => {
        while (!over()) {
          const operation = { number: ++number, host: host.name, container }
          const sinceMs = Date.now() - 5000
          const { outcome } = await operate(owner, operation, stuckMs, (own) => ledger.push(own))
          if (outcome === undefined)
            t.diagnostic(`${host.name} meanwhile:\n${linesSince(host.agent.output, sinceMs)}\nkills: ${struck.join(' ')}`)
          reach(host, 'told')
        }
      }
      const strikeOn = async (host: Host) => {
        while (!over()) await killOne(host)
      }
      t.after(() => void (left = 0))
      const working = fleet.flatMap((host) => [...host.world.containers.keys()].map((id) => work(host, id)))
      await Promise.race([Promise.all(fleet.map(strikeOn)), Promise.all(working)])
      await Promise.all(working)

      const count = ({ host, marks }: Operation) => effects.get(`${host} ${marks}`) ?? 0
      const told = (outcome: Operation['outcome']) => ledger.filter((one) => one.outcome === outcome)
      const agentKills = Object.entries(done).reduce((sum, [what, times]) => sum + (what.startsWith('agent') ? times : 0), 0)
      t.diagnostic(
        JSON.stringify({ seed, operations: ledger.length, again: ledger.filter(({ tries }) => tries > 1).length, kills: done, agentKills }),
      )
      t.diagnostic(JSON.stringify({ succeeded: told('succeeded').length, unknown: told('unknown').length }))
      assert.deepEqual(told(undefined), [], 'stuck')
      assert.deepEqual(told('failed'), [], 'failed')
      assert.deepEqual(
        told('succeeded').filter((one) => count(one) === 0),
        [],
        'lost',
      )
      assert.deepEqual(
        ledger.filter((one) => count(one) > 1),
        [],
        'doubled',
      )
      // Of what nobody knows, an agent died in the middle of it; each works on so many at once.
      assert.ok(told('unknown').length <= agentKills * workers, `${told('unknown').length} unknown after ${agentKills} kills of agents`)
      assert.ok(Object.values(done).reduce((sum, times) => sum + times, 0) >= kills)
      assert.ok(ledger.length > kills)
    },
  )
})
