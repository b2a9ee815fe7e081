import type * as z from 'zod/mini'
import type { ExecInput } from '@fairlead/protocol/features/containers.ts'
import { path, type Engine } from '../docker/engine.ts'
import { gather } from './logs.ts'
import { createSplitter } from './split.ts'

/** Runs an argument vector once, without a TTY; its output as log batches, its exit code in the trailer. */
export async function* runOnce(
  engine: Engine,
  { id, command, user, workingDir }: z.output<typeof ExecInput>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, { exit: number }> {
  const body = {
    AttachStdout: true,
    AttachStderr: true,
    Tty: false,
    Cmd: command,
    ...(user === undefined ? {} : { User: user }),
    ...(workingDir === undefined ? {} : { WorkingDir: workingDir }),
  }
  const { Id } = await engine.call<{ Id: string }>('POST', path('containers', id, 'exec'), { body })
  const socket = await engine.attach(path('exec', Id, 'start'), { Detach: false, Tty: false })
  signal.addEventListener('abort', () => socket.destroy())
  yield* gather(socket, createSplitter(false, false), () => true)
  const { ExitCode } = await engine.call<{ ExitCode: number | null }>('GET', path('exec', Id, 'json'))
  return { exit: ExitCode ?? -1 }
}
