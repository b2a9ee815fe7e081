import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runIn } from './clone.ts'
import { buildOutdated } from '../../start-build.ts'
import type { ChildProcess } from 'node:child_process'
import type { Namespace } from './net.ts'

/** A host on which somebody pasted the console's line, and then started what it installed. */
export interface PastedHost {
  /** What the line and the agent wrote. */
  readonly output: string
  readonly prefix: string
  readonly stateDir: string
  readonly process: ChildProcess
  /** Ends the agent; what was installed stays. */
  end(): Promise<void>
  stop(): Promise<void>
}

/** What a line installs is the agent's bundle: built here when a source is newer, before a line names its hash. */
export async function buildAgent(): Promise<void> {
  const root = join(import.meta.dirname, '../..')
  assert.ok(await buildOutdated(root, new AbortController().signal, ['agent']), 'the agent could not be built; the reason is above')
}

/** The program for this processor, not packed: packing takes minutes, and hosts take it as it is where nothing smaller is served. */
export async function buildRelease(): Promise<void> {
  await buildAgent()
  const dist = join(import.meta.dirname, '../../agent/dist')
  const [bundle, made] = [join(dist, 'agent.cjs'), join(dist, 'release/agent.cjs')]
  if (existsSync(made) && readFileSync(made).equals(readFileSync(bundle))) return
  const root = join(import.meta.dirname, '../..')
  await runIn(root, process.execPath, [join(root, 'agent/release/build.ts'), '--unpacked', '--only', process.arch])
}

/** Runs the very line of the console in a shell, as a person would. Throws with what it said. */
export async function pasteLine(
  where: Pick<Namespace, 'spawn'>,
  line: string,
  options: {
    readonly name: string
    readonly engineSocket: string
    /** Where it was installed before. */
    /** What the shell has beside, that the line is pasted into. */
    readonly shell?: Readonly<Record<string, string>>
    readonly installed?: Pick<PastedHost, 'prefix' | 'stateDir'>
  },
): Promise<PastedHost> {
  const dir = mkdtempSync('/var/tmp/fairlead-pasted-')
  const bin = join(dir, 'bin')
  mkdirSync(bin)
  // These tests run as root, on machines that need not have sudo.
  // It keeps as little of the shell's environment as sudo does.
  const dropped = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'].flatMap((name) => [name, name.toLowerCase()]).join(' ')
  writeFileSync(join(bin, 'sudo'), `#!/bin/sh\nunset ${dropped}\nexec "$@"\n`, { mode: 0o755 })
  const prefix = options.installed?.prefix ?? join(dir, 'opt')
  const stateDir = options.installed?.stateDir ?? join(dir, 'state')
  const env = {
    PATH: `${bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    FAIRLEAD_PREFIX: prefix,
    FAIRLEAD_STATE_DIR: stateDir,
    FAIRLEAD_ENGINE: options.engineSocket,
    FAIRLEAD_HOST_NAME: options.name,
    FAIRLEAD_METRICS_SECONDS: '1',
  }
  const { FAIRLEAD_PREFIX: _, ...running } = env
  const state = { output: '' }
  const start = (file: string, argv: readonly string[], given: Readonly<Record<string, string>>) => {
    const child = where.spawn(file, argv, { env: given, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (data: Buffer) => (state.output = (state.output + data.toString()).slice(-1_000_000)))
    return child
  }
  const pasted = start('/bin/sh', ['-c', line], { ...env, ...options.shell })
  const code = await new Promise<number | null>((done) => pasted.once('close', done))
  if (code !== 0) {
    rmSync(dir, { recursive: true, force: true })
    throw new Error(`the line ended with ${code}: ${state.output}`)
  }
  const child = start(join(prefix, 'fairlead-agent'), ['run'], running)
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
    prefix,
    stateDir,
    process: child,
    end,
    async stop() {
      await end()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
