// What a console needs of a hub to be measured: its own files, its own wire, a person, and nothing else.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import * as zlib from 'node:zlib'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { WebSocketServer } from 'ws'
import { systemClock } from '@fairlead/protocol/wire/clock.ts'
import { jsonCodec } from '@fairlead/protocol/wire/json-codec.ts'
import { nodePacking } from '@fairlead/protocol/wire/pack-node.ts'
import { openSession, type WireStream } from '@fairlead/protocol/wire/session.ts'
import { overSocket } from '@fairlead/protocol/wire/socket.ts'

const dist = join(import.meta.dirname, '../../ui/dist')
const types: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.css': 'text/css', '.html': 'text/html' }
const me = {
  account: 'a',
  name: 'Bench',
  email: 'bench@example.test',
  language: 'en',
  organization: { id: 'o', name: 'Example' },
  loginExpiresMs: 9e15,
}

export interface PageHub {
  readonly url: string
  stop(): void
}

/** Serves the console to a person with these permissions; whatever the console asks over its session goes to `onOpen`. */
export async function startPageHub(permissions: readonly string[], onOpen: (stream: WireStream) => void): Promise<PageHub> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname
    if (path === '/api/v1/welcome') return void response.end(JSON.stringify({ firstRun: false, version: '0', secure: true }))
    if (path === '/api/v1/me') return void response.end(JSON.stringify({ ...me, permissions }))
    const file = path.startsWith('/assets/') && !path.includes('..') ? join(dist, path) : join(dist, 'index.html')
    response.setHeader('Content-Type', types[extname(file)] ?? 'application/octet-stream')
    response.end(readFileSync(file))
  })
  const sockets = new WebSocketServer({ server, handleProtocols: (offered) => [...offered][0] ?? false })
  sockets.on('connection', (socket) => {
    openSession(overSocket(socket as never), { side: 'hub', codec: jsonCodec, clock: systemClock, packing: nodePacking(zlib), onOpen })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    stop() {
      for (const socket of sockets.clients) socket.terminate()
      server.close()
    },
  }
}
