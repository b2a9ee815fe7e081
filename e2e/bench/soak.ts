// Hours of an agent as it is installed, beside work that comes and goes: bursts of output, logs that are followed and left, terminals,
// a link that is cut, containers that come and go. Memory and descriptors are written down all along; what counts is their slope.
import { appendFileSync, copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEngine, type TestEngine } from '../engine.ts'
import { invite } from '../fleet/console.ts'
import { startOwnedHub, type OwnedHub } from '../fleet/one.ts'
import { startAgent, type AgentProcess } from '../fleet/programs.ts'
import { until } from '../fleet/until.ts'
import { round, sleep } from './measure/numbers.ts'
import type { BenchOptions } from './measure/options.ts'

const root = join(import.meta.dirname, '../..')
const containers = 10
const roundMs = 60_000
/** Of the beginning: what a start leaves behind is no slope. */
const settlingShare = 0.25
const malloc = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '32768', MALLOC_TRIM_THRESHOLD_: '65536' }

interface Reading {
  readonly atS: number
  readonly name: string
  readonly rssMB: number
  readonly anonMB: number
  readonly fds: number
  readonly cpuS: number
}

/** Each reading is a line of `FAIRLEAD_BENCH_FILE` as well, if that is set: a run that is broken off has said what it saw. */
export async function run({ seconds, megabytes }: BenchOptions): Promise<Record<string, unknown>> {
  const built = join(root, `agent/dist/release/fairlead-agent-linux-${process.arch}`)
  if (!existsSync(built)) throw new Error('The programs are not built; run "npm run build:agent" first.')
  // Its own copy: somebody may build again meanwhile.
  const dir = mkdtempSync(join(tmpdir(), 'fairlead-soak-'))
  const program = join(dir, 'fairlead-agent')
  copyFileSync(built, program)
  const owned = await startOwnedHub()
  const engine = await startEngine()
  const agents = new Map<string, AgentProcess>()
  try {
    for (let n = 0; n < containers; n++) await engine.run(`soak-${n}`, ['sh', '-c', 'while true; do date; sleep 1; done'])
    for (const compile of ['always', 'busy'])
      agents.set(
        compile,
        await startAgent(await invite(owned.owner, owned.address), engine.socket, {
          name: compile,
          file: program,
          program: [],
          env: { ...malloc, FAIRLEAD_METRICS_SECONDS: '10', FAIRLEAD_COMPILE: compile },
        }),
      )
    for (const name of agents.keys()) await online(owned, name)
    const readings = await soak(owned, engine, agents, { seconds, megabytes })
    return Object.fromEntries([...agents.keys()].map((name) => [name, slopes(readings.filter((one) => one.name === name))]))
  } finally {
    for (const agent of agents.values()) await agent.stop()
    await engine.stop()
    await owned.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}

async function soak(
  owned: OwnedHub,
  engine: TestEngine,
  agents: ReadonlyMap<string, AgentProcess>,
  { seconds, megabytes }: Pick<BenchOptions, 'seconds' | 'megabytes'>,
): Promise<Reading[]> {
  const readings: Reading[] = []
  const startMs = performance.now()
  for (let n = 0; performance.now() - startMs < seconds * 1000; n++) {
    for (const name of agents.keys()) await work(owned, name, megabytes)
    const { status } = await engine.api('DELETE', `/containers/soak-come-${n - 1}?force=1`)
    if (n > 0 && status !== 204) throw new Error(`a container could not be removed (${status})`)
    await engine.run(`soak-come-${n}`, ['sleep', '100000'])
    // The link is new each ten rounds.
    if (n % 10 === 9) {
      await owned.hub.restart('SIGTERM')
      for (const name of agents.keys()) await online(owned, name)
    }
    await sleep(Math.max(0, (n + 1) * roundMs - (performance.now() - startMs)))
    for (const [name, { process: child }] of agents) {
      const reading = { atS: Math.round((performance.now() - startMs) / 1000), name, ...read(child.pid!) }
      readings.push(reading)
      const file = process.env['FAIRLEAD_BENCH_FILE']
      if (file !== undefined) appendFileSync(file, `${JSON.stringify(reading)}\n`)
    }
  }
  return readings
}

/** What people do in a minute: a burst of output, a log that is followed for a while, a list. */
async function work(owned: OwnedHub, name: string, megabytes: number): Promise<void> {
  const session = await owned.owner.open()
  const { containers: of } = session.onHost(name)
  const command = ['sh', '-c', `yes ${'x'.repeat(99)} | head -c ${megabytes * 1e6}`]
  for await (const batch of of.exec({ id: 'soak-0', command })) void batch
  await of.list({})
  let batches = 0
  for await (const batch of of.logs({ id: 'soak-1', tail: 100 }))
    if (++batches > 5) break
    else void batch
  session.close()
}

async function online(owned: OwnedHub, name: string): Promise<void> {
  await until(async () => (await owned.owner.ask('GET', `/api/v1/hosts/${name}`)).text.includes('"online":true'))
}

function read(pid: number): Pick<Reading, 'rssMB' | 'anonMB' | 'fds' | 'cpuS'> {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const of = (name: string) => (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)![1]) * 1024) / 1e6
  const threads = readdirSync(`/proc/${pid}/task`)
  const ns = threads.reduce((sum, thread) => sum + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]), 0)
  return { rssMB: round(of('Rss')), anonMB: round(of('Anonymous')), fds: readdirSync(`/proc/${pid}/fd`).length, cpuS: round(ns / 1e9) }
}

function slopes(all: readonly Reading[]): Record<string, unknown> {
  const settled = all.slice(Math.floor(all.length * settlingShare))
  const last = settled.at(-1)!
  const slope = (pick: (one: Reading) => number) => {
    const mean = (of: (one: Reading) => number) => settled.reduce((sum, one) => sum + of(one), 0) / settled.length
    const [x, y] = [mean(({ atS }) => atS), mean(pick)]
    const over = settled.reduce((sum, one) => sum + (one.atS - x) ** 2, 0)
    return round((settled.reduce((sum, one) => sum + (one.atS - x) * (pick(one) - y), 0) / over) * 3600)
  }
  return {
    hours: round(last.atS / 3600),
    rounds: all.length,
    rssMB: last.rssMB,
    anonMB: last.anonMB,
    fds: last.fds,
    rssMBPerHour: slope(({ rssMB }) => rssMB),
    anonMBPerHour: slope(({ anonMB }) => anonMB),
    fdsPerHour: slope(({ fds }) => fds),
  }
}
