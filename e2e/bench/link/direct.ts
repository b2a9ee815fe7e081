import { Agent, request, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'

/** The engine asked as a program beside it would: Node's own client, no link in between. */
export interface Direct {
  json(path: string): Promise<unknown>
  post(path: string, body: object): Promise<unknown>
  /** Reads a body to its end; bytes. `onPart` sees each piece. */
  read(path: string, onPart?: (part: Buffer) => void): Promise<number>
  /** Stdin and stdout of an exec. */
  attach(path: string, body: object): Promise<Socket>
}

/** The engine's own socket, or a port of the agent's process that passes bytes on to it and does nothing else. */
type DirectTarget = { readonly socketPath: string } | { readonly host: string; readonly port: number }

export function openDirect(target: DirectTarget): Direct {
  const agent = new Agent({ keepAlive: true })
  const ask = (method: string, path: string, body?: object): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'Content-Type': 'application/json' }
      request({ ...target, path: `/v1.41${path}`, method, agent, headers }, resolve)
        .on('error', reject)
        .end(body === undefined ? undefined : JSON.stringify(body))
    })
  const whole = (response: IncomingMessage): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part)).on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8')
        if ((response.statusCode ?? 500) >= 300) return reject(new Error(`the engine answered ${response.statusCode}: ${text}`))
        resolve(text === '' ? undefined : JSON.parse(text))
      })
    })
  return {
    json: async (path) => whole(await ask('GET', path)),
    post: async (path, body) => whole(await ask('POST', path, body)),
    async read(path, onPart) {
      const response = await ask('GET', path)
      if (response.statusCode !== 200) throw new Error(`the engine answered ${path} with ${response.statusCode}`)
      return new Promise((resolve, reject) => {
        let bytes = 0
        response.on('data', (part: Buffer) => {
          bytes += part.length
          onPart?.(part)
        })
        response.on('end', () => resolve(bytes)).on('error', reject)
      })
    },
    attach: (path, body) =>
      new Promise((resolve, reject) => {
        const headers = { 'Content-Type': 'application/json', Connection: 'Upgrade', Upgrade: 'tcp' }
        request({ ...target, path: `/v1.41${path}`, method: 'POST', headers })
          .on('upgrade', (_response, socket: Socket) => resolve(socket))
          .on('error', reject)
          .end(JSON.stringify(body))
      }),
  }
}
