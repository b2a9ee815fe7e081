import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Listen } from '../config.ts'
import { fault } from './problem.ts'

export interface Challenges {
  /** Which port it is, once it listens. */
  readonly port: number
  /** Throws `port` with what mends it. Once it listens, nothing more is done. */
  listen(): Promise<void>
  /** Answers for this token until what comes back is called. */
  offer(token: string, answer: string): () => void
  close(): Promise<void>
}

const path = '/.well-known/acme-challenge/'
const limits = { maxHeaderSize: 8192, headersTimeout: 5000, requestTimeout: 5000, connectionsCheckingInterval: 1000 }
/** All of them, and those of one address: nobody keeps the authority out by holding connections. */
const most = { connections: 256, ofOne: 16 } as const

/**
 * Port 80, of which anybody asks anything: the answer to a token of a challenge under way, and of everything else that it is over https.
 * No other byte of the hub is behind it. `home`: where people reach the hub, never what the request calls it.
 */
export function createChallenges({ host, port }: Listen, home: () => string): Challenges {
  const offered = new Map<string, string>()
  const held = new Map<string, number>()
  const sockets = new Set<Socket>()
  const server = createServer(limits, (request, response) => answer(request, response, offered, home()))
  server.maxConnections = most.connections
  server.maxRequestsPerSocket = 1
  server.timeout = 10_000
  server.on('connection', (socket) => {
    const from = socket.remoteAddress ?? ''
    const count = (held.get(from) ?? 0) + 1
    held.set(from, count)
    sockets.add(socket)
    socket.once('close', () => {
      sockets.delete(socket)
      const left = (held.get(from) ?? 1) - 1
      if (left === 0) held.delete(from)
      else held.set(from, left)
    })
    if (count > most.ofOne) socket.destroy()
  })
  server.on('clientError', (_error, socket) => void socket.destroy())
  server.on('error', () => undefined)
  let listening: Promise<void> | undefined

  const listen = () =>
    new Promise<void>((resolve, reject) => {
      const refuse = (cause: NodeJS.ErrnoException) => reject(fault('port', whyNot({ host, port }, cause), { cause }))
      server.once('error', refuse)
      server.listen(port, host, () => {
        server.removeListener('error', refuse)
        resolve()
      })
    })
  return {
    get port() {
      return (server.address() as AddressInfo | null)?.port ?? 0
    },
    listen: () =>
      (listening ??= listen().catch((error: unknown) => {
        listening = undefined
        throw error
      })),
    offer(token, text) {
      offered.set(token, text)
      return () => void offered.delete(token)
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}

function answer(
  { method = '', url = '' }: IncomingMessage,
  response: ServerResponse,
  offered: ReadonlyMap<string, string>,
  home: string,
): void {
  const end = (status: number, headers: Readonly<Record<string, string>>, text: string) => {
    const always = { Connection: 'close', 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' }
    response.writeHead(status, { ...always, ...headers, 'Content-Length': String(Buffer.byteLength(text)) })
    response.end(method === 'HEAD' ? '' : text)
  }
  if (method !== 'GET' && method !== 'HEAD') return end(405, { Allow: 'GET, HEAD' }, 'Not here.\n')
  if (url.startsWith(path)) {
    const found = offered.get(url.slice(path.length))
    return found === undefined ? end(404, {}, 'No such challenge.\n') : end(200, { 'Cache-Control': 'no-store' }, found)
  }
  // What is no path of ours (`http://…`, `*`) leads to the first page.
  const to = url.startsWith('/') && URL.canParse(url, home) ? `${home}${url}` : `${home}/`
  end(302, { Location: to }, 'This is over https.\n')
}

function whyNot({ host, port }: Listen, { code }: NodeJS.ErrnoException): string {
  const at = `${host}:${port}`
  if (code === 'EADDRINUSE')
    return `Something else listens on ${at}; stop it, or lead port 80 to another one and say it in FAIRLEAD_ACME_LISTEN`
  if (code === 'EACCES')
    return `This account may not listen on ${at}; give it CAP_NET_BIND_SERVICE, or lead port 80 to one above 1024 and say it in FAIRLEAD_ACME_LISTEN`
  return `The hub cannot listen on ${at} (${code})`
}
