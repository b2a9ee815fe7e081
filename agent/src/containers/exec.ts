import type * as z from 'zod/mini'
import type { ExecInput } from '@fairlead/protocol/features/containers.ts'
import { ask, type Engine } from '../docker/engine.ts'
import { readPieces } from './pieces.ts'

/** Runs an argument vector once, without a TTY; its output as it was written, its exit code in the trailer. */
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
  const { Id } = await engine.call<{ Id: string }>(ask('POST /containers/{id}/exec', { id }), { body })
  const socket = await engine.attach(ask('POST /exec/{id}/start', { id: Id }), { Detach: false, Tty: false })
  signal.addEventListener('abort', () => socket.destroy())
  yield* readPieces(socket)
  const { ExitCode } = await engine.call<{ ExitCode: number | null }>(ask('GET /exec/{id}/json', { id: Id }))
  return { exit: ExitCode ?? -1 }
}
