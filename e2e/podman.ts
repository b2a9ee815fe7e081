import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask, buildImage, mountsBelow, ready, removeContainers, runContainer, type TestEngine } from './engine.ts'

/** Its own limits are higher than a container inside a container may set. */
const config = `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
`

export interface TestPodman extends TestEngine {
  /** The command of this very engine, not over its socket, as a person on its machine has it. */
  readonly command: readonly [string, ...string[]]
  readonly env: Readonly<Record<string, string>>
}

/** Starts Podman's API service on private directories and a private socket, with a busybox image made on the spot. */
export async function startPodman(): Promise<TestPodman> {
  const dir = mkdtempSync('/var/tmp/fairlead-podman-')
  const socket = join(dir, 'engine.sock')
  const configFile = join(dir, 'containers.conf')
  writeFileSync(configFile, config)
  const dirs = ['--root', join(dir, 'root-dir'), '--runroot', join(dir, 'run'), '--tmpdir', join(dir, 'tmp')]
  const command = ['/usr/bin/podman', ...dirs, '--cgroup-manager', 'cgroupfs'] as const
  const own = { CONTAINERS_CONF: configFile, TMPDIR: dir }
  const env = { ...process.env, ...own, PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }
  const launch = () =>
    spawn(command[0], [...command.slice(1), 'system', 'service', '--time=0', `unix://${socket}`], { stdio: 'ignore', env })
  let child = launch()
  const api = (method: string, path: string, body?: object) => ask(socket, method, path, body)
  const end = async (signal: NodeJS.Signals) => {
    const ended = new Promise<void>((done) => (child.exitCode === null ? child.once('exit', () => done()) : done()))
    child.kill(signal)
    await ended
  }
  await ready(api)
  // It leaves the tag of an import out.
  const image = 'localhost/fairlead-test:latest'
  await buildImage(dir, socket, image)

  return {
    socket,
    image,
    api,
    command,
    env: own,
    get process() {
      return child
    },
    run: (name, command, more = {}) =>
      runContainer(api, name, { Image: image, Cmd: command, HostConfig: { NetworkMode: 'none' }, ...more }),
    async restart() {
      if (child.exitCode === null && child.signalCode === null) await end('SIGKILL')
      rmSync(socket, { force: true })
      child = launch()
      await ready(api)
    },
    async stop() {
      await removeContainers(api)
      await end('SIGTERM')
      // Whatever minds a container that just ended tidies up after it, and mounts its storage once more for that.
      for (let tries = 0; !isCleared(dir); tries++) {
        if (tries === 50) throw new Error(`Something still holds ${dir}.`)
        await sleep(200)
      }
    },
  }
}

function endKeeper(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** False: something came back meanwhile. */
function isCleared(dir: string): boolean {
  for (const pid of keepersOf(dir)) endKeeper(pid)
  for (const mount of mountsBelow(dir)) spawnSync('umount', ['-l', mount], { stdio: 'ignore' })
  try {
    rmSync(dir, { recursive: true, force: true })
    return true
  } catch {
    return false
  }
}

/** What minds its containers stays five minutes longer than they do; what tidies up after them names the same folder. */
function keepersOf(dir: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1')
        return /^\/usr\/(?:bin\/(?:conmon|podman)|sbin\/runc)\0|^(?:podman|runc)\0/.test(command) && command.includes(dir)
      } catch {
        return false
      }
    })
    .map(Number)
}
