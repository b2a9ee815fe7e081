import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import type { MetricPoint } from '@fairlead/protocol/wire/metric-batch.ts'
import { ratePerSecond, read } from './read.ts'

const none = Number.NaN

interface Counters {
  readonly atMs: number
  readonly cpuSeconds: number
  readonly rx: number
  readonly tx: number
  readonly read: number
  readonly write: number
}

/** What each container's counters were at the pass before. */
export type CgroupBefore = Map<string, Counters>

/** Where a container's files are: one folder in v2, one a controller in v1. */
interface Place {
  readonly id: string
  readonly folder: (controller: string) => string
}

const idPattern = /(?:^|docker-|libpod-|cri-containerd-|crio-)([a-f0-9]{64})(?:\.scope)?$/
const depth = 4
/** Any of these knows all containers; not every kernel has each. */
const controllersV1 = ['memory', 'cpuacct', 'pids', 'blkio', 'systemd']

/** Every container of the host from its cgroup, v1 or v2, whatever engine made it. What is not there is not available. */
export function containerPoints(root: string, nowMs: number, before: CgroupBefore): MetricPoint[] {
  const base = `${root}/sys/fs/cgroup`
  const v2 = existsSync(`${base}/cgroup.controllers`)
  const places = v2 ? find(base).map(({ id, path }) => ({ id, folder: () => `${base}${path}` })) : findV1(base)
  const hostNet = netOf(root, '1')
  const seen = new Set<string>()
  const points = places.map(({ id, folder }) => {
    seen.add(id)
    const { counters, gauges } = v2 ? measureV2(folder('')) : measureV1(folder)
    const now = { atMs: nowMs, ...counters, ...readNet(root, gauges.pid, hostNet) }
    const old = before.get(id)
    before.set(id, now)
    const rate = (name: Exclude<keyof Counters, 'atMs'>) =>
      old === undefined ? none : ratePerSecond(now[name], old[name], nowMs - old.atMs)
    return {
      kind: 'container',
      id,
      values: [
        rate('cpuSeconds'),
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
  for (const id of before.keys()) if (!seen.has(id)) before.delete(id)
  return points
}

function findV1(base: string): Place[] {
  const controller = controllersV1.find((name) => existsSync(`${base}/${name}`))
  return controller === undefined
    ? []
    : find(`${base}/${controller}`).map(({ id, path }) => ({ id, folder: (of) => `${base}/${of}${path}` }))
}

/** What is below a container is the container's own. */
function find(base: string, path = '', level = 0): { id: string; path: string }[] {
  return folders(`${base}${path}`).flatMap((name) => {
    const id = idPattern.exec(name)?.[1]
    if (id !== undefined) return [{ id, path: `${path}/${name}` }]
    return level < depth ? find(base, `${path}/${name}`, level + 1) : []
  })
}

function folders(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
  } catch {
    return []
  }
}

interface Measured {
  readonly counters: { readonly cpuSeconds: number; readonly read: number; readonly write: number }
  readonly gauges: { readonly memory: number; readonly memoryLimit: number; readonly pids: number; readonly pid: string }
}

function measureV2(folder: string): Measured {
  const cache = field(read(`${folder}/memory.stat`), 'inactive_file')
  return {
    counters: { cpuSeconds: field(read(`${folder}/cpu.stat`), 'usage_usec') / 1e6, ...readIoV2(`${folder}/io.stat`) },
    gauges: {
      memory: number(`${folder}/memory.current`) - (Number.isNaN(cache) ? 0 : cache),
      memoryLimit: number(`${folder}/memory.max`),
      pids: number(`${folder}/pids.current`),
      pid: firstPid(folder),
    },
  }
}

function measureV1(folder: (controller: string) => string): Measured {
  const cache = field(read(`${folder('memory')}/memory.stat`), 'total_inactive_file')
  const limit = number(`${folder('memory')}/memory.limit_in_bytes`)
  return {
    counters: {
      cpuSeconds: number(`${folder('cpuacct')}/cpuacct.usage`) / 1e9,
      ...readIoV1(read(`${folder('blkio')}/blkio.throttle.io_service_bytes`)),
    },
    gauges: {
      memory: number(`${folder('memory')}/memory.usage_in_bytes`) - (Number.isNaN(cache) ? 0 : cache),
      // No limit is the largest number of pages there could be.
      memoryLimit: limit > 2 ** 60 ? none : limit,
      pids: number(`${folder('pids')}/pids.current`),
      pid: firstPidV1(folder),
    },
  }
}

/** Each controller knows the same processes; the next is asked only where one is not there. */
function firstPidV1(folder: Place['folder']): string {
  for (const name of controllersV1) {
    const pid = firstPid(folder(name))
    if (pid !== '') return pid
  }
  return ''
}

/** "max" is no limit, which is not available as well. */
function number(file: string): number {
  const text = read(file).trim()
  return text === '' ? none : Number(text)
}

function field(text: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? none)
}

/** Empty until the container's first byte: that is 0. Not there at all: not available. */
function readIoV2(file: string): { read: number; write: number } {
  const text = read(file)
  if (text === '' && !existsSync(file)) return { read: none, write: none }
  const sum = (name: string) =>
    [...text.matchAll(new RegExp(`\\b${name}=(\\d+)`, 'g'))].reduce((total, [, value]) => total + Number(value), 0)
  return { read: sum('rbytes'), write: sum('wbytes') }
}

function readIoV1(text: string): { read: number; write: number } {
  if (text === '') return { read: none, write: none }
  const sum = (name: string) =>
    [...text.matchAll(new RegExp(`^\\S+ ${name} (\\d+)$`, 'gm'))].reduce((total, [, value]) => total + Number(value), 0)
  return { read: sum('Read'), write: sum('Write') }
}

/** In v2 a container that makes cgroups of its own (systemd inside) has its processes in those alone. */
function firstPid(folder: string, level = 0): string {
  const pid = read(`${folder}/cgroup.procs`).split('\n', 1)[0] ?? ''
  // 0 is a process that this namespace cannot see.
  if (pid !== '' && pid !== '0') return pid
  if (level === 2) return ''
  for (const name of folders(folder)) {
    const found = firstPid(`${folder}/${name}`, level + 1)
    if (found !== '') return found
  }
  return ''
}

/** The network counters of the container's first process, without its loopback. A container of the host's network has none of its own. */
function readNet(root: string, pid: string, hostNet: string): { rx: number; tx: number } {
  const text = pid === '' ? '' : read(`${root}/proc/${pid}/net/dev`)
  if (text === '' || netOf(root, pid) === hostNet) return { rx: none, tx: none }
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
