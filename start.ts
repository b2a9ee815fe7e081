// `npm start`: the hub with its bundled database, and this machine's own agent, until Ctrl-C. `npm start -- --demo[=200]` adds made-up hosts.
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { dataDirProblem, lockDataDir, whoHolds } from './hub/src/base/datadir.ts'
import type { HubMessage, HubRequest } from './hub/src/main.ts'
import { hubFlags, mallocSettings } from './hub/src/malloc.ts'
import { buildOutdated } from './start-build.ts'
import { onEnd } from './start-end.ts'
import { openLog, type ProgramLog } from './start-log.ts'

const root = import.meta.dirname
// What Node made of the sources of hub and agent is found again by the next start: two of its three seconds.
process.env['NODE_COMPILE_CACHE'] ??= join(root, '.cache/compiled')
const dataDir = process.env['FAIRLEAD_DATA_DIR'] ?? join(root, '.fairlead')
const stateDir = join(dataDir, 'agent')
const demoDir = join(dataDir, 'demo')
const logDir = join(dataDir, 'logs')

let hub: ChildProcess | undefined
let agent: ChildProcess | undefined
let enrolment: ChildProcess | undefined
let demo: ChildProcess | undefined
let stopping = false
const building = new AbortController()
onEnd(() => void stop())

const { values } = parseArgs({
  options: { demo: { type: 'string' } },
  args: process.argv.slice(2).map((arg) => (arg === '--demo' ? '--demo=6' : arg)),
})
const demoCount = Number(values.demo ?? 0)
if (!Number.isInteger(demoCount) || demoCount < 0 || demoCount > 500) {
  console.error(`--demo wants a whole number of made-up hosts, at most 500, not "${values.demo}".`)
  process.exit(64)
}
const hasEngine = ['/var/run/docker.sock', '/run/podman/podman.sock', process.env['FAIRLEAD_ENGINE'] ?? ''].some((path) => existsSync(path))

// Before anything is built or written: what runs goes on as it is.
for (const name of ['start.sock', 'hub.sock']) {
  const url = await whoHolds(dataDir, name)
  if (url === undefined) continue
  const where = url === '' ? 'it is just starting, and shows the address of its console where it was started' : `its console is ${url}`
  refuse(
    `Fairlead runs already on ${dataDir}: ${where}. Stop it there with Ctrl-C, or give this one its own folder with FAIRLEAD_DATA_DIR.`,
    73,
  )
}
const problem = dataDirProblem(dataDir)
if (problem !== undefined) refuse(problem, 78)
// The hub takes a lock of its own only after its log was begun.
const lock = await lockDataDir(dataDir, 'start.sock').catch((error: Error) => refuse(error.message, 73))
if (!(await buildOutdated(root, building.signal)) && !stopping) process.exit(1)
mkdirSync(stateDir, { recursive: true, mode: 0o711 })
const hubLog = openLog(join(logDir, 'hub.log'))
const agentLog = openLog(join(logDir, 'agent.log'))
const agentEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('FAIRLEAD_') || name === 'FAIRLEAD_ENGINE'),
)
if (!stopping) startHub()

function refuse(why: string, exit: number): never {
  console.error(why)
  process.exit(exit)
}

/** In its own group, as all of them: a Ctrl-C in the terminal reaches this program alone, which then ends all in order. */
function startHub(): void {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => name !== 'FAIRLEAD_ENGINE'))
  hub = spawn(process.execPath, [...hubFlags, join(root, 'hub/src/main.ts')], {
    env: { ...mallocSettings, ...env, FAIRLEAD_DATA_DIR: dataDir, FAIRLEAD_DEMO: demoCount > 0 ? 'begins' : '1' },
    stdio: ['ignore', hubLog.fd, 'inherit', 'ipc'],
    detached: true,
  })
  hub.on('message', (message: HubMessage) => {
    if (message.type === 'ready') onReady(message)
    else if (message.type === 'join') enrolOwnAgent(message.join)
    else if (message.type === 'demo') void startDemo(message.joins)
    else void stopDemo()
  })
  hub.once('exit', async (code, signal) => {
    if (stopping) return
    sayEnd('The hub', code ?? signal, hubLog)
    // One that was killed could not end its database.
    const { stopLeftPostgres } = await import('./hub/src/base/postgres.ts')
    await stopLeftPostgres(join(dataDir, 'postgres')).catch((error: Error) => console.error(error.message))
    void stop(code ?? 1)
  })
}

