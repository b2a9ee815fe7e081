import { lookup } from 'node:dns/promises'
import { request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Config } from '../config.ts'
import { readPin, type Pin } from '../pin.ts'
import { askAgent } from '../local.ts'
import type { LinkHistory } from '../losses.ts'
import { openTunnel, proxyOf } from '../proxy.ts'
import { explain, socketOf } from '../reach.ts'
import type { Check } from './check.ts'
import type { Cli } from './verb.ts'
import { linkWords } from './status.ts'
import { span } from './show.ts'

const waitMs = 5000
/** Certificates, tokens and people begin to disagree. */
const mostSkewMs = 60_000

interface Way {
  readonly url: URL
  readonly host: string
  readonly port: number
  readonly proxy: URL | undefined
}

type Step = (way: Way) => Promise<Check>

/** From the name to the link. After one that failed the next ones would only say the same again. */
export async function hubChecks({ config }: Pick<Cli, 'config'>): Promise<Check[]> {
  const pin = pinned(config.stateDir)
  if (pin === undefined) return []
  const checks = await walk(wayTo(pin.address, config))
  for (const address of pin.standby) checks.push(await standby(address, config))
  return [...checks, await linkCheck(config.stateDir)]
}

function wayTo(address: string, { proxies }: Pick<Config, 'proxies'>): Way {
  const url = new URL(address)
  return { url, ...socketOf(url), proxy: proxyOf(address, proxies) }
}

async function walk(way: Way): Promise<Check[]> {
  const checks: Check[] = []
  for (const [name, step] of Object.entries({ dns, tcp, proxy, tls, hub } satisfies Record<string, Step>)) {
    const before = checks.find(({ state }) => state === 'failed')
    checks.push(before === undefined ? await step(way) : { name, state: 'skipped', detail: `not asked: ${before.name} failed` })
  }
  return checks
}

/** One line for each: the host does without as long as the first address answers. */
async function standby(address: string, config: Pick<Config, 'proxies'>): Promise<Check> {
  const { state, detail, mend } = (await walk(wayTo(address, config))).findLast(({ state }) => state !== 'skipped')!
  if (state === 'ok') return { name: 'standby', state, detail: `${address} answers; whether it is this hub shows in the handshake` }
  return { name: 'standby', state: 'warn', detail: `${address}: ${detail}`, ...(mend === undefined ? {} : { mend }) }
}

function pinned(stateDir: string): Pin | undefined {
  try {
    return readPin(stateDir)
  } catch {
    return undefined
  }
}

async function dns({ host, proxy }: Way): Promise<Check> {
  const name = 'dns'
  const asked = proxy === undefined ? host : socketOf(proxy).host
  if (isIP(asked) !== 0) return { name, state: 'ok', detail: `${asked} is an address` }
  try {
    const found = await limited(lookup(asked, { all: true }))
    return { name, state: 'ok', detail: `${asked} is ${found.map(({ address }) => address).join(', ')}` }
  } catch (error) {
    return {
      name,
      state: 'failed',
      detail: explain(asked, codeOfSystem(error)),
      mend: `getent hosts ${asked}; cat /etc/resolv.conf`,
      code: 'bad_upstream',
    }
  }
}

/** Route and port: a host that cannot be reached and one that refuses are told apart by the system’s own word. */
async function tcp({ host, port, proxy }: Way): Promise<Check> {
  const { host: to, port: at } = proxy === undefined ? { host, port } : socketOf(proxy)
  const start = performance.now()
  try {
    const socket = await dialled(connect({ host: to, port: at }), 'connect')
    const from = socket.localAddress
    socket.destroy()
    return { name: 'tcp', state: 'ok', detail: `${to}:${at} from ${from}, ${Math.round(performance.now() - start)} ms` }
  } catch (error) {
    return {
      name: 'tcp',
      state: 'failed',
      detail: explain(`${to}:${at}`, codeOfSystem(error)),
      mend: `ip route get ${to}; then the firewalls between here and there, and the hub itself`,
      code: 'bad_upstream',
    }
  }
}

async function proxy({ host, port, proxy: through }: Way): Promise<Check> {
  const name = 'proxy'
  if (through === undefined) return { name, state: 'ok', detail: 'none is set' }
  try {
    const tunnel = await limited(openTunnel(through, host, port))
    tunnel.destroy()
    return { name, state: 'ok', detail: `${through.host} lets this host through` }
  } catch (error) {
    return {
      name,
      state: 'failed',
      detail: (error as Error).message,
      mend: 'set HTTPS_PROXY or NO_PROXY in the agent’s service: systemctl edit fairlead-agent',
      code: 'bad_upstream',
    }
  }
}

