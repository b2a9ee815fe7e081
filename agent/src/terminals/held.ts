import type * as z from 'zod/mini'
import type { DuplexContext } from '@fairlead/protocol/contract.ts'
import type { Terminal, TerminalOpen } from '@fairlead/protocol/features/terminals.ts'
import type { Clock } from '@fairlead/protocol/wire/transport.ts'
import { ask, type Engine } from '../docker/engine.ts'
import { createReplay } from './replay.ts'
import { createViewers, type HeldState } from './viewers.ts'

const replayBytes = 1024 * 1024
/** Control-C and control-D, as typed. */
const leave = Buffer.of(3, 4)
const leaveMs = 300
const shells = ['/bin/bash', '/bin/ash', '/bin/sh']

/** One interactive exec, held by the agent. */
export interface Held {
  describe(): Terminal
  rename(name: string): void
  attach(
    context: DuplexContext<Uint8Array>,
    options: { readonly after: number | undefined; readonly watch: boolean },
  ): AsyncGenerator<Uint8Array>
  /** 0 while somebody watches. */
  idleForMs(): number
  close(): void
}

export async function openHeld(engine: Engine, id: string, input: z.output<typeof TerminalOpen>, clock: Clock): Promise<Held> {
  const container = await engine.call<{ Id: string; Name?: string }>(ask('GET /containers/{id}/json', { id: input.container }))
  const command = input.command.length > 0 ? input.command : [await findShell(engine, container.Id)]
  const { execId, socket } = await startExec(engine, container.Id, command, input.user, input)
  const replay = createReplay(replayBytes)
  const state: HeldState = { columns: input.columns, rows: input.rows, exitCode: undefined }
  const createdMs = Date.now()
  let name = input.name
  const viewers = createViewers(replay, socket, state, clock, () => {
    // Podman answers 201 where Docker answers 200; both are fine, and a finished exec cannot be resized.
    engine.call(ask('POST /exec/{id}/resize', { id: execId }, { w: state.columns, h: state.rows })).catch(() => undefined)
  })
  socket.on('data', (bytes: Buffer) => {
    replay.push(bytes)
    viewers.wakeAll()
  })
  socket.on('end', () => socket.end())
  socket.on('close', async () => {
    state.exitCode = await readExit(engine, execId)
    viewers.wakeAll()
  })
  socket.resume()

  return {
    describe: () => ({
      id,
      name,
      container: container.Id,
      containerName: (container.Name ?? '').replace(/^\//, ''),
      command: [...command],
      columns: state.columns,
      rows: state.rows,
      createdMs,
      idleSinceMs: viewers.count === 0 ? Date.now() - Math.round(viewers.idleForMs()) : 0,
      viewers: viewers.count,
      position: replay.position,
      ...(state.exitCode === undefined ? {} : { exitCode: state.exitCode }),
    }),
    rename: (next) => void (name = next),
    attach: viewers.attach,
    idleForMs: viewers.idleForMs,
    close() {
      // The engine has no way to kill an exec, and no hang-up ends its program: an interrupt and the end of its input do, of what runs
      // in the shell or of a half-written line first, and then of the shell.
      socket.write(leave)
      setTimeout(() => {
        socket.write(leave)
        socket.destroySoon()
      }, leaveMs).unref()
      setTimeout(() => socket.destroy(), 4 * leaveMs).unref()
    },
  }
}

async function startExec(
  engine: Engine,
  container: string,
  command: readonly string[],
  user: string | undefined,
  { columns, rows }: { columns: number; rows: number },
) {
  const body = {
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Tty: true,
    Cmd: command,
    Env: ['TERM=xterm-256color'],
    ConsoleSize: [rows, columns],
    ...(user === undefined ? {} : { User: user }),
  }
  const { Id } = await engine.call<{ Id: string }>(ask('POST /containers/{id}/exec', { id: container }), { body })
  const socket = await engine.attach(ask('POST /exec/{id}/start', { id: Id }), { Detach: false, Tty: true })
  await engine.call(ask('POST /exec/{id}/resize', { id: Id }, { w: columns, h: rows })).catch(() => undefined)
  return { execId: Id, socket }
}

/** The first shell that the container has: its archive is asked, nothing is run. */
async function findShell(engine: Engine, container: string): Promise<string> {
  for (const shell of shells) {
    const found = await engine.call(ask('HEAD /containers/{id}/archive', { id: container }, { path: shell })).then(
      () => true,
      () => false,
    )
    if (found) return shell
  }
  return '/bin/sh'
}

async function readExit(engine: Engine, execId: string): Promise<number> {
  try {
    const { ExitCode } = await engine.call<{ ExitCode: number | null }>(ask('GET /exec/{id}/json', { id: execId }))
    return ExitCode ?? -1
  } catch {
    return -1
  }
}
