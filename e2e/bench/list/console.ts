import { randomBytes } from 'node:crypto'
import { request, Agent } from 'node:https'
import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import { hubFeatures } from '@fairlead/protocol/features/hub.ts'
import { systemClock } from '@fairlead/protocol/wire/clock.ts'
import { jsonCodec } from '@fairlead/protocol/wire/json-codec.ts'
import { webPacking } from '@fairlead/protocol/wire/pack-web.ts'
import { openClient, type Clients } from '@fairlead/protocol/wire/rpc.ts'
import { openSession } from '@fairlead/protocol/wire/session.ts'
import { overSocket } from '@fairlead/protocol/wire/socket.ts'

/** A console's session as the browser has it: answers are taken as they are, without a schema library. */
export interface BenchConsole {
  readonly api: Clients<typeof hubFeatures>
  /** Inside TLS, WebSocket frames and all. */
  readonly bytesRead: number
  close(): void
}

export async function openConsole(base: string, cookie: string): Promise<BenchConsole> {
  const url = new URL('/api/session', base)
  const socket = new WebSocket(url.href.replace(/^http/, 'ws'), 'fairlead.1+json', {
    rejectUnauthorized: false,
    // As every browser offers it: whether it is used is the hub's choice.
    perMessageDeflate: true,
    headers: { Cookie: cookie, Origin: url.origin },
  })
  await new Promise<void>((resolve, reject) => socket.once('open', () => resolve()).once('error', reject))
  const raw = (socket as unknown as { readonly _socket: Socket })._socket
  const session = openSession(overSocket(socket as never), {
    side: 'console',
    codec: jsonCodec,
    packing: webPacking()!,
    clock: systemClock,
    onOpen: (stream) => stream.reset('unsupported'),
    onClose: ({ code, reason }) => code === 1000 || console.error(`the console's session ended: ${code} ${reason}`),
  })
  const options = { decodeReply: jsonCodec.decodeReply, randomBytes: (count: number) => randomBytes(count), parse: false }
  return {
    api: openClient(() => session, hubFeatures, options),
    get bytesRead() {
      return raw.bytesRead
    },
    close: () => session.close(1000, 'done'),
  }
}

const kept = new Agent({ rejectUnauthorized: false, keepAlive: true })

/** GET as a browser or a script with compression asks: the body's bytes on the wire, and how they are packed. */
export function fetchPacked(
  base: string,
  path: string,
  cookie: string,
): Promise<{ readonly bytes: number; readonly encoding: string; readonly ms: number }> {
  return new Promise((resolve, reject) => {
    const startMs = performance.now()
    const headers = { Cookie: cookie, 'Accept-Encoding': 'gzip, deflate, br, zstd', 'Sec-Fetch-Site': 'same-origin' }
    request(new URL(path, base), { agent: kept, headers }, (response) => {
      let bytes = 0
      response.on('data', (part: Buffer) => (bytes += part.length))
      response.on('end', () => {
        if (response.statusCode !== 200) return reject(new Error(`${path} answered ${response.statusCode}`))
        resolve({ bytes, encoding: response.headers['content-encoding'] ?? 'identity', ms: performance.now() - startMs })
      })
    })
      .on('error', reject)
      .end()
  })
}
