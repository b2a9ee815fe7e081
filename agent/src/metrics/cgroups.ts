import { existsSync, readlinkSync } from 'node:fs'
import type { MetricPoint } from '@fairlead/protocol/wire/metric-batch.ts'
import { controllersV1, findPlaces, folders, type Place } from './places.ts'
import { holdFiles, ratePerSecond, read, type Held } from './read.ts'

const none = Number.NaN

interface Traffic {
  readonly rx: number
  readonly tx: number
  readonly read: number
  readonly write: number
}

/** A container from one pass to the next. */
interface Known {
  readonly held: Held
  cpu: { readonly atMs: number; readonly seconds: number } | undefined
  /** All the rest, read when it did something, or a minute ago. */
  seen: { readonly atMs: number; readonly gauges: Gauges; readonly traffic: Traffic } | undefined
  /** Of the process that was first, at that time: whether it has a network of its own is not asked at every pass. */
  network: { readonly pid: string; readonly atMs: number; readonly own: boolean } | undefined
}

/** What each container's counters were at the pass before, and its files, which stay open. */
export type CgroupBefore = Map<string, Known>

const networkMs = 60_000
/** Memory may be taken from a container that does nothing, its limit moved, packets come that wake nobody, and what it wrote is counted when the disk gets it. */
const restMs = 60_000

/** Every container of the host from its cgroup, v1 or v2, whatever engine made it; how many there are beyond the most. What is not there is not available. */
export function measureContainers(root: string, nowMs: number, before: CgroupBefore): { points: MetricPoint[]; leftOut: number } {
  const { v2, places, leftOut } = findPlaces(`${root}/sys/fs/cgroup`)
  let hostNetwork: string | undefined
  const hostNet = () => (hostNetwork ??= netOf(root, '1'))
  const look = (known: Known, folder: Place['folder']) => {
    const gauges = v2 ? gaugeV2(known.held, folder('')) : gaugeV1(known.held, folder)
    if (known.network?.pid !== gauges.pid || nowMs - known.network.atMs >= networkMs)
      known.network = { pid: gauges.pid, atMs: nowMs, own: gauges.pid !== '' && netOf(root, gauges.pid) !== hostNet() }
    const io = v2 ? ioV2(known.held, folder('')) : ioV1(known.held, folder)
    return { atMs: nowMs, gauges, traffic: { ...io, ...(known.network.own ? readNet(root, gauges.pid) : noNet) } }
  }
  const there = new Set<string>()
  const points = places.map(({ id, folder }) => {
    there.add(id)
    const known = before.get(id) ?? { held: holdFiles(), cpu: undefined, seen: undefined, network: undefined }
    before.set(id, known)
    const { cpu, seen: old } = known
    const seconds = v2 ? cpuV2(known.held, folder('')) : cpuV1(known.held, folder)
    known.cpu = { atMs: nowMs, seconds }
    // Most containers of most hosts do nothing most of the time: what has used no processor has started, ended, taken and sent nothing.
    const rests = old !== undefined && seconds === cpu?.seconds && nowMs - old.atMs < restMs
    const { gauges, traffic } = (known.seen = rests ? old : look(known, folder))
    const rate = (name: keyof Traffic) => {
      if (cpu === undefined || old === undefined || Number.isNaN(traffic[name])) return none
      // Since the last pass, though it may not have been looked at there: that pass said 0, and the sum of all is to be what moved.
      return rests ? 0 : ratePerSecond(traffic[name], old.traffic[name], nowMs - cpu.atMs)
    }
    return {
      kind: 'container',
      id,
      values: [
        cpu === undefined ? none : ratePerSecond(seconds, cpu.seconds, nowMs - cpu.atMs),
        Math.max(0, gauges.memory),
        gauges.memoryLimit,
        rate('rx'),
        rate('tx'),
        rate('read'),
        rate('write'),
        gauges.pids,
      ],
    }
  })
  for (const [id, { held }] of before) {
    if (there.has(id)) continue
    held.close()
    before.delete(id)
  }
  return { points, leftOut }
}

export function closeContainers(before: CgroupBefore): void {
  for (const { held } of before.values()) held.close()
  before.clear()
}

interface Gauges {
  readonly memory: number
  readonly memoryLimit: number
  readonly pids: number
  /** Of the process that was first; empty where none can be seen. */
  readonly pid: string
}

function cpuV2(held: Held, folder: string): number {
  return field(held.read(`${folder}/cpu.stat`), 'usage_usec') / 1e6
}

function gaugeV2(held: Held, folder: string): Gauges {
  const cache = field(held.read(`${folder}/memory.stat`), 'inactive_file')
  return {
    memory: number(held, `${folder}/memory.current`) - (Number.isNaN(cache) ? 0 : cache),
    memoryLimit: number(held, `${folder}/memory.max`),
    pids: number(held, `${folder}/pids.current`),
    pid: firstPid(held, folder),
  }
}

