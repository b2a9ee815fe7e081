// The agent as it is installed, one file with its Node inside, beside the same bundle on a plain Node of the same version: both are real
// hosts of one real hub, with one engine of 50 containers. Everything is read from the kernel's own accounts.
import { createHash } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  createReadStream,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { runsOf } from '../../hub/src/updates/send.ts'
import { blockBytes, blockHashBytes, mostTogether } from '@fairlead/protocol/features/updates.ts'
import { fetchBase, nodeVersion, type Arch } from '../../agent/release/bases.ts'
import { makePrograms } from '../../agent/release/programs.ts'
import { startEngine } from '../engine.ts'
import { invite } from '../fleet/console.ts'
import { startOwnedHub, type OwnedHub } from '../fleet/one.ts'
import { startAgent, type AgentProcess } from '../fleet/programs.ts'
import { until } from '../fleet/until.ts'
import { openDirect } from './link/direct.ts'
import { median, round, sleep } from './measure/numbers.ts'
import type { BenchOptions } from './measure/options.ts'

const root = join(import.meta.dirname, '../..')
const agentDir = join(root, 'agent')
const bundle = join(agentDir, 'dist/release/agent.cjs')
const containers = 50
const starts = 9
const afterBurstMs = 30_000
const mega = 1e6

/** As the units set it; see `docs/decisions/0028-one-program.md`. */
const malloc = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '32768', MALLOC_TRIM_THRESHOLD_: '65536' }

type Figures = Record<string, number>

