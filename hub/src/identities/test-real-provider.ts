import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
// @ts-expect-error it comes without types
import * as oidcProvider from 'oidc-provider'

/** What is used of it. */
interface ProviderLike {
  callback(): (request: IncomingMessage, response: ServerResponse) => unknown
  on(event: 'server_error', listener: (context: unknown, error: Error) => void): void
}
const { Provider } = oidcProvider as { readonly Provider: new (issuer: string, configuration: object) => ProviderLike }

export interface RealProvider {
  readonly issuer: string
  /** Groups of people, by the name that they sign in with there. */
  readonly groups: Map<string, string[]>
  close(): void
}

/** `oidc-provider`, as certified, in this process: whoever signs in there is who they say. */
export async function openRealProvider(clientId: string, secret: string, redirectUris: () => string[]): Promise<RealProvider> {
  const groups = new Map<string, string[]>()
  const server = createServer((request, response) => void handle(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const adapter = new Map<string, object>()
  const client = () => ({ client_id: clientId, client_secret: secret, redirect_uris: redirectUris(), grant_types: ['authorization_code'] })
  const provider = new Provider(issuer, {
    claims: { openid: ['sub'], profile: ['name'], email: ['email'], groups: ['groups'] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: true }, userinfo: { enabled: true } },
    cookies: { keys: ['test'] },
    findAccount: (_context: unknown, id: string) => ({
      accountId: id,
      claims: () => ({ sub: id, name: `${id} of the harbour`, email: `${id}@harbour.example`, groups: groups.get(id) ?? [] }),
    }),
    adapter: adapterOver(adapter, client),
  })
  provider.on('server_error', (_context, error) => process.stderr.write(`oidc-provider: ${error.message}\n`))
  const handle = provider.callback()
  return {
    issuer,
    groups,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

type Kept = Record<string, unknown> & { grantId?: string; uid?: string }

/** What it keeps, in memory; its one client is asked for anew each time, its addresses are known late. */
function adapterOver(kept: Map<string, object>, client: () => object) {
  return class Memory {
    readonly name: string
    constructor(name: string) {
      this.name = name
    }
    async upsert(id: string, payload: Kept) {
      kept.set(`${this.name} ${id}`, payload)
    }
    async find(id: string) {
      return this.name === 'Client' ? client() : kept.get(`${this.name} ${id}`)
    }
    async findByUid(uid: string) {
      return [...kept.entries()].find(([key, value]) => key.startsWith(this.name) && (value as Kept).uid === uid)?.[1]
    }
    async findByUserCode() {
      return undefined
    }
    async destroy(id: string) {
      kept.delete(`${this.name} ${id}`)
    }
    async consume(id: string) {
      Object.assign(kept.get(`${this.name} ${id}`) ?? {}, { consumed: Math.floor(Date.now() / 1000) })
    }
    async revokeByGrantId(grantId: string) {
      for (const [key, value] of kept) if ((value as Kept).grantId === grantId) kept.delete(key)
    }
  }
}

/** Somebody's browser at the provider: signs in, agrees, and is sent back. Resolves with where to. `jar`: cookies by `path name`. */
export async function signInThere(url: string, who: string, jar = new Map<string, string>()): Promise<URL> {
  let at = new URL(url)
  let body: URLSearchParams | undefined
  for (let steps = 0; steps < 20; steps++) {
    const mine = [...jar].filter(([key]) => at.pathname.startsWith(key.split(' ')[0]!))
    const headers = { Cookie: mine.map(([key, value]) => `${key.split(' ')[1]}=${value}`).join('; ') }
    const answer = await fetch(at, { headers, redirect: 'manual', ...(body === undefined ? {} : { method: 'POST', body }) })
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      const key = `${/; path=([^;]+)/i.exec(line)?.[1] ?? '/'} ${name}`
      if (value === '') jar.delete(key)
      else jar.set(key, value)
    }
    body = undefined
    const text = await answer.text()
    const location = answer.headers.get('location')
    if (location !== null) {
      const next = new URL(location, at)
      if (next.origin !== at.origin) return next
      at = next
      continue
    }
    const form = /action="([^"]+)"/.exec(text)?.[1]
    const hidden = [...text.matchAll(/type="hidden" name="(\w+)" value="([^"]*)"/g)].map(([, key = '', value = '']): [string, string] => [
      key,
      value,
    ])
    if (form === undefined || hidden.length === 0) throw new Error(`nothing to fill in at ${at.href}: ${text}`)
    at = new URL(form, at)
    body = new URLSearchParams(hidden)
    if (body.get('prompt') === 'login') {
      body.set('login', who)
      body.set('password', 'any')
    }
  }
  throw new Error('the provider leads nowhere')
}
