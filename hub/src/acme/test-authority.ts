import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { until } from '../../../e2e/fleet/until.ts'

/** An authority of its own: Pebble, which is what Let's Encrypt tests clients with, and the DNS that it believes. */
export interface Authority {
  readonly directory: string
  /** File of who signed its own certificate. */
  readonly ca: string
  /** The port that it asks in place of 80. */
  readonly httpPort: number
  readonly output: string
  /** What its DNS says of a name; null: that there is none. Of all others: this machine. */
  point(name: string, address: string | null): Promise<void>
  stop(): Promise<void>
}

interface AuthorityOptions {
  /** Of 100 nonces that are good, so many are refused. */
  readonly refusedNonces?: number
  readonly eab?: Readonly<Record<string, string>>
  readonly lifeSeconds?: number
  /** Names that it makes no certificate for. */
  readonly blocked?: readonly string[]
}

export async function startAuthority(options: AuthorityOptions = {}): Promise<Authority> {
  const dir = mkdtempSync('/var/tmp/fairlead-authority-')
  const [port, httpPort, tlsPort, dnsPort, toldPort] = await freePorts(5)
  const [ca, key] = [join(dir, 'ca.pem'), join(dir, 'key.pem')]
  signOwn(ca, key)
  const config = {
    listenAddress: `127.0.0.1:${port}`,
    managementListenAddress: '',
    certificate: ca,
    privateKey: key,
    httpPort,
    tlsPort,
    externalAccountBindingRequired: options.eab !== undefined,
    externalAccountMACKeys: options.eab ?? {},
    domainBlocklist: options.blocked ?? [],
    certificateValidityPeriod: options.lifeSeconds ?? 90 * 86_400,
  }
  writeFileSync(join(dir, 'pebble.json'), JSON.stringify({ pebble: config }))
  const none = ['-http01', '', '-https01', '', '-tlsalpn01', '', '-defaultIPv6', '']
  const dns = run('pebble-challtestsrv', ['-dns01', `127.0.0.1:${dnsPort}`, '-management', `127.0.0.1:${toldPort}`, ...none])
  const env = { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: String(options.refusedNonces ?? 0), PEBBLE_AUTHZREUSE: '0' }
  const pebble = run('pebble', ['-strict', '-dnsserver', `127.0.0.1:${dnsPort}`, '-config', join(dir, 'pebble.json')], env)
  await until(() => answers(port!).then(async (there) => there && (await answers(toldPort!))))
  const tell = async (what: string, body: object) => {
    const answer = await fetch(`http://127.0.0.1:${toldPort}/${what}`, { method: 'POST', body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`${what}: ${answer.status}`)
  }
  return {
    directory: `https://localhost:${port}/dir`,
    ca,
    httpPort: httpPort!,
    get output() {
      return pebble.output
    },
    async point(name, address) {
      await tell('clear-a', { host: `${name}.` })
      if (address === null) await tell('set-servfail', { host: `${name}.` })
      else await Promise.all([tell('clear-servfail', { host: `${name}.` }), tell('add-a', { host: `${name}.`, addresses: [address] })])
    },
    async stop() {
      await Promise.all([pebble, dns].map(({ end }) => end()))
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** A certificate of its own for this machine, as files. */
export function signOwn(cert: string, key: string, names = 'DNS:localhost,IP:127.0.0.1', days = 30): void {
  const argv = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', String(days)]
  const made = spawnSync('openssl', [...argv, '-subj', '/CN=authority', '-addext', `subjectAltName=${names}`, '-keyout', key, '-out', cert])
  if (made.status !== 0) throw new Error(String(made.stderr))
  readFileSync(cert)
}

function run(file: string, argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child: ChildProcess = spawn(file, argv, { env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const state = { output: '' }
  for (const stream of [child.stdout!, child.stderr!])
    stream.on('data', (part: Buffer) => (state.output = (state.output + part.toString()).slice(-200_000)))
  return {
    get output() {
      return state.output
    },
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

/** The programs of this authority take no port 0. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))))
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

async function answers(port: number): Promise<boolean> {
  const { connect } = await import('node:net')
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}