export async function run({ seconds, megabytes, only }: BenchOptions): Promise<Record<string, unknown>> {
  const arch = process.arch as Arch
  const built = join(agentDir, `dist/release/fairlead-agent-linux-${arch}`)
  if (!existsSync(built)) throw new Error('The programs are not built; run "npm run build:agent" first.')
  const dir = mkdtempSync(join(tmpdir(), 'fairlead-installed-'))
  const program = join(dir, 'fairlead-agent')
  install(built, program)
  try {
    return await measure(arch, program, `${built}.xz`, { seconds, megabytes, only })
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** As the installer does it: what the kernel keeps of a file, and so what of it counts as memory, depends on how it was written. */
function install(built: string, program: string): void {
  if (!existsSync(`${built}.xz`)) return copyFileSync(built, program)
  const { status } = spawnSync('sh', ['-c', 'xz -dc "$1" > "$2" && chmod 755 "$2"', 'sh', `${built}.xz`, program])
  if (status !== 0) throw new Error('The packed program could not be unpacked; is xz installed?')
}

async function measure(
  arch: Arch,
  program: string,
  packed: string,
  { seconds, megabytes, only }: Pick<BenchOptions, 'seconds' | 'megabytes' | 'only'>,
): Promise<Record<string, unknown>> {
  const sizes = {
    binaryMB: round(statSync(program).size / mega),
    downloadXzMB: existsSync(packed) ? round(statSync(packed).size / mega) : 0,
    ...(only === undefined || only.includes('update') ? { updateKB: await measureUpdate(arch, program) } : {}),
  }
  if (only !== undefined && !only.includes('memory')) return sizes
  const owned = await startOwnedHub()
  const engine = await startEngine()
  try {
    for (let n = 0; n < containers; n++) await engine.run(`bench-${n}`, ['sleep', '100000'])
    const kinds = [
      { name: 'program', file: program, argv: [], env: malloc },
      { name: 'always', file: program, argv: [], env: { ...malloc, FAIRLEAD_COMPILE: 'always' } },
      { name: 'plain', file: process.execPath, argv: [bundle], env: { FAIRLEAD_COMPILE: 'always' } },
    ] as const
    const agents = new Map<string, AgentProcess>()
    try {
      for (const { name, file, argv, env } of kinds)
        agents.set(
          name,
          await startAgent(await invite(owned.owner, owned.address), engine.socket, {
            name,
            file,
            program: argv,
            env: { ...env, FAIRLEAD_METRICS_SECONDS: '10' },
          }),
        )
      const figures = await measureAgents(owned, agents, { seconds, megabytes, socket: engine.socket })
      const { program: own, always, plain, engine: direct } = figures
      return { ...sizes, ...own, compileAlways: always, plainNode: plain, engineAlone: direct, node: nodeVersion }
    } finally {
      for (const agent of agents.values()) await agent.stop()
    }
  } finally {
    await engine.stop()
    await owned.stop()
  }
}

async function measureAgents(
  owned: OwnedHub,
  agents: ReadonlyMap<string, AgentProcess>,
  { seconds, megabytes, socket }: { readonly seconds: number; readonly megabytes: number; readonly socket: string },
): Promise<Record<string, Figures>> {
  const figures: Record<string, Figures> = {}
  for (const name of agents.keys())
    await until(async () => (await owned.owner.ask('GET', `/api/v1/hosts/${name}`)).text.includes('"online":true'))
  // All idle at once, and nobody asks anything: what starting took is given back, and a minute later what ran for the first time has run.
  await sleep(20_000)
  const first = await measureCpu(agents, seconds)
  const then = await measureCpu(agents, seconds)
  for (const [name, { process }] of agents) {
    const { rssMB, anonMB } = memory(process.pid!)
    figures[name] = { rssMB, anonMB, cpuPercent: then.get(name)!, cpuFirstMinutePercent: first.get(name)! }
    console.error(`${name}: ${JSON.stringify(figures[name])}`)
  }
  figures['engine'] = { logsMBps: await measureEngine(owned, [...agents.keys()][0]!, socket, megabytes) }
  for (const [name, agent] of agents) {
    const logsMBps = await measureBurst(owned, name, megabytes)
    await sleep(afterBurstMs)
    Object.assign(figures[name]!, { logsMBps, anonAfterBurstMB: memory(agent.process.pid!).anonMB })
    console.error(`${name}: ${JSON.stringify(figures[name])}`)
  }
  // Each in turn, so that all meet the same machine.
  const took = new Map([...agents.keys()].map((name) => [name, [] as number[]]))
  for (let n = 0; n < starts; n++) for (const [name, agent] of agents) took.get(name)!.push(await agent.restart())
  for (const [name, values] of took) figures[name]!['startMs'] = round(median(values))
  return figures
}

/** Of one core, percent, over so many seconds. */
async function measureCpu(agents: ReadonlyMap<string, AgentProcess>, seconds: number): Promise<ReadonlyMap<string, number>> {
  const used = () => new Map([...agents].map(([name, { process }]) => [name, cpuNs(process.pid!)]))
  const before = used()
  await sleep(seconds * 1000)
  return new Map([...used()].map(([name, ns]) => [name, round(((ns - before.get(name)!) / (seconds * 1e9)) * 100)]))
}

/** The same output as the engine gives it to whoever asks beside it: more than that nobody can pass on. */
async function measureEngine(owned: OwnedHub, host: string, socketPath: string, megabytes: number): Promise<number> {
  await measureBurst(owned, host, megabytes)
  const direct = openDirect({ socketPath })
  const body = { AttachStdout: true, AttachStderr: true, Tty: false, Cmd: ['cat', '/log'] }
  const { Id } = (await direct.post('/containers/bench-0/exec', body)) as { Id: string }
  const startMs = performance.now()
  const socket = await direct.attach(`/exec/${Id}/start`, { Detach: false, Tty: false })
  let read = 0
  for await (const piece of socket) read += (piece as Buffer).length
  const tookMs = performance.now() - startMs
  if (read < megabytes * mega) throw new Error(`${read} bytes came of the engine`)
  return round((megabytes * mega) / 1000 / tookMs)
}

/** Output of a command in a container, read through the hub by somebody who only counts. */
async function measureBurst(owned: OwnedHub, host: string, megabytes: number): Promise<number> {
  const session = await owned.owner.open()
  const bytes = megabytes * mega
  const { exec } = session.onHost(host).containers
  // Written before: what is measured is not how fast busybox makes lines.
  const write = ['sh', '-c', `[ -f /log ] || yes ${'x'.repeat(99)} | head -c ${bytes} > /log`]
  for await (const batch of exec({ id: 'bench-0', command: write })) void batch
  const startMs = performance.now()
  let read = 0
  for await (const batch of exec({ id: 'bench-0', command: ['cat', '/log'] })) read += batch.byteLength
  const tookMs = performance.now() - startMs
  session.close()
  if (read < bytes) throw new Error(`${read} of ${bytes} bytes came`)
  return round(bytes / 1000 / tookMs)
}

/** What a host fetches of a next version on the same Node: the hashes of all blocks, and those that differ, each packed. There is new code at both ends, so that all between has moved. */
async function measureUpdate(arch: Arch, program: string): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'fairlead-update-'))
  try {
    const text = readFileSync(bundle, 'utf8')
    const more = text.slice(0, 4000)
    writeFileSync(join(dir, 'agent.cjs'), `function before(){${JSON.stringify(more)}}${text}\nfunction after(){${JSON.stringify(more)}}\n`)
    const base = await fetchBase(root, join(agentDir, 'dist/bases'), arch)
    const output = join(dir, 'next')
    await makePrograms(join(dir, 'agent.cjs'), new Map([[arch, base]]), [{ arch, output }])
    const known = new Set((await blocks(program)).map(([hash]) => hash))
    const all = await blocks(output)
    const changed = all.flatMap(([hash], index) => (known.has(hash) ? [] : [index]))
    const packed = runsOf(changed, mostTogether).map((run) => brotliCompressSync(Buffer.concat(run.map((index) => all[index]![1]))).length)
    return round(packed.reduce((sum, bytes) => sum + bytes, all.length * blockHashBytes) / 1000)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** Each with its hash, in order. */
async function blocks(file: string): Promise<[string, Buffer][]> {
  const found: [string, Buffer][] = []
  for await (const piece of createReadStream(file, { highWaterMark: blockBytes }))
    found.push([
      createHash('sha256')
        .update(piece as Buffer)
        .digest('base64'),
      piece as Buffer,
    ])
  return found
}

function memory(pid: number): { readonly rssMB: number; readonly anonMB: number } {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const of = (name: string) => round((Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)![1]) * 1024) / mega)
  return { rssMB: of('Rss'), anonMB: of('Anonymous') }
}

/** Of all threads; in nanoseconds, for an idle agent uses less than a tick of the clock in ten seconds. */
function cpuNs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`)
  return threads.reduce((sum, thread) => sum + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]), 0)
}
