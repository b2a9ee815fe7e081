import { statfsSync } from 'node:fs'
import type { MetricPoint } from '@fairlead/protocol/wire/metric-batch.ts'
import { closeContainers, measureContainers, type CgroupBefore } from './cgroups.ts'
import { holdFiles, ratePerSecond, read } from './read.ts'

const none = Number.NaN

interface Before {
  atMs: number
  busyTicks: number
  rx: number
  tx: number
  read: number
  write: number
}

export interface Collector {
  /** `nowMs` is of a clock that never jumps: rates are since the pass before, and a jump would make them wrong. */
  collect(nowMs: number): MetricPoint[]
  /** Subjects that the last pass did not measure, for there are too many. Absent: none. */
  readonly leftOut?: number
}

export interface OpenCollector extends Collector {
  /** Files that are read at every pass stay open in between. */
  close(): void
}

/** What a file of /proc holds now. */
type Proc = (name: string) => string

/** One pass over /proc and the cgroups. The first pass has no rates. `root`: where a container sees the host's files. */
export function openCollector(root = ''): OpenCollector {
  let before: Before | undefined
  let leftOut = 0
  const cgroups: CgroupBefore = new Map()
  const held = holdFiles()
  const proc: Proc = (name) => held.read(`${root}/proc/${name}`)
  return {
    collect(nowMs) {
      const cpu = readCpu(proc)
      const net = readNet(proc)
      const disk = readDiskIo(proc)
      const now: Before = { atMs: nowMs, busyTicks: cpu.busyTicks, ...net, ...disk }
      const rate = (pick: (sample: Before) => number) =>
        before === undefined ? none : ratePerSecond(pick(now), pick(before), nowMs - before.atMs)
      const memory = readMemory(proc)
      const load = proc('loadavg').split(' ').map(toNumber)
      const values = [
        rate(({ busyTicks }) => busyTicks / 100),
        cpu.count,
        memory.used,
        memory.total,
        memory.swapUsed,
        memory.swapTotal,
        load[0] ?? none,
        load[1] ?? none,
        load[2] ?? none,
        rate(({ rx }) => rx),
        rate(({ tx }) => tx),
        rate(({ read: bytes }) => bytes),
        rate(({ write }) => write),
        readPressure(proc, 'cpu'),
        readPressure(proc, 'memory'),
        readPressure(proc, 'io'),
        toNumber(proc('uptime').split(' ')[0] ?? ''),
      ]
      before = now
      const containers = measureContainers(root, nowMs, cgroups)
      leftOut = containers.leftOut
      return [{ kind: 'host', id: '', values }, ...readDisks(root), ...containers.points]
    },
    get leftOut() {
      return leftOut
    },
    close() {
      held.close()
      closeContainers(cgroups)
    },
  }
}

/** An empty text is no zero. */
const toNumber = (text: string) => (text === '' ? none : Number(text))

function readCpu(proc: Proc): { busyTicks: number; count: number } {
  const lines = proc('stat').split('\n')
  const [user = none, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (lines[0] ?? '').trim().split(/\s+/).slice(1).map(Number)
  return { busyTicks: user + nice + system + irq + softirq + steal, count: lines.filter((line) => /^cpu\d/.test(line)).length || none }
}

function readMemory(proc: Proc) {
  const kib: Record<string, number> = {}
  for (const line of proc('meminfo').split('\n')) {
    const match = /^(\w+):\s+(\d+)/.exec(line)
    if (match !== null) kib[match[1]!] = Number(match[2]) * 1024
  }
  const total = kib['MemTotal'] ?? none
  const swapTotal = kib['SwapTotal'] ?? none
  return { total, used: total - (kib['MemAvailable'] ?? none), swapTotal, swapUsed: swapTotal - (kib['SwapFree'] ?? none) }
}

function readNet(proc: Proc): { rx: number; tx: number } {
  const text = proc('net/dev')
  if (text === '') return { rx: none, tx: none }
  let rx = 0
  let tx = 0
  for (const line of text.split('\n').slice(2)) {
    const [name = '', ...fields] = line.trim().split(/[\s:]+/)
    // What goes over a bridge goes over a real card as well, or never leaves the host.
    if (name === '' || /^(lo|veth|br-|docker|cni|podman|virbr|tap|fwbr|fwpr|fwln)/.test(name)) continue
    rx += Number(fields[0] ?? 0)
    tx += Number(fields[8] ?? 0)
  }
  return { rx, tx }
}

function readDiskIo(proc: Proc): { read: number; write: number } {
  const text = proc('diskstats')
  if (text === '') return { read: none, write: none }
  let readSectors = 0
  let writeSectors = 0
  for (const line of text.split('\n')) {
    const fields = line.trim().split(/\s+/)
    if (!/^(sd[a-z]+|vd[a-z]+|xvd[a-z]+|nvme\d+n\d+|mmcblk\d+)$/.test(fields[2] ?? '')) continue
    readSectors += Number(fields[5])
    writeSectors += Number(fields[9])
  }
  return { read: readSectors * 512, write: writeSectors * 512 }
}

/** The share of the last ten seconds in which somebody waited, percent. */
function readPressure(proc: Proc, what: 'cpu' | 'memory' | 'io'): number {
  const match = /^some avg10=([\d.]+)/m.exec(proc(`pressure/${what}`))
  return match === null ? none : Number(match[1])
}

/** What the host calls it. A container has mounts of its own beside the host's: its /etc/resolv.conf is no disk. */
function hostMount(root: string, path: string): string | undefined {
  if (path === root) return '/'
  return path.startsWith(`${root}/`) ? path.slice(root.length) : undefined
}

const realFileSystems = new Set(['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'zfs', 'f2fs', 'vfat', 'ntfs', 'ntfs3', 'bcachefs'])
const mostDisks = 32

function readDisks(root: string): MetricPoint[] {
  const seen = new Set<string>()
  const points: MetricPoint[] = []
  for (const line of read(`${root}/proc/mounts`).split('\n')) {
    const [device = '', named = '', type = ''] = line.split(' ')
    const path = named.replaceAll('\\040', ' ')
    const mount = hostMount(root, path)
    if (mount === undefined || !realFileSystems.has(type) || seen.has(device) || points.length >= mostDisks) continue
    seen.add(device)
    try {
      const { bsize, blocks, bavail, bfree, files, ffree } = statfsSync(path)
      points.push({
        kind: 'disk',
        id: mount,
        values: [(blocks - bfree) * bsize, (blocks - bfree + bavail) * bsize, files > 0 ? files - ffree : none, files > 0 ? files : none],
      })
    } catch {
      // It was unmounted in this very moment.
    }
  }
  return points
}
