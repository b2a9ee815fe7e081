import { spawn, type ChildProcessByStdio } from 'node:child_process'
import type { Readable } from 'node:stream'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Own } from './own.ts'

const mostMs = 20_000
const mostBytes = 4096

export interface TryOptions {
  readonly file: string
  readonly own: Pick<Own, 'target'>
  readonly version: string
  readonly stateDir: string
  /** Another account that owns the state: root starts nothing there as root. */
  readonly as?: { readonly uid: number; readonly gid: number } | undefined
  readonly limitMs?: number
}

/** Starts it once, where it lies and as who will run it, to say who it is: a program that cannot do that is never let run. */
export function tryProgram({ file, own, version, stateDir, as, limitMs = mostMs }: TryOptions): Promise<void> {
  const argv = own.target === 'agent.cjs' ? [process.execPath, file, '--self-test'] : [file, '--self-test']
  const env = { FAIRLEAD_STATE_DIR: stateDir }
  return new Promise((resolve, reject) => {
    const refuse = (why: string, cause?: unknown) => reject(new FairleadError('refused', `It was not let run: ${why}`, { cause }))
    const cannot = (error: NodeJS.ErrnoException) =>
      refuse(
        error.code === 'EACCES'
          ? `${stateDir} is on a file system that starts no programs (noexec).`
          : `it does not start (${error.code}).`,
        error,
      )
    let child: ChildProcessByStdio<null, Readable, Readable>
    try {
      const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe']
      // Of another account it gets no terminal of root's, into which it could type: that account owns the file until it runs.
      const detached = as !== undefined
      child = spawn(argv[0]!, argv.slice(1), { env, ...as, cwd: '/', stdio, detached, timeout: limitMs, killSignal: 'SIGKILL' })
    } catch (error) {
      // Node throws some of it, as of a file that somebody writes.
      return cannot(error as NodeJS.ErrnoException)
    }
    let said = ''
    const listen = (data: Buffer) => {
      said = (said + data.toString()).slice(0, mostBytes)
    }
    child.stdout.on('data', listen)
    child.stderr.on('data', listen)
    child.once('error', cannot)
    child.once('close', (code, signal) => {
      if (code === 0 && said === `${version}\n`) return resolve()
      if (signal === 'SIGKILL') return refuse(`it did not say who it is within ${limitMs / 1000} seconds.`)
      if (code === 0) return refuse(`it says it is ${JSON.stringify(said.trim().slice(0, 60))} and not ${version}.`)
      refuse(`it ended with ${code ?? signal}: ${said.trim().slice(-300)}`)
    })
  })
}
