// `npm start`: the hub with its bundled database, and this machine's own agent, until Ctrl-C.
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { HubMessage } from './hub/src/main.ts'

const root = import.meta.dirname
const dataDir = process.env['FAIRLEAD_DATA_DIR'] ?? join(root, '.fairlead')
const stateDir = join(dataDir, 'agent')

function run(file: string): Promise<number | null> {
  return new Promise((done) => spawn(process.execPath, [join(root, file)], { stdio: ['ignore', 'ignore', 'inherit'] }).once('exit', done))
}

if (!existsSync(join(root, 'ui/dist/index.html')) && (await run('ui/build.ts')) !== 0) process.exit(1)
if (!existsSync(join(root, 'agent/dist/agent.cjs')) && (await run('agent/build.ts')) !== 0) process.exit(1)
mkdirSync(stateDir, { recursive: true, mode: 0o711 })

let agent: ChildProcess | undefined
let stopping = false
const agentEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('FAIRLEAD_') || name === 'FAIRLEAD_ENGINE'),
)

/** In its own group: a Ctrl-C in the terminal reaches this program alone, which then ends all in order. */
const hub = spawn(process.execPath, [join(root, 'hub/src/main.ts')], {
  env: { ...process.env, FAIRLEAD_DATA_DIR: dataDir },
  stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  detached: true,
})
hub.on('message', (message: HubMessage) => {
  if (message.type === 'ready') {
    console.log(`Console:         ${message.url}`)
    if (message.firstRunCode !== '') console.log(`First-run code:  ${message.firstRunCode}`)
    console.log(`For agents and other machines: https on port ${message.httpsPort}. Ctrl-C stops everything; containers go on.`)
    startOwnAgent()
  } else enrolOwnAgent(message.join)
})
hub.once('exit', (code) => {
  if (!stopping) process.exit(code ?? 1)
})

/** This machine is the first host: it joins by itself as soon as there is an owner to belong to. */
function startOwnAgent(): void {
  if (stopping || agent !== undefined) return
  if (existsSync(join(stateDir, 'hub.json'))) {
    agent = spawn(process.execPath, [join(root, 'agent/src/main.ts'), 'run'], {
      env: { ...agentEnv, FAIRLEAD_STATE_DIR: stateDir },
      stdio: ['ignore', 'ignore', 'inherit'],
      detached: true,
    })
    return
  }
  hub.send('invite')
  setTimeout(startOwnAgent, 2000).unref()
}

let enrolling = false
function enrolOwnAgent(text: string): void {
  if (enrolling || stopping) return
  enrolling = true
  const child = spawn(process.execPath, [join(root, 'agent/src/main.ts'), 'enrol'], {
    env: { ...agentEnv, FAIRLEAD_STATE_DIR: stateDir },
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  child.stdin!.end(text)
  child.once('exit', () => {
    enrolling = false
    startOwnAgent()
  })
}

async function stop(): Promise<void> {
  if (stopping) return
  stopping = true
  setTimeout(() => process.exit(1), 10_000).unref()
  for (const child of [agent, hub]) {
    if (child === undefined || child.exitCode !== null) continue
    const ended = new Promise<void>((done) => child.once('exit', () => done()))
    child.kill('SIGTERM')
    await ended
  }
  process.exit(0)
}
process.on('SIGINT', () => void stop())
process.on('SIGTERM', () => void stop())
