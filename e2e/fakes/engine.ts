import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { unlinkSync, existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { containerDocument, describe, statsDocument } from './documents.ts'
import { serveExec } from './exec.ts'
import { answer, target } from './http.ts'
import type { FakeContainer, World } from './world.ts'

/** The Docker Engine API, as much of it as the agent speaks, on a unix socket, over a made-up world. */
export interface FakeEngine {
  readonly socket: string
  close(): Promise<void>
}

type Route = (context: {
  request: IncomingMessage
  response: ServerResponse
  query: URLSearchParams
  container?: FakeContainer
}) => void | Promise<void>

/** Told of each change: when it is asked for, which waits for the answer, and in the turn in which it takes effect. */
export interface Counting {
  begun(asked: string): Promise<void>
  done(asked: string): void
}

export async function openFakeEngine(
  socket: string,
  world: World,
  version = '26.1.5',
  counting: Counting | undefined = undefined,
): Promise<FakeEngine> {
  if (existsSync(socket)) unlinkSync(socket)
  const exec = serveExec(world)
  const routes = { ...readRoutes(world, version), ...changeRoutes(world, counting), ...exec.routes }
  const server = createServer((request, response) => {
    const { method, path, query } = target(request)
    const match = /^\/containers\/([^/]+)(\/.*)?$/.exec(path)
    const named = match !== null && match[1] !== 'json'
    const container = named ? world.find(decodeURIComponent(match[1]!)) : undefined
    if (named && container === undefined) return answer(response, 404, { message: `No such container: ${match[1]}` })
    const execId = /^\/exec\/([a-f0-9]+)(\/.*)$/.exec(path)
    if (execId !== null) query.set('exec', execId[1]!)
    const key = named
      ? `${method} /containers/:id${match[2] ?? ''}`
      : execId !== null
        ? `${method} /exec/:id${execId[2]}`
        : `${method} ${path}`
    const route = routes[key]
    if (route === undefined) return answer(response, 404, { message: `page not found: ${key}` })
    void route({ request, response, query, ...(container === undefined ? {} : { container }) })
  })
  server.on('upgrade', exec.upgrade)
  await new Promise<void>((done, fail) => server.once('error', fail).listen(socket, done))
  return {
    socket,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections()
        server.close(() => done())
      }),
  }
}

function readRoutes(world: World, version: string): Record<string, Route> {
  const info = {
    ServerVersion: version,
    Driver: 'overlay2',
    CgroupVersion: '2',
    CgroupDriver: 'systemd',
    OperatingSystem: 'Demo Linux',
    KernelVersion: '6.1.0',
    Architecture: 'x86_64',
    NCPU: 4,
    MemTotal: 8 * 2 ** 30,
    Name: 'demo',
  }
  // As many as an engine keeps, for whoever asks for what it missed.
  const past: { readonly timeNano?: number }[] = []
  world.on('event', (event: { readonly timeNano?: number }) => {
    past.push(event)
    if (past.length > 256) past.shift()
  })
  return {
    'GET /_ping': ({ response }) => void response.writeHead(200, { 'Api-Version': '1.45', 'Content-Length': 2 }).end('OK'),
    'HEAD /_ping': ({ response }) => void response.writeHead(200, { 'Api-Version': '1.45' }).end(),
    'GET /version': ({ response }) =>
      answer(response, 200, {
        Version: version,
        ApiVersion: '1.45',
        MinAPIVersion: '1.24',
        Os: 'linux',
        Arch: 'amd64',
        KernelVersion: '6.1.0',
      }),
    'GET /info': ({ response }) => answer(response, 200, { ...info, Containers: world.containers.size }),
    'GET /containers/json': ({ response, query }) => answer(response, 200, listed(world, query).map(describe)),
    'GET /containers/:id/json': ({ response, container }) => answer(response, 200, containerDocument(container!)),
    'GET /containers/:id/logs': ({ request, response, query, container }) => streamLogs(world, container!, query, request, response),
    'GET /containers/:id/stats': ({ request, response, query, container }) => streamStats(container!, query, request, response),
    'GET /events': ({ request, response, query }) => {
      response.writeHead(200, { 'Content-Type': 'application/json' }).flushHeaders()
      const send = (event: unknown) => void response.write(`${JSON.stringify(event)}\n`)
      const since = query.get('since')
      if (since !== null) past.filter(({ timeNano = 0 }) => timeNano / 1e9 >= Number(since)).forEach(send)
      if (query.has('until')) return void response.end()
      world.on('event', send)
      request.once('close', () => world.off('event', send))
    },
  }
}

