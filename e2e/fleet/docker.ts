import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestEngine } from '../engine.ts'
import type { Ran } from './machine.ts'
import { runIn } from './clone.ts'

/** The docker command as a person of one engine has it. */
export interface Docker {
  readonly env: Readonly<Record<string, string>>
  /** Instead of docker's own. */
  readonly file?: string
  (...argv: string[]): Promise<string>
}

export function dockerOf(engine: Pick<TestEngine, 'socket'>, dir: string): Docker {
  const env = { DOCKER_HOST: `unix://${engine.socket}`, DOCKER_BUILDKIT: '0', DOCKER_CONFIG: join(dir, 'docker') }
  return Object.assign((...argv: string[]) => runIn(dir, 'docker', argv, env), { env })
}

/** Stands for Debian's own image, which only a registry has. */
export async function importRoot({ env, file = 'docker' }: Pick<Docker, 'env' | 'file'>, base: string, name: string): Promise<void> {
  const tar = spawn('tar', ['-C', base, '--exclude=./dev/*', '-c', '.'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const load = spawn(file, ['import', '-', name], { env: { ...process.env, ...env }, stdio: [tar.stdout, 'ignore', 'inherit'] })
  assert.equal(await new Promise((done) => load.once('close', done)), 0)
}

/** A shell as root that a person types into: what is typed is in no argument. These machines need not have sudo. */
export function typeIn(dir: string, text: string, env: Readonly<Record<string, string>>, traceFile?: string): Promise<Ran> {
  const bin = join(dir, 'bin')
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(bin, 'sudo'), '#!/bin/sh\nexec "$@"\n')
  chmodSync(join(bin, 'sudo'), 0o755)
  const traced = traceFile === undefined ? [] : ['strace', '-f', '-s', '8192', '-e', 'trace=execve', '-o', traceFile]
  const [file, ...argv] = [...traced, '/bin/sh', '-s']
  const path = `${bin}:${env['PATH'] ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'}`
  return new Promise((resolve) => {
    const shell = spawn(file!, argv, { cwd: dir, env: { HOME: dir, ...env, PATH: path } })
    let said = ''
    for (const stream of [shell.stdout, shell.stderr]) stream.on('data', (part: Buffer) => (said += part.toString()))
    shell.stdin.end(`${text}\n`)
    shell.once('close', (code) => resolve({ code: code ?? -1, said }))
  })
}