function cpuV1(held: Held, folder: Place['folder']): number {
  return number(held, `${folder('cpuacct')}/cpuacct.usage`) / 1e9
}

function gaugeV1(held: Held, folder: Place['folder']): Gauges {
  const memory = folder('memory')
  const cache = field(held.read(`${memory}/memory.stat`), 'total_inactive_file')
  const limit = number(held, `${memory}/memory.limit_in_bytes`)
  return {
    memory: number(held, `${memory}/memory.usage_in_bytes`) - (Number.isNaN(cache) ? 0 : cache),
    // No limit is the largest number of pages there could be.
    memoryLimit: limit > 2 ** 60 ? none : limit,
    pids: number(held, `${folder('pids')}/pids.current`),
    pid: firstPidV1(held, folder),
  }
}

/** Each controller knows the same processes; the next is asked only where one is not there. */
function firstPidV1(held: Held, folder: Place['folder']): string {
  for (const name of controllersV1) {
    const pid = firstPid(held, folder(name))
    if (pid !== '') return pid
  }
  return ''
}

/** "max" is no limit, which is not available as well. */
function number(held: Held, file: string): number {
  const text = held.read(file).trim()
  return text === '' ? none : Number(text)
}

/** The number behind this name, at the beginning of a line. */
function field(text: string, name: string): number {
  const at = text.startsWith(`${name} `) ? 0 : text.indexOf(`\n${name} `) + 1
  if (at === 0 && !text.startsWith(`${name} `)) return none
  const from = at + name.length + 1
  const end = text.indexOf('\n', from)
  return Number(text.slice(from, end < 0 ? undefined : end) || none)
}

const readBytesV2 = /\brbytes=(\d+)/g
const wroteBytesV2 = /\bwbytes=(\d+)/g
const readBytesV1 = /^\S+ Read (\d+)$/gm
const wroteBytesV1 = /^\S+ Write (\d+)$/gm
const sum = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].reduce((total, [, value]) => total + Number(value), 0)

/** Empty until the container's first byte: that is 0. Not there at all: not available. */
function ioV2(held: Held, folder: string): Pick<Traffic, 'read' | 'write'> {
  const file = `${folder}/io.stat`
  const text = held.read(file)
  if (text === '' && !existsSync(file)) return { read: none, write: none }
  return { read: sum(text, readBytesV2), write: sum(text, wroteBytesV2) }
}

function ioV1(held: Held, folder: Place['folder']): Pick<Traffic, 'read' | 'write'> {
  const text = held.read(`${folder('blkio')}/blkio.throttle.io_service_bytes`)
  return text === '' ? { read: none, write: none } : { read: sum(text, readBytesV1), write: sum(text, wroteBytesV1) }
}

/** A container makes folders below its own as it likes: of each of two levels so many are looked at. */
const mostFolders = 16

/** In v2 a container that makes cgroups of its own (systemd inside) has its processes in those alone. */
function firstPid(held: Held, folder: string): string {
  return pidIn(held.read(`${folder}/cgroup.procs`)) || firstPidBelow([folder], 2)
}

/** None of these files is held: one that makes and removes folders would take the room of the files of all others. */
function firstPidBelow(parents: readonly string[], levels: number): string {
  const paths = parents.flatMap((path) => folders(path).map((name) => `${path}/${name}`)).slice(0, mostFolders)
  for (const path of paths) {
    const pid = pidIn(read(`${path}/cgroup.procs`))
    if (pid !== '') return pid
  }
  return levels > 1 ? firstPidBelow(paths, levels - 1) : ''
}

/** 0 is a process that this namespace cannot see. */
function pidIn(procs: string): string {
  const pid = procs.split('\n', 1)[0] ?? ''
  return pid === '0' ? '' : pid
}

const noNet = { rx: none, tx: none }

/**
 * The network counters of the container's first process, without its loopback. A container of the host's network has none of its own. This
 * file is opened anew: one that is open would keep the network of a container that is gone.
 */
function readNet(root: string, pid: string): { rx: number; tx: number } {
  const text = read(`${root}/proc/${pid}/net/dev`)
  if (text === '') return noNet
  let rx = 0
  let tx = 0
  for (const line of text.split('\n').slice(2)) {
    const [name = '', ...fields] = line.trim().split(/[\s:]+/)
    if (name === '' || name === 'lo') continue
    rx += Number(fields[0] ?? 0)
    tx += Number(fields[8] ?? 0)
  }
  return { rx, tx }
}

/** Which network a process is in. Who may not look at the namespace itself compares the names of the cards. */
function netOf(root: string, pid: string): string {
  try {
    return readlinkSync(`${root}/proc/${pid}/ns/net`)
  } catch {
    return [...read(`${root}/proc/${pid}/net/dev`).matchAll(/^\s*([^\s:]+):/gm)].map(([, name]) => name).join(' ')
  }
}
