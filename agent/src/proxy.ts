import { BlockList, isIP, type Socket } from 'node:net'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { socketOf } from './reach.ts'

/** As curl and most programs read them: `HTTPS_PROXY` for a hub at https, `HTTP_PROXY` for one at http, `NO_PROXY` for exceptions. */
export interface ProxySettings {
  readonly https: string | undefined
  readonly http: string | undefined
  /** Names, domains, addresses and networks, by commas; `*`: none is asked. */
  readonly except: string
}

const tunnelMs = 10_000

export function readProxies(env: Readonly<Record<string, string | undefined>>): ProxySettings {
  const read = (name: string) => env[name] || env[name.toLowerCase()] || undefined
  return { https: read('HTTPS_PROXY'), http: read('HTTP_PROXY'), except: read('NO_PROXY') ?? '' }
}

/** The proxy on the way to this hub, or undefined: straight there. Throws `invalid_input` for a proxy that cannot be one. */
export function proxyOf(address: string, { https, http, except }: ProxySettings): URL | undefined {
  const hub = new URL(address)
  const plain = hub.protocol === 'http:'
  const said = plain ? http : https
  const { host, port } = socketOf(hub)
  if (said === undefined || isThisMachine(host) || isExcepted(host, port, except)) return undefined
  // Many write the name and the port alone.
  const text = said.includes('://') ? said : `http://${said}`
  const proxy = URL.canParse(text) ? new URL(text) : undefined
  if (proxy !== undefined && /^https?:$/.test(proxy.protocol)) return proxy
  // Not repeated: it may hold a password.
  throw new FairleadError(
    'invalid_input',
    `${plain ? 'HTTP_PROXY' : 'HTTPS_PROXY'} is no proxy that the agent can use; it must look like http://proxy.example:3128, or add ${host} to NO_PROXY.`,
  )
}

/** A connection to `host:port` through the proxy: what travels on it the proxy neither reads nor answers. */
export async function openTunnel(proxy: URL, host: string, port: number): Promise<Socket> {
  const target = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`
  const login = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`
  const authorization = login === ':' ? {} : { 'Proxy-Authorization': `Basic ${Buffer.from(login).toString('base64')}` }
  // Where there is no proxy, nothing of it is in the agent's memory.
  const { request } = proxy.protocol === 'https:' ? await import('node:https') : await import('node:http')
  return new Promise((resolve, reject) => {
    const fail = (why: string, cause?: unknown) => reject(new FairleadError('bad_upstream', `The proxy ${proxy.host} ${why}`, { cause }))
    const asking = request({
      ...socketOf(proxy),
      method: 'CONNECT',
      path: target,
      headers: { Host: target, ...authorization },
      agent: false,
    })
    const timer = setTimeout(() => {
      asking.destroy()
      fail('did not answer within 10 s; look at HTTPS_PROXY and at the proxy.')
    }, tunnelMs)
    asking.once('connect', ({ statusCode = 0 }, socket, head) => {
      clearTimeout(timer)
      if (statusCode === 200) {
        if (head.length > 0) socket.unshift(head)
        return resolve(socket as Socket)
      }
      socket.destroy()
      fail(refusals[statusCode] ?? `answered ${statusCode} when asked for ${target}; its log says why.`)
    })
    asking.once('response', (answer) => {
      clearTimeout(timer)
      answer.destroy()
      fail(refusals[answer.statusCode ?? 0] ?? `answered ${answer.statusCode} when asked for ${target}; does it allow CONNECT?`)
    })
    asking.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer)
      fail(`could not be reached (${error.code ?? 'error'}); look at HTTPS_PROXY and at the proxy.`, error)
    })
    asking.end()
  })
}

const refusals: Readonly<Record<number, string>> = {
  403: 'does not allow connections to the hub; have its administrator allow CONNECT to that name and port.',
  407: 'wants a login; give it as HTTPS_PROXY=http://name:password@proxy:port.',
  502: 'could not reach the hub; is the hub running, and may the proxy connect there?',
  503: 'could not reach the hub; is the hub running, and may the proxy connect there?',
  504: 'could not reach the hub in time; is the hub running, and may the proxy connect there?',
}

/** A proxy elsewhere would look for the hub on its own machine. */
function isThisMachine(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

function isExcepted(host: string, port: number, except: string): boolean {
  return except
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true
      if (isIP(host) !== 0 && entry.includes('/')) return isInside(host, entry)
      const [, name = entry, only] = /^(.*?)(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? []
      if (only !== undefined && Number(only) !== port) return false
      const domain = name.replace(/^\[|\]$/g, '').replace(/^\*?\./, '')
      return host === domain || (isIP(host) === 0 && host.endsWith(`.${domain}`))
    })
}

function isInside(address: string, network: string): boolean {
  const [base = '', bits = ''] = network.split('/')
  const family = isIP(base)
  if (family === 0 || family !== isIP(address) || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128)) return false
  const type = family === 4 ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  list.addSubnet(base, Number(bits), type)
  return list.check(address, type)
}
