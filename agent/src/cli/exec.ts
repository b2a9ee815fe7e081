import { FairleadError } from '@fairlead/protocol/errors.ts'
import { ExecInput } from '@fairlead/protocol/features/containers.ts'
import { parseInput } from '@fairlead/protocol/wire/input.ts'
import type * as z from 'zod/mini'
import { ask, type Engine } from '../docker/engine.ts'
import type { Cli } from './verb.ts'
import { context, doing, withEngine } from './host.ts'
import { print } from './lines.ts'

type Input = z.output<typeof ExecInput>

export async function run(cli: Cli): Promise<void> {
  const { command, options, words } = cli
  const asked = {
    id: words[0],
    command,
    ...(options['user'] === undefined ? {} : { user: options['user'] }),
    ...(options['workdir'] === undefined ? {} : { workingDir: options['workdir'] }),
  }
  const input = parseInput({ input: ExecInput }, asked) as Input
  const exit = await withEngine(cli, async (containers, engine) => {
    const { id, name } = await containers.get({ id: input.id }, context())
    // Its arguments may hold a secret: what was run is told, not with what.
    return doing(cli, { verb: 'exec', target: id, targetName: name, facts: { command: input.command[0]!.slice(0, 256) } }, async () => {
      if (options['tty'] === true) return atTerminal(engine, { ...input, id })
      const leaving = new AbortController()
      process.once('SIGINT', () => leaving.abort())
      const items = containers.exec({ ...input, id }, context(leaving.signal)) as AsyncGenerator<Uint8Array, { exit: number }>
      let code = -1
      await print(
        withEnd(items, (end) => (code = end.exit)),
        false,
      )
      return code
    })
  })
  cli.exit(exit < 0 ? 70 : exit)
}

async function* withEnd<T, End>(items: AsyncGenerator<T, End>, end: (value: End) => void): AsyncGenerator<T> {
  end(yield* items)
}

/** The keys and the screen of this terminal are those of the command, until it ends. */
async function atTerminal(engine: Engine, { id, command, user, workingDir }: Input): Promise<number> {
  const { stdin, stdout } = process
  if (!stdin.isTTY || !stdout.isTTY)
    throw new FairleadError('invalid_input', '--tty wants a terminal on both ends; leave it away in a script.')
  const body = {
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Tty: true,
    Cmd: command,
    Env: [`TERM=${process.env['TERM'] ?? 'xterm'}`],
    ...(user === undefined ? {} : { User: user }),
    ...(workingDir === undefined ? {} : { WorkingDir: workingDir }),
  }
  const { Id } = await engine.call<{ Id: string }>(ask('POST /containers/{id}/exec', { id }), { body })
  const socket = await engine.attach(ask('POST /exec/{id}/start', { id: Id }), { Detach: false, Tty: true })
  const resize = () =>
    void engine.call(ask('POST /exec/{id}/resize', { id: Id }, { w: stdout.columns, h: stdout.rows })).catch(() => undefined)
  resize()
  stdout.on('resize', resize)
  stdin.setRawMode(true)
  // Node itself gives a terminal back at the end of the others.
  const hungUp = () => process.exit(129)
  process.once('SIGHUP', hungUp)
  try {
    stdin.pipe(socket)
    socket.pipe(stdout, { end: false })
    await new Promise<void>((resolve) => socket.once('close', resolve).once('end', resolve))
  } finally {
    stdin.setRawMode(false)
    stdin.unpipe(socket).unref()
    stdout.removeListener('resize', resize)
    process.removeListener('SIGHUP', hungUp)
    socket.destroy()
  }
  const { ExitCode } = await engine.call<{ ExitCode: number | null }>(ask('GET /exec/{id}/json', { id: Id }))
  return ExitCode ?? -1
}
