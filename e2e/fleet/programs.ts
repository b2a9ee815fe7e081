import { spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { placeCluster } from '@fairlead/hub/base/test-cluster.ts'
import type { HubMessage } from '@fairlead/hub/main.ts'
import { hubFlags, mallocSettings } from '@fairlead/hub/malloc.ts'
import type { Namespace } from './net.ts'
import { usual } from './usual.ts'

const root = join(import.meta.dirname, '../..')

export interface HubProcess {
  readonly url: string
  readonly httpsPort: number
  readonly code: string
  readonly dataDir: string
  /** What it wrote so far: its log. */
  readonly output: string
  readonly process: ChildProcess
  /** Ends it the way said; resolves once it is gone. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** Starts it on the same data and ports. */
  again(): Promise<void>
  /** Both. */
  restart(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
  stop(): Promise<void>
}

/** The hub as people run it: its own process, its own bundled database. */
export async function startHub(
  options: {
    readonly where?: Namespace
    readonly env?: Readonly<Record<string, string>>
    /** A copy of the tree that it runs from: what it was built with is the test's own. */
    readonly tree?: string | undefined
    /** What starts it: a command that takes its own as further arguments. */
    readonly within?: readonly string[]
  } = {},
): Promise<HubProcess> {
  const dir = mkdtempSync('/var/tmp/fairlead-hub-')
  chmodSync(dir, 0o711)
  const dataDir = join(dir, 'data')
  await placeCluster(dataDir)
  const state = { url: '', httpsPort: 0, code: '', output: '' }
  let child: ChildProcess

  async function launch(httpPort: number, httpsPort: number): Promise<void> {
    const host = options.where?.address ?? '127.0.0.1'
    const env = {
      ...usual,
      ...mallocSettings,
      FAIRLEAD_DATA_DIR: dataDir,
      FAIRLEAD_LISTEN: `http://localhost:${httpPort}`,
      FAIRLEAD_TLS_LISTEN: `https://${host}:${httpsPort}`,
      ...options.env,
    }
    const settings = { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] as ('ignore' | 'pipe' | 'ipc')[] }
    const [file = '', ...argv] = [...(options.within ?? []), process.execPath, ...hubFlags, join(options.tree ?? root, 'hub/src/main.ts')]
    child = options.where === undefined ? spawn(file, argv, settings) : options.where.spawn(file, argv, settings)
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (data: Buffer) => (state.output = (state.output + data.toString()).slice(-2_000_000)))
    await new Promise<void>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`the hub ended with ${code}: ${state.output.slice(-2000)}`)))
      child.on('message', (message: HubMessage) => {
        if (message.type !== 'ready') return
        Object.assign(state, { url: message.url, httpsPort: message.httpsPort, code: message.firstRunCode })
        resolve()
      })
    })
  }

  async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise<void>((done) => child.once('exit', () => done()))
    child.kill(signal)
    await ended
  }

  const again = () => launch(Number(new URL(state.url).port), state.httpsPort)

  await launch(0, 0)
  return {
    get url() {
      return state.url
    },
    get httpsPort() {
      return state.httpsPort
    },
    get code() {
      return state.code
    },
    dataDir,
    get output() {
      return state.output
    },
    get process() {
      return child
    },
    end,
    again,
    async restart(signal) {
      await end(signal)
      await again()
    },
    async stop() {
      await end('SIGTERM')
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

export interface AgentProcess {
  readonly output: string
  readonly process: ChildProcess
  readonly stateDir: string
  /** Ends it and starts it again; resolves with the ms from its start to its link. */
  restart(): Promise<number>
  stop(): Promise<void>
}

/** Enrols with a join string on standard input, then runs; in a namespace or here. */
export async function startAgent(
  join_: string,
  engineSocket: string,
  options: {
    readonly where?: Namespace
    readonly name: string
    readonly env?: Readonly<Record<string, string>>
    /** What node is given before the verb: as it is installed, say. Otherwise it runs from source, with the compiler in its memory. */
    readonly program?: readonly string[]
    /** Instead of node. */
    readonly file?: string
    /** What starts it: a command that takes its own as further arguments. */
    readonly within?: readonly string[]
  },
): Promise<AgentProcess> {
  const dir = mkdtempSync('/var/tmp/fairlead-agent-')
  const stateDir = join(dir, 'state')
  mkdirSync(stateDir)
  const state = { output: '' }
  const env = {
    ...usual,
    FAIRLEAD_STATE_DIR: stateDir,
    FAIRLEAD_ENGINE: engineSocket,
    FAIRLEAD_HOST_NAME: options.name,
    FAIRLEAD_METRICS_SECONDS: '1',
    ...options.env,
  }
  const launch = (verb: string) => {
    const program = options.program ?? [join(root, 'agent/src/main.ts')]
    const [file = '', ...argv] = [...(options.within ?? []), options.file ?? process.execPath, ...program, verb]
    const settings = { env, stdio: ['pipe', 'pipe', 'pipe'] as 'pipe'[] }
    const child = options.where === undefined ? spawn(file, argv, settings) : options.where.spawn(file, argv, settings)
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (data: Buffer) => (state.output = (state.output + data.toString()).slice(-1_000_000)))
    return child
  }
  const enrolling = launch('enrol')
  enrolling.stdin!.end(join_)
  // 'close', not 'exit': what it said comes before it.
  const code = await new Promise<number | null>((done) => enrolling.once('close', done))
  if (code !== 0) {
    rmSync(dir, { recursive: true, force: true })
    throw new Error(`enrol ended with ${code}: ${state.output.slice(-2000)}`)
  }
  let child = launch('run')
  async function end(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise<void>((done) => child.once('exit', () => done()))
    child.kill('SIGTERM')
    await ended
  }
  return {
    get output() {
      return state.output
    },
    get process() {
      return child
    },
    stateDir,
    async restart() {
      await end()
      const startMs = performance.now()
      child = launch('run')
      let said = ''
      return new Promise<number>((resolve, reject) => {
        child.once('exit', (code) => reject(new Error(`the agent ended with ${code}: ${said}`)))
        child.stdout!.on('data', (data: Buffer) => {
          said += data.toString()
          if (said.includes('link up')) resolve(performance.now() - startMs)
        })
      })
    },
    async stop() {
      await end()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
