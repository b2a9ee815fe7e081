import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** As much of a Vault as the hub asks: a KV store of version 2, tokens and an AppRole. What it is told is what it says. */
export interface FakeVault {
  /** http://127.0.0.1:port */
  readonly address: string
  /** By path, without the mount. */
  readonly values: Map<string, Readonly<Record<string, string>>>
  readonly tokens: Set<string>
  /** Says 503 to everything, as one that is sealed. */
  sealed: boolean
  close(): Promise<void>
}

export async function startVault(): Promise<FakeVault> {
  const values = new Map<string, Readonly<Record<string, string>>>()
  const tokens = new Set<string>()
  const state = { sealed: false }
  const server = createServer((request, response) => {
    const say = (status: number, body: unknown) =>
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
    request.resume()
    if (state.sealed) return say(503, { errors: ['Vault is sealed'] })
    if (!tokens.has(String(request.headers['x-vault-token']))) return say(403, { errors: ['permission denied'] })
    const path = decodeURIComponent(request.url ?? '').split('?')[0]!
    if (path === '/v1/auth/token/lookup-self') return say(200, { data: {} })
    const found = values.get(path.replace(/^\/v1\/secret\/data\//, ''))
    return found === undefined ? say(404, { errors: [] }) : say(200, { data: { data: found, metadata: { version: 7 } } })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    values,
    tokens,
    get sealed() {
      return state.sealed
    },
    set sealed(sealed) {
      state.sealed = sealed
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
