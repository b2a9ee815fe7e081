import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { answer, target } from './http.ts'
import type { FakeContainer, World } from './world.ts'

interface Exec {
  readonly container: FakeContainer
  readonly command: readonly string[]
  readonly tty: boolean
  running: boolean
  exitCode: number | null
}

interface Context {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly query: URLSearchParams
  readonly container?: FakeContainer
}

/** Exec of the fake engine: a toy prompt that echoes, knows `ls`, `date`, `exit`, and nothing else. */
export function serveExec(world: World) {
  const execs = new Map<string, Exec>()
  const routes: Record<string, (context: Context) => void | Promise<void>> = {
    'POST /containers/:id/exec': async ({ request, response, container }) => {
      const body = await readJson(request)
      if (container!.status !== 'running') return answer(response, 409, { message: `Container ${container!.name} is not running` })
      const id = randomBytes(32).toString('hex')
      execs.set(id, {
        container: container!,
        command: (body['Cmd'] as string[] | undefined) ?? [],
        tty: body['Tty'] === true,
        running: false,
        exitCode: null,
      })
      answer(response, 201, { Id: id })
    },
    'GET /exec/:id/json': ({ response, query }) => {
      const id = query.get('exec') ?? ''
      const exec = execs.get(id)
      if (exec === undefined) return answer(response, 404, { message: 'No such exec instance' })
      answer(response, 200, {
        ID: id,
        Running: exec.running,
        ExitCode: exec.exitCode,
        Pid: exec.running ? 4343 : 0,
        ContainerID: exec.container.id,
      })
    },
    'POST /exec/:id/resize': ({ response }) => answer(response, 200),
  }

  function upgrade(request: IncomingMessage, socket: Duplex): void {
    const exec = execs.get(/\/exec\/([a-f0-9]+)\/start/.exec(target(request).path)?.[1] ?? '')
    if (exec === undefined) return void socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n')
    socket.write('HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n')
    exec.running = true
    socket.on('error', () => socket.destroy())
    const gone = (event: { id: string; Action: string }) =>
      event.id === exec.container.id && ['die', 'destroy'].includes(event.Action) && socket.end()
    world.on('event', gone)
    socket.once('close', () => {
      world.off('event', gone)
      exec.running = false
      exec.exitCode ??= 0
    })
    prompt(exec, socket)
  }

  return { routes, upgrade }
}

function prompt(exec: Exec, socket: Duplex): void {
  const sign = `${exec.container.name}:/# `
  let line = ''
  let body = true
  socket.write(sign)
  socket.on('data', (data: Buffer) => {
    let text = data.toString('utf8')
    // The client may have sent the JSON body of the start request before the upgrade was answered.
    if (body && text.startsWith('{')) text = text.slice(text.indexOf('}') + 1)
    body = false
    for (const char of text) {
      if (char !== '\r' && char !== '\n') {
        line += char
        socket.write(char)
        continue
      }
      socket.write('\r\n')
      const [verb = '', ...rest] = line.trim().split(' ')
      line = ''
      if (verb === 'exit') {
        exec.exitCode = Number(rest[0] ?? 0)
        return void socket.end()
      }
      socket.write(`${reply(verb, rest)}${sign}`)
    }
  })
  socket.on('end', () => socket.end())
}

function reply(verb: string, rest: readonly string[]): string {
  if (verb === '') return ''
  if (verb === 'ls') return 'bin  etc  home  srv  tmp  var\r\n'
  if (verb === 'date') return `${new Date().toUTCString()}\r\n`
  if (verb === 'echo') return `${rest.join(' ')}\r\n`
  return `${verb}: not found (this is a demo container; try ls, date, echo, exit)\r\n`
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return JSON.parse(Buffer.concat(parts).toString('utf8') || '{}') as Record<string, unknown>
}
