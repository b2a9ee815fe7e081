// What others notice of an enemy at the door, of consoles that do not read, of a container that shouts, and of a long cut.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { limits } from '@fairlead/protocol/wire/limits.ts'
import type { WebSocket } from 'ws'
import { sayAtTheDoor } from '../fleet/evil.ts'
import { createLogReader } from '../fleet/log.ts'
import { openNet } from '../fleet/net.ts'
import { startOne, type One } from '../fleet/one.ts'
import { until } from '../fleet/until.ts'
import { percentile, round, sleep } from './measure/numbers.ts'
import type { BenchOptions } from './measure/options.ts'

const calls = 400
const slowReaders = 10
const attackers = 8
/** A hundred lines a second, each its number. */
const ticker = ['sh', '-c', 'i=0; while true; do i=$((i+1)); echo $i; sleep 0.01; done']
/** As fast as the engine takes them. */
const shouter = ['busybox', 'awk', 'BEGIN{while(1)printf "%0100d\\n",i++}']

/** Parts: `hostile` (F11), `slow` (F17), `flood` (F18); `cut` (F5) only when asked for: a network is away for `--seconds`. */
export async function run({ only, seconds }: BenchOptions): Promise<Record<string, unknown>> {
  const wanted = only ?? ['hostile', 'slow', 'flood']
  const figures: Record<string, unknown> = {}
  if (wanted.some((part) => part !== 'cut')) Object.assign(figures, await measureNeighbours(wanted))
  if (wanted.includes('cut')) Object.assign(figures, await measureCut(seconds))
  return figures
}

async function measureNeighbours(wanted: readonly string[]): Promise<Record<string, unknown>> {
  // As it is installed: from source, 50 MB of its memory are the compiler's.
  await import('../../agent/build.ts')
  const one = await startOne({ program: ['--max-semi-space-size=1', join(import.meta.dirname, '../../agent/dist/agent.cjs')] })
  try {
    await one.engine.run('quiet', ['sleep', '1000'])
    const rotated = { LogConfig: { Type: 'json-file', Config: { 'max-size': '20m', 'max-file': '2' } } }
    await one.engine.run('loud', shouter, { HostConfig: { NetworkMode: 'none', ...rotated } })
    await one.engine.api('POST', '/containers/loud/pause')
    await timeCalls(one)
    const figures: Record<string, unknown> = {}
    if (wanted.includes('hostile')) figures['hostile'] = await compare(one, besiege)
    await one.engine.api('POST', '/containers/loud/unpause')
    // The shouting itself takes a core from everybody: it goes on in both turns.
    if (wanted.includes('slow')) figures['slow'] = await compare(one, neglect)
    if (wanted.includes('flood')) figures['flood'] = await compare(one, listen)
    return figures
  } finally {
    await one.stop()
  }
}

/** Ends what it began. */
type Fault = (one: One) => Promise<() => Promise<void>>

/** Before, during, after: the calls of somebody else, and what both programs took meanwhile. */
async function compare(one: One, fault: Fault): Promise<Record<string, unknown>> {
  const before = await timeCalls(one)
  const hubBytes = residentBytes(one.hub.process.pid!)
  const end = await fault(one)
  const agentCpu = cpuMs(one.agent.process.pid!)
  const startMs = performance.now()
  const during = await timeCalls(one)
  const agentCores = (cpuMs(one.agent.process.pid!) - agentCpu) / (performance.now() - startMs)
  const grown = residentBytes(one.hub.process.pid!) - hubBytes
  const agentBytes = residentBytes(one.agent.process.pid!)
  await end()
  await sleep(2000)
  const after = await timeCalls(one)
  const p95 = (values: readonly number[]) => percentile(values, 0.95)
  return {
    p95Ms: round(p95(during)),
    quietP95Ms: [round(p95(before)), round(p95(after))],
    p95Ratio: round((p95(during) * 2) / (p95(before) + p95(after))),
    hubGrownMB: round(grown / 2 ** 20),
    agentRssMB: round(agentBytes / 2 ** 20),
    agentCores: round(agentCores),
  }
}

async function timeCalls(one: One): Promise<number[]> {
  const session = await one.owner.open()
  const alpha = session.onHost('alpha')
  const took: number[] = []
  for (let n = 0; n < calls; n++) {
    const began = performance.now()
    await alpha.containers.get({ id: 'quiet' })
    took.push(performance.now() - began)
    await sleep(10)
  }
  session.close()
  return took
}

const attacks: readonly ((socket: WebSocket) => void)[] = [
  (socket) => socket.send(randomBytes(96)),
  (socket) => socket.send(Buffer.alloc(limits.messageBytes + 1)),
  (socket) => socket.send(Buffer.alloc(4000, 0x91)),
  (socket) => {
    for (let n = 0; n < 2000; n++) socket.send(Buffer.alloc(1), { fin: false })
  },
  // Says nothing until it is sent away.
  () => undefined,
]

async function besiege(one: One): Promise<() => Promise<void>> {
  let over = false
  const loops = Array.from({ length: attackers }, async (_, n) => {
    for (let i = n; !over; i++) {
      await sayAtTheDoor(one.hub.httpsPort, attacks[i % attacks.length]!)
      await sleep(50)
    }
  })
  return async () => {
    over = true
    await Promise.all(loops)
  }
}

/** Consoles that open a log, take one batch and then nothing more. */
async function neglect(one: One): Promise<() => Promise<void>> {
  const sessions = await Promise.all(Array.from({ length: slowReaders }, () => one.owner.open()))
  const logs = sessions.map(({ onHost }) => onHost('alpha').containers.logs({ id: 'loud', tail: 0 })[Symbol.asyncIterator]())
  await Promise.all(logs.map((log) => log.next()))
  await sleep(3000)
  return async () => {
    for (const session of sessions) session.close()
  }
}

/** Somebody reads it all. */
async function listen(one: One): Promise<() => Promise<void>> {
  const session = await one.owner.open()
  const log = createLogReader()
  let over = false
  const reading = log.read(session.onHost('alpha'), 'loud', () => over)
  await until(() => log.lines > 100_000)
  return async () => {
    over = true
    await reading
    session.close()
  }
}

/** A log is followed while the network is away: what is missing afterwards, and how long the host takes to be back. */
async function measureCut(seconds: number): Promise<Record<string, unknown>> {
  const net = openNet(1)
  try {
    const one = await startOne({ net })
    try {
      await one.engine.run('ticker', ticker)
      const session = await one.owner.open()
      const log = createLogReader()
      await log.read(session.onHost('alpha'), 'ticker', () => log.lines > 100)
      const ups = () => one.agent.output.split('link up').length
      const before = ups()
      net.sites[0]!.cut('both')
      await sleep(seconds * 1000)
      const healedMs = performance.now()
      net.sites[0]!.heal()
      await until(() => ups() > before)
      const backMs = performance.now() - healedMs
      await one.back()
      // All that was written while nobody could read it.
      const written = Number((await one.engine.api('GET', '/containers/ticker/logs?stdout=1&tail=1')).body.slice(8))
      await log.read(session.onHost('alpha'), 'ticker', () => log.lines >= written)
      session.close()
      return {
        cutSeconds: seconds,
        backSeconds: round(backMs / 1000),
        linesRead: log.lines,
        linesMissing: Number(log.last) - log.lines,
        notices: log.notices.length,
      }
    } finally {
      await one.stop()
    }
  } finally {
    net.close()
  }
}

const residentBytes = (pid: number) => Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096

/** User and system together; the kernel counts in hundredths of a second. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}
