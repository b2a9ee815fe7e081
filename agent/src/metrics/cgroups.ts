import { readdirSync } from 'node:fs'
import type { MetricPoint } from '@fairlead/protocol/wire/metric-batch.ts'
import { read } from './read.ts'

const none = Number.NaN

/** What each container's counters were at the pass before. */
export type CgroupBefore = Map<string, { atMs: number; cpuNs: number; rx: number; tx: number; read: number; write: number }>

/** Where a container's files are: one folder in v2, one a controller in v1. */
interface Place {
  readonly id: string
  readonly file: (controller: string, name: string) => string
}

const idPattern = /(?:^|docker-|libpod-|cri-containerd-)([a-f0-9]{64})(?:\.scope)?$/
const depth = 4

/** Every container of the host from its cgroup, v1 or v2, whatever engine made it. What is not there is not available. */
export function containerPoints(root: string, nowMs: number, before: CgroupBefore): MetricPoint[] {
  const base = `${root}/sys/fs/cgroup`
  const v2 = read(`${base}/cgroup.controllers`) !== ''
  const places = v2
    ? find(base, (path) => (_controller, name) => read(`${path}/${name}`))
    : find(`${base}/memory`, (path) => (controller, name) => read(path.replace(`${base}/memory`, `${base}/${controller}`) + `/${name}`))
  const seen = new Set<string>()
  const points = places.map((place) => {
    seen.add(place.id)
    return measure(root, place, v2, nowMs, before)
  })
  for (const id of before.keys()) if (!seen.has(id)) before.delete(id)
  return points
}

function find(base: string, open: (path: string) => Place['file'], level = 0): Place[] {
  let entries: string[]
  try {
    entries = readdirSync(base, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
  } catch {
    return []
  }
  return entries.flatMap((name) => {
    const id = idPattern.exec(name)?.[1]
    if (id !== undefined) return [{ id, file: open(`${base}/${name}`) }]
    return level < depth ? find(`${base}/${name}`, open, level + 1) : []
  })
}

function measure(root: string, { id, file }: Place, v2: boolean, nowMs: number, all: CgroupBefore): MetricPoint {
  const number = (controller: string, name: string) => {
    const value = file(controller, name).trim()
    return value === '' || value === 'max' ? none : Number(value)
  }
  const field = (text: string, name: string) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? none)
  const cpuNs = v2 ? field(file('', 'cpu.stat'), 'usage_usec') * 1000 : number('cpuacct', 'cpuacct.usage')
  const cache = field(file('memory', 'memory.stat'), v2 ? 'inactive_file' : 'total_inactive_file')
  const used = number('memory', v2 ? 'memory.current' : 'memory.usage_in_bytes') - (Number.isNaN(cache) ? 0 : cache)
  const limit = number('memory', v2 ? 'memory.max' : 'memory.limit_in_bytes')
  const io = v2 ? readIoV2(file('', 'io.stat')) : readIoV1(file('blkio', 'blkio.throttle.io_service_bytes'))
  const net = readNet(root, file('memory', 'cgroup.procs'))
  const now = { atMs: nowMs, cpuNs, ...net, ...io }
  const before = all.get(id)
  all.set(id, now)
  const seconds = before === undefined ? none : (nowMs - before.atMs) / 1000
  const rate = (value: number, old: number | undefined) =>
    old === undefined || !(seconds > 0) ? none : Math.max(0, (value - old) / seconds)
  return {
    kind: 'container',
    id,
    values: [
      rate(cpuNs / 1e9, before === undefined ? undefined : before.cpuNs / 1e9),
      Math.max(0, used),
      limit > 2 ** 60 ? none : limit,
      rate(now.rx, before?.rx),
      rate(now.tx, before?.tx),
      rate(now.read, before?.read),
      rate(now.write, before?.write),
      number('pids', 'pids.current'),
    ],
  }
}

function readIoV2(text: string): { read: number; write: number } {
  if (text === '') return { read: none, write: none }
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

/** The network counters of the container's first process, without its loopback. A container of the host's network has none of its own. */
function readNet(root: string, procs: string): { rx: number; tx: number } {
  const pid = procs.split('\n', 1)[0]
  const text = pid === undefined || pid === '' ? '' : read(`${root}/proc/${pid}/net/dev`)
  if (text === '' || text === read(`${root}/proc/1/net/dev`)) return { rx: none, tx: none }
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
