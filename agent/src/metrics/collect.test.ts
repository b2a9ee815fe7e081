import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { metricNames, metricScales } from '@fairlead/protocol/features/metrics.ts'
import type { MetricPoint } from '@fairlead/protocol/wire/metric-batch.ts'
import { openCollector, type OpenCollector } from './collect.ts'
import { netDev, openBelow, writeTree } from './tree.ts'

const none = Number.NaN
const named = ({ values }: MetricPoint) => Object.fromEntries(metricNames.host.map((name, index) => [name, values[index]]))

let root = ''
const open: OpenCollector[] = []
function start(from?: string): OpenCollector {
  const collector = openCollector(from)
  open.push(collector)
  return collector
}
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fairlead-collect-'))
})
afterEach(() => {
  for (const collector of open.splice(0)) collector.close()
  rmSync(root, { recursive: true, force: true })
})

const write = (busy: number, bytes: number) =>
  writeTree(root, {
    'proc/stat': `cpu  ${busy} 100 50 9000 70 5 5 0 0 0\ncpu0 1 1 1 1\ncpu1 1 1 1 1\nintr 5\n`,
    'proc/meminfo': 'MemTotal: 1000 kB\nMemFree: 1 kB\nMemAvailable: 400 kB\nSwapTotal: 200 kB\nSwapFree: 150 kB\nHugePages_Total: 0\n',
    'proc/loadavg': '0.50 0.25 0.10 1/200 4711\n',
    'proc/uptime': '1234.56 2000.00\n',
    'proc/net/dev': netDev({ lo: [bytes * 9, 1], eth0: [bytes, 2 * bytes], docker0: [1, 1], veth12: [bytes, 1], 'br-1': [1, bytes] }),
    'proc/diskstats': `   8 0 sda 1 0 ${bytes} 0 1 0 0 0 0 0 0\n   8 1 sda1 1 0 ${bytes * 7} 0 1 0 9 0 0 0 0\n 253 0 dm-0 1 0 ${bytes * 7} 0 1 0 9 0 0 0 0\n`,
    'proc/pressure/cpu': 'some avg10=1.25 avg60=0.00 avg300=0.00 total=5\n',
    'again/file': '',
    'proc/mounts': `/dev/sda1 /etc/hosts ext4 rw 0 0\n/dev/sda1 ${root} ext4 rw 0 0\n/dev/sda1 ${root}/again ext4 rw 0 0\ntmpfs ${root}/run tmpfs rw 0 0\n/dev/sdb1 ${root}/gone xfs rw 0 0\n/dev/sdc1 ${root}/with\\040blank xfs rw 0 0\n`,
  })

describe('a pass over a host', () => {
  it('gives gauges at once, and rates from the second pass on, of real cards and whole disks only', () => {
    const collector = start(root)
    write(1000, 0)
    const first = named(collector.collect(0)[0]!)
    const gauges = {
      cpuCount: 2,
      memoryBytes: 600 * 1024,
      memoryTotalBytes: 1000 * 1024,
      swapBytes: 50 * 1024,
      swapTotalBytes: 200 * 1024,
      load1: 0.5,
      load5: 0.25,
      load15: 0.1,
      pressureCpu: 1.25,
      pressureMemory: none,
      pressureIo: none,
      uptimeSeconds: 1234.56,
    }
    const noRates = Object.fromEntries(metricNames.host.filter((name) => !(name in gauges)).map((name) => [name, none]))
    assert.deepEqual(first, { ...noRates, ...gauges })
    write(1500, 10_000)
    const { cpu, ...rest } = named(collector.collect(10_000)[0]!)
    assert.ok(Math.abs(cpu! - 0.5) < 1e-9)
    assert.deepEqual(rest, {
      ...gauges,
      netRxBytesPerSecond: 1000,
      netTxBytesPerSecond: 2000,
      diskReadBytesPerSecond: 512_000,
      diskWriteBytesPerSecond: 0,
    })
  })

  it('gives each file system once, and none that is no disk or is gone', () => {
    write(0, 0)
    const disks = start(root)
      .collect(0)
      .filter(({ kind }) => kind === 'disk')
    assert.deepEqual(
      disks.map(({ id }) => id),
      ['/'],
    )
    const { blocks, bfree, bavail, bsize } = statfsSync(root)
    const [used, total] = disks[0]!.values
    assert.ok(Math.abs(total! - (blocks - bfree + bavail) * bsize) < 2 ** 30)
    assert.ok(used! > 0 && used! <= total!)
  })

  it('gives nothing, never 0, where there is nothing to read', () => {
    const collector = start(root)
    collector.collect(0)
    const points = collector.collect(10_000)
    assert.equal(points.length, 1)
    assert.deepEqual(
      points[0]!.values,
      metricNames.host.map(() => none),
    )
  })

  it('gives one value a name, for each of which there is a scale', () => {
    const collector = start()
    collector.collect(0)
    for (const { kind, values } of collector.collect(1000)) {
      const names = metricNames[kind as keyof typeof metricNames]
      assert.equal(values.length, names.length, kind)
      assert.equal(metricScales[kind as keyof typeof metricNames].length, names.length, kind)
    }
  })

  // They stay open from pass to pass, and nothing closed them.
  it('has no file of the host open once it is closed', () => {
    write(0, 0)
    const container = `sys/fs/cgroup/docker/${'a1'.repeat(32)}`
    writeTree(root, {
      'sys/fs/cgroup/cgroup.controllers': '',
      [`${container}/cpu.stat`]: 'usage_usec 1\n',
      [`${container}/pids.current`]: '1\n',
    })
    const before = readdirSync('/proc/self/fd').length
    const collector = openCollector(root)
    for (const nowMs of [0, 10_000]) collector.collect(nowMs)
    assert.ok(openBelow(join(root, 'proc')) > 5)
    assert.equal(openBelow(join(root, container)), 2)
    collector.close()
    assert.equal(openBelow(root), 0)
    assert.equal(readdirSync('/proc/self/fd').length, before)
  })

  it('gives the figures of this machine', () => {
    const own = named(start().collect(0)[0]!)
    assert.equal(own['cpuCount'], cpus().length)
    assert.ok(Math.abs(own['memoryTotalBytes']! - totalmem()) <= totalmem() / 10)
  })
})
