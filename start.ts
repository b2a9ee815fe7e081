// `npm start`: the hub with its bundled database, and this machine's own agent, until Ctrl-C. `npm start -- --demo[=200]` adds made-up hosts.
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, globSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import type { HubMessage, HubRequest } from './hub/src/main.ts'
import { openLog, type ProgramLog } from './start-log.ts'

const root = import.meta.dirname
const dataDir = process.env['FAIRLEAD_DATA_DIR'] ?? join(root, '.fairlead')
const stateDir = join(dataDir, 'agent')
const demoDir = join(dataDir, 'demo')
const logDir = join(dataDir, 'logs')

function run(file: string): Promise<number | null> {
  // From its own folder: what it is built with is looked for there.
  const settings = { cwd: dirname(join(root, file)), stdio: ['ignore', 'ignore', 'inherit'] as ('ignore' | 'inherit')[] }
  return new Promise((done) => spawn(process.execPath, [join(root, file)], settings).once('exit', done))
}

/** Whether a source is newer than what was built of it, as after a pull. */
function isOutdated(built: string, sources: readonly string[]): boolean {
  const builtMs = statSync(join(root, built), { throwIfNoEntry: false })?.mtimeMs ?? 0
  return globSync(sources, { cwd: root }).some((file) => statSync(join(root, file)).mtimeMs > builtMs)
}

const shared = 'protocol/src/**/*.ts'
if (isOutdated('ui/dist/index.html', ['ui/*.{ts,json}', 'ui/src/**/*.*', shared]) && (await run('ui/build.ts')) !== 0) process.exit(1)
if (isOutdated('agent/dist/agent.cjs', ['agent/*.{ts,json}', 'agent/src/**/*.ts', shared]) && (await run('agent/build.ts')) !== 0)
  process.exit(1)
mkdirSync(stateDir, { recursive: true, mode: 0o711 })

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

const hubLog = openLog(join(logDir, 'hub.log'))
const agentLog = openLog(join(logDir, 'agent.log'))
let agent: ChildProcess | undefined
let demo: ChildProcess | undefined
let stopping = false
const agentEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('FAIRLEAD_') || name === 'FAIRLEAD_ENGINE'),
)

const hubEnv = Object.fromEntries(Object.entries(process.env).filter(([name]) => name !== 'FAIRLEAD_ENGINE'))

/** In its own group: a Ctrl-C in the terminal reaches this program alone, which then ends all in order. */
const hub = spawn(process.execPath, [join(root, 'hub/src/main.ts')], {
  env: { ...hubEnv, FAIRLEAD_DATA_DIR: dataDir, FAIRLEAD_DEMO: '1' },
  stdio: ['ignore', hubLog.fd, 'inherit', 'ipc'],
  detached: true,
})
hub.on('message', (message: HubMessage) => {
  if (message.type === 'ready') {
    console.log(`Console:         ${message.url}`)
    if (message.firstRunCode !== '') console.log(`First-run code:  ${message.firstRunCode}`)
    console.log(`For agents and other machines: https on port ${message.httpsPort}. Ctrl-C stops everything; containers go on.`)
    console.log(`Logs:            ${hubLog.file}, ${agentLog.file}`)
    if (!hasEngine && demoCount === 0)
      console.log('Neither Docker nor Podman answers here: this machine shows its own metrics only. For made-up hosts: npm start -- --demo')
    startOwnAgent()
    if (existsSync(demoDir)) startDemo([])
  } else if (message.type === 'join') enrolOwnAgent(message.join)
  else if (message.type === 'demo') startDemo(message.joins)
  else stopDemo()
})
const ask = (request: HubRequest) => hub.connected && hub.send(request)
hub.once('exit', (code, signal) => {
  if (stopping) return
  sayEnd('The hub', code ?? signal, hubLog)
  void stop(code ?? 1)
})

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
      stdio: ['ignore', agentLog.fd, 'inherit'],
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

let enrolling = false
function enrolOwnAgent(text: string): void {
  if (enrolling || stopping) return
  enrolling = true
  const child = spawn(process.execPath, [join(root, 'agent/src/main.ts'), 'enrol'], {
    env: { ...agentEnv, FAIRLEAD_STATE_DIR: stateDir },
    stdio: ['pipe', agentLog.fd, 'inherit'],
  })
  child.stdin!.end(text)
  child.once('exit', () => {
    enrolling = false
    startOwnAgent()
  })
}

async function stop(code = 0): Promise<void> {
  if (stopping) return
  stopping = true
  setTimeout(() => process.exit(1), 10_000).unref()
  await Promise.all([endOf(demo), endOf(agent)])
  await endOf(hub)
  process.exit(code)
}
process.on('SIGINT', () => void stop())
process.on('SIGTERM', () => void stop())