async function tls(way: Way): Promise<Check> {
  const name = 'tls'
  if (way.url.protocol === 'http:') return { name, state: 'ok', detail: 'none: each message is sealed by itself' }
  try {
    const socket = connectTls({ socket: await socketTo(way), servername: isIP(way.host) === 0 ? way.host : '', rejectUnauthorized: false })
    await dialled(socket, 'secureConnect')
    const detail = `${socket.getProtocol()}, ${socket.getPeerCertificate().subject?.CN ?? 'no name'}${socket.authorized ? '' : '; not signed by anybody this machine trusts, which the pinned key makes good'}`
    socket.destroy()
    return { name, state: 'ok', detail }
  } catch (error) {
    return {
      name,
      state: 'failed',
      detail: `no TLS at ${way.url.host} (${codeOfSystem(error)})`,
      mend: `openssl s_client -connect ${way.host}:${way.port}`,
      code: 'bad_upstream',
    }
  }
}

/** Whether a hub answers there, and how its clock goes. */
async function hub(way: Way): Promise<Check> {
  const name = 'hub'
  let socket: Socket | undefined
  try {
    socket = await socketTo(way)
    const { status, date } = await limited(askHealth(way, socket))
    if (status !== 200)
      return {
        name,
        state: 'failed',
        detail: `${way.url.host} answers ${status}; is it a Fairlead hub?`,
        mend: `curl -k ${way.url.origin}/healthz`,
        code: 'bad_upstream',
      }
    const skewMs = Date.now() - Date.parse(date)
    if (Math.abs(skewMs) > mostSkewMs)
      return {
        name: 'clock',
        state: 'failed',
        detail: `this clock is ${span(Math.abs(skewMs))} ${skewMs > 0 ? 'ahead of' : 'behind'} the hub’s`,
        mend: 'timedatectl set-ntp true',
        code: 'conflict',
      }
    return { name, state: 'ok', detail: 'it answers; the clocks agree' }
  } catch (error) {
    return {
      name,
      state: 'failed',
      detail: explain(way.url.host, codeOfSystem(error)),
      mend: `curl -k ${way.url.origin}/healthz`,
      code: 'bad_upstream',
    }
  } finally {
    // One that takes a connection and never answers would keep this command from its end.
    socket?.destroy()
  }
}

async function linkCheck(stateDir: string): Promise<Check> {
  const name = 'link'
  try {
    const live = await askAgent<LinkHistory>(stateDir, 'link')
    return live.upSinceMs === null
      ? { name, state: 'failed', detail: linkWords(live), mend: 'fairlead-agent link', code: 'host_offline' }
      : { name, state: 'ok', detail: linkWords(live) }
  } catch {
    return { name, state: 'skipped', detail: 'not asked: the agent does not run' }
  }
}

async function socketTo({ host, port, proxy: through }: Way): Promise<Socket> {
  return through === undefined ? dialled(connect({ host, port }), 'connect') : limited(openTunnel(through, host, port))
}

function askHealth({ url, host }: Way, socket: Socket): Promise<{ status: number; date: string }> {
  return new Promise((resolve, reject) => {
    const secure = url.protocol === 'https:'
    const createConnection = () =>
      secure ? connectTls({ socket, servername: isIP(host) === 0 ? host : '', rejectUnauthorized: false }) : socket
    const asked = (secure ? tlsRequest : plainRequest)(new URL('/healthz', url), { createConnection }, (response) => {
      response.resume()
      socket.destroy()
      resolve({ status: response.statusCode ?? 0, date: response.headers.date ?? '' })
    })
    asked.once('error', reject)
    asked.end()
  })
}

function dialled<S extends Socket>(socket: S, event: 'connect' | 'secureConnect'): Promise<S> {
  const opened = new Promise<S>((resolve, reject) => {
    socket.once('error', reject)
    socket.once(event, () => resolve(socket))
  })
  return limited(opened).catch((error: unknown) => {
    socket.destroy()
    throw error
  })
}

async function limited<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error('no answer within 5 s'), { code: 'ETIMEDOUT' })), waitMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

function codeOfSystem(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown }
  return typeof code === 'string' ? code : String(message)
}