/** Where another machine finds the console: at each network of this one, unless it listens to this machine alone. */
function elsewhere(port: number): readonly string[] {
  const listen = process.env['FAIRLEAD_TLS_LISTEN']
  const open = listen === undefined || /^https:\/\/(0\.0\.0\.0|\[::\])/.test(listen)
  // Bridges of containers and of virtual machines lead nowhere from outside.
  const found = Object.entries(networkInterfaces()).flatMap(([name, all]) =>
    /^(docker|br-|veth|cni|podman|virbr|lxc)/.test(name) ? [] : (all ?? []),
  )
  const own = found.filter(({ internal, family, address }) => !internal && family === 'IPv4' && !address.startsWith('169.254.'))
  return open ? own.slice(0, 3).map(({ address }) => `https://${address}:${port}`) : []
}

function ask(request: HubRequest): void {
  if (hub?.connected === true) hub.send(request)
}

function onReady({ url, firstRunCode, httpsPort }: HubMessage & { readonly type: 'ready' }): void {
  lock.tell(url)
  const lines = [`Console:         ${url}`]
  if (firstRunCode !== '') lines.push(`First-run code:  ${firstRunCode}`)
  for (const address of elsewhere(httpsPort)) lines.push(`Elsewhere:       ${address} (the browser warns of its own certificate)`)
  lines.push(`For agents and other machines: https on port ${httpsPort}. Ctrl-C stops everything; containers go on.`)
  lines.push(`Logs:            ${hubLog.file}, ${agentLog.file}`)
  if (!hasEngine && demoCount === 0)
    lines.push('Neither Docker nor Podman answers here: this machine shows its own metrics only. For made-up hosts: npm start -- --demo')
  // One write: who waits for one of these lines has the others too.
  console.log(lines.join('\n'))
  startOwnAgent()
  if (existsSync(demoDir)) void startDemo([])
}

/** A program ended that was not asked to: how, and what it wrote last. */
function sayEnd(who: string, how: number | string | null, log: ProgramLog): void {
  const last = log.last()
  console.error(`${who} ended with ${how}. ${last === '' ? `It wrote nothing to ${log.file}.` : `The last lines of ${log.file}:\n${last}`}`)
}

/** This machine is the first host: it joins by itself as soon as there is an owner to belong to. */
function startOwnAgent(): void {
  if (stopping || agent !== undefined) return
  if (existsSync(join(stateDir, 'hub.json'))) {
    agent = spawn(process.execPath, [join(root, 'agent/src/main.ts'), 'run'], {
      env: { ...agentEnv, FAIRLEAD_STATE_DIR: stateDir },
      stdio: ['ignore', agentLog.fd, 'inherit', 'ipc'],
      detached: true,
    })
    agent.once('exit', (code, signal) => {
      if (!stopping) sayEnd('The agent of this machine', code ?? signal, agentLog)
    })
    // There is an owner now: so may there be made-up hosts.
    if (demoCount > 0) ask({ demo: demoCount })
    return
  }
  ask('invite')
  setTimeout(startOwnAgent, 2000).unref()
}

/** Made-up hosts live beside the hub, in one process, and come back with it. */
async function startDemo(joins: readonly string[]): Promise<void> {
  if (joins.length === 0 && demo?.exitCode === null) return
  await endOf(demo)
  if (stopping) return
  demo = spawn(process.execPath, [join(root, 'e2e/demo/run.ts')], { stdio: ['pipe', 'ignore', 'inherit', 'ipc'], detached: true })
  demo.stdin!.end(JSON.stringify({ dir: demoDir, joins }))
}

async function stopDemo(): Promise<void> {
  await endOf(demo)
  rmSync(demoDir, { recursive: true, force: true })
}

async function endOf(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<void>((done) => child.once('exit', () => done()))
  child.kill('SIGTERM')
  await ended
}

function enrolOwnAgent(text: string): void {
  if (enrolment !== undefined || stopping) return
  enrolment = spawn(process.execPath, [join(root, 'agent/src/main.ts'), 'enrol'], {
    env: { ...agentEnv, FAIRLEAD_STATE_DIR: stateDir },
    stdio: ['pipe', agentLog.fd, 'inherit'],
    detached: true,
  })
  enrolment.stdin!.end(text)
  enrolment.once('exit', () => {
    enrolment = undefined
    startOwnAgent()
  })
}

async function stop(code = 0): Promise<void> {
  if (stopping) return
  stopping = true
  setTimeout(() => process.exit(1), 10_000).unref()
  building.abort()
  if (hub !== undefined) console.error('Stopping the agent, the hub and its database …')
  await Promise.all([endOf(demo), endOf(agent), endOf(enrolment)])
  await endOf(hub)
  process.exit(code)
}
