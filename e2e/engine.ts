import { spawn, type ChildProcess } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { execFileSync } from 'node:child_process'
import type { Namespace } from './fleet/net.ts'

/** A real engine of this test's own. */
export interface TestEngine {
  readonly socket: string
  readonly image: string
  /** Asks the engine directly, past everything that is tested. */
  api(method: string, path: string, body?: object): Promise<{ status: number; body: string }>
  /** Creates and starts a container; answers its id. */
  run(name: string, command: readonly string[], more?: object): Promise<string>
  readonly process: ChildProcess
  /** Starts it again after a kill, on the same data. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** Starts dockerd on private directories and a private socket, with a busybox image made on the spot. */
export async function startEngine(where?: Namespace): Promise<TestEngine> {
  // On a real file system: an engine's layers do not stack on an overlay.
  const dir = mkdtempSync('/var/tmp/fairlead-engine-')
  const socket = join(dir, 'engine.sock')
  const pidFile = join(dir, 'engine.pid')
  writeFileSync(join(dir, 'resolv.conf'), 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n')
  const argv = [
    '--data-root',
    join(dir, 'data'),
    '--exec-root',
    join(dir, 'exec'),
    '--pidfile',
    pidFile,
    '-H',
    `unix://${socket}`,
    ...(where === undefined ? ['--iptables=false', '--bridge=none'] : []),
  ]
  const launch = () => {
    const start = [
      '-m',
      '--propagation',
      'slave',
      'sh',
      '-c',
      'mount --bind "$0" /etc/resolv.conf; exec dockerd "$@"',
      join(dir, 'resolv.conf'),
      ...argv,
    ]
    const options = { stdio: 'ignore', env: { ...process.env, PATH: `/usr/sbin:/usr/bin:/sbin:/bin` } } as const
    return where === undefined ? spawn('unshare', start, options) : where.spawn('unshare', start, options)
  }
  let child = launch()
  const api = (method: string, path: string, body?: object | Buffer) => ask(socket, method, path, body)
  await ready(api)
  const image = 'fairlead-test:1'
  await buildImage(dir, socket, image)

  return {
    socket,
    image,
    api,
    get process() {
      return child
    },
    run(name, command, more = {}) {
      const network = where === undefined ? { HostConfig: { NetworkMode: 'none' } } : {}
      return runContainer(api, name, { Image: image, Cmd: command, ...network, ...more })
    },
    async restart() {
      // A killed engine leaves its containerd behind, and the next one would wait for it.
      try {
        process.kill(Number(readFileSync(join(dir, 'exec/containerd/containerd.pid'), 'utf8')), 'SIGKILL')
      } catch {
        // It went by itself.
      }
      for (const file of [pidFile, join(dir, 'exec/containerd/containerd.pid')]) rmSync(file, { force: true })
      child = launch()
      await ready(api)
    },
    async stop() {
      await removeContainers(api)
      const ended = new Promise<void>((done) => (child.exitCode === null ? child.once('exit', () => done()) : done()))
      child.kill('SIGTERM')
      await ended
      for (const mount of mountsBelow(dir)) execFileSync('umount', ['-l', mount])
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** Creates and starts a container; answers its id. */
export async function runContainer(api: TestEngine['api'], name: string, asked: object): Promise<string> {
  const created = await api('POST', `/containers/create?name=${encodeURIComponent(name)}`, asked)
  if (created.status !== 201) throw new Error(`create ${name}: ${created.body}`)
  const { Id } = JSON.parse(created.body) as { Id: string }
  const started = await api('POST', `/containers/${Id}/start`)
  if (started.status !== 204) throw new Error(`start ${name}: ${started.body}`)
  return Id
}

/** All of them; none where the engine is gone. */
export async function removeContainers(api: TestEngine['api']): Promise<void> {
  const containers = await api('GET', '/containers/json?all=1').catch(() => undefined)
  for (const { Id } of JSON.parse(containers?.body ?? '[]') as { Id: string }[])
    await api('DELETE', `/containers/${Id}?force=1`).catch(() => undefined)
}

export function mountsBelow(dir: string): string[] {
  const mounts = execFileSync('cat', ['/proc/mounts'], { encoding: 'utf8' })
  return mounts
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((mount) => mount.startsWith(dir))
    .toReversed()
}

export function ask(socketPath: string, method: string, path: string, body?: object | Buffer): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const data = body === undefined ? undefined : Buffer.isBuffer(body) ? body : JSON.stringify(body)
    const headers =
      data === undefined
        ? {}
        : { 'Content-Type': Buffer.isBuffer(body) ? 'application/x-tar' : 'application/json', 'Content-Length': Buffer.byteLength(data) }
    const call = request({ socketPath, method, path, headers, timeout: 60_000 }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString('utf8') }))
    })
    call.on('error', reject)
    call.end(data)
  })
}

export async function ready(api: (method: string, path: string) => Promise<{ status: number }>): Promise<void> {
  const until = Date.now() + 60_000
  while (Date.now() < until) {
    const answer = await api('GET', '/_ping').catch(() => undefined)
    if (answer?.status === 200) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('the test engine did not start within 60 s')
}

/** A static busybox, nothing else, imported as a one-layer image. */
export async function buildImage(dir: string, socket: string, image: string): Promise<void> {
  const root = join(dir, 'root')
  for (const name of ['bin', 'etc', 'tmp', 'proc', 'dev']) mkdirSync(join(root, name), { recursive: true })
  cpSync('/bin/busybox', join(root, 'bin/busybox'))
  execFileSync(join(root, 'bin/busybox'), ['--install', '-s', join(root, 'bin')])
  // `--install` makes links to where busybox was when it ran; inside the image it stands in /bin.
  for (const applet of [
    'sh',
    'ash',
    'cat',
    'echo',
    'sleep',
    'yes',
    'seq',
    'date',
    'kill',
    'ls',
    'stty',
    'tty',
    'true',
    'false',
    'head',
    'env',
    'id',
    'dd',
    'ps',
    'tr',
  ]) {
    execFileSync('ln', ['-sf', '/bin/busybox', join(root, 'bin', applet)])
  }
  const tar = execFileSync('tar', ['-C', root, '-c', '.'], { maxBuffer: 64 * 1024 * 1024 })
  const [repo, tag] = image.split(':')
  const answer = await ask(
    socket,
    'POST',
    `/images/create?fromSrc=-&repo=${repo}&tag=${tag}&changes=${encodeURIComponent('ENV PATH=/bin')}`,
    tar,
  )
  if (answer.status !== 200) throw new Error(`import of the test image: ${answer.body}`)
}