function listed(world: World, query: URLSearchParams): FakeContainer[] {
  const filters = JSON.parse(query.get('filters') ?? '{}') as { id?: readonly string[] }
  return [...world.containers.values()].filter(
    ({ id, status }) =>
      (query.get('all') === '1' || query.get('all') === 'true' || status === 'running') &&
      (filters.id === undefined || filters.id.some((wanted) => id.startsWith(wanted))),
  )
}

function changeRoutes(world: World, counting: Counting | undefined): Record<string, Route> {
  const change =
    (action: string, next: Partial<FakeContainer>): Route =>
    async ({ request, response, container }) => {
      const asked = request.url ?? ''
      await counting?.begun(asked)
      world.waiting++
      if (world.slowMs > 0) await sleep(world.slowMs)
      world.waiting--
      world.change(container!, action, next)
      counting?.done(asked)
      answer(response, 204)
    }
  return {
    'POST /containers/:id/start': change('start', { status: 'running', exitCode: 0, oomKilled: false }),
    'POST /containers/:id/stop': change('die', { status: 'exited', exitCode: 143 }),
    'POST /containers/:id/kill': change('die', { status: 'exited', exitCode: 137 }),
    'POST /containers/:id/restart': change('restart', { status: 'running', exitCode: 0 }),
    'POST /containers/:id/pause': change('pause', { status: 'paused' }),
    'POST /containers/:id/unpause': change('unpause', { status: 'running' }),
    'POST /containers/:id/rename': async ({ request, response, query, container }) => {
      const asked = request.url ?? ''
      await counting?.begun(asked)
      world.change(container!, 'rename', { name: query.get('name') ?? container!.name })
      counting?.done(asked)
      answer(response, 204)
    },
    'DELETE /containers/:id': ({ response, query, container }) => {
      if (container!.status === 'running' && !['1', 'true'].includes(query.get('force') ?? '')) {
        return answer(response, 409, { message: 'You cannot remove a running container. Stop it first or force the removal.' })
      }
      world.remove(container!)
      answer(response, 204)
    },
  }
}

function streamLogs(
  world: World,
  container: FakeContainer,
  query: URLSearchParams,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const wanted = (stream: 1 | 2) => ['1', 'true'].includes(query.get(stream === 1 ? 'stdout' : 'stderr') ?? '')
  const since = Number(query.get('since') ?? 0) * 1000
  const tail = query.get('tail') ?? 'all'
  const all = container.log.filter(({ timeMs, stream }) => timeMs >= since && wanted(stream))
  const first = tail === 'all' ? all : all.slice(all.length - Math.min(all.length, Number(tail)))
  response.writeHead(200, { 'Content-Type': 'application/vnd.docker.multiplexed-stream' }).flushHeaders()
  let last = container.log.at(-1)
  for (const line of first) response.write(frame(line))
  if (!['1', 'true'].includes(query.get('follow') ?? '')) return void response.end()
  const more = (changed: FakeContainer) => {
    if (changed !== container) return
    const from = last === undefined ? 0 : container.log.lastIndexOf(last) + 1
    for (const line of container.log.slice(from)) if (wanted(line.stream)) response.write(frame(line))
    last = container.log.at(-1)
  }
  const ended = (event: { id: string; Action: string }) => {
    if (event.id === container.id && ['die', 'destroy'].includes(event.Action)) response.end()
  }
  world.on('log', more).on('event', ended)
  request.once('close', () => world.off('log', more).off('event', ended))
}

function frame({ timeMs, stream, text }: FakeContainer['log'][number]): Buffer {
  const line = Buffer.from(`${new Date(timeMs).toISOString().replace('Z', '000000Z')} ${text}\n`)
  const header = Buffer.alloc(8)
  header[0] = stream
  header.writeUInt32BE(line.length, 4)
  return Buffer.concat([header, line])
}

function streamStats(container: FakeContainer, query: URLSearchParams, request: IncomingMessage, response: ServerResponse): void {
  if (['0', 'false'].includes(query.get('stream') ?? '')) return answer(response, 200, statsDocument(container))
  response.writeHead(200, { 'Content-Type': 'application/json' }).flushHeaders()
  const timer = setInterval(() => response.write(`${JSON.stringify(statsDocument(container))}\n`), 1000)
  request.once('close', () => clearInterval(timer))
}
