import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { metricNames } from '@fairlead/protocol/features/metrics.ts'
import type { MetricPoint } from '@fairlead/protocol/wire/metric-batch.ts'
import { startEngine } from '../../../e2e/engine.ts'
import { need } from '../../../e2e/need.ts'
import { closeContainers, measureContainers, type CgroupBefore } from './cgroups.ts'
import { netDev, openBelow, writeTree } from './tree.ts'

const idA = 'a1'.repeat(32)
const idB = 'b2'.repeat(32)
const none = Number.NaN

const named = ({ values }: MetricPoint) => Object.fromEntries(metricNames.container.map((name, index) => [name, values[index]]))

let root = ''
let before: CgroupBefore
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fairlead-cgroups-'))
  before = new Map()
})
afterEach(() => {
  closeContainers(before)
  rmSync(root, { recursive: true, force: true })
})

const measure = (atMs: number) => new Map(measureContainers(root, atMs, before).points.map((point) => [point.id, named(point)]))
const docker2 = `sys/fs/cgroup/system.slice/docker-${idA}.scope`

describe('cgroup v2', () => {
  const write = (cpuUsec: number, rbytes: number, rx: number) =>
    writeTree(root, {
      'sys/fs/cgroup/cgroup.controllers': 'cpu io memory pids\n',
      [`${docker2}/cgroup.procs`]: '4711\n4712\n',
      [`${docker2}/cpu.stat`]: `usage_usec ${cpuUsec}\nuser_usec 1\nsystem_usec 2\n`,
      [`${docker2}/memory.current`]: '10485760\n',
      [`${docker2}/memory.stat`]: 'anon 5\nfile 7\ninactive_file 2097152\nactive_file 3\n',
      [`${docker2}/memory.max`]: '268435456\n',
      [`${docker2}/pids.current`]: '3\n',
      [`${docker2}/io.stat`]: `8:0 rbytes=${rbytes} wbytes=50 rios=1 wios=1 dbytes=0 dios=0\n8:16 rbytes=100 wbytes=0 rios=1 wios=1 dbytes=0 dios=0\n`,
      'proc/1/net/dev': netDev({ lo: [1, 1], eth0: [9, 9] }),
      'proc/4711/net/dev': netDev({ lo: [7777, 7777], eth0: [rx, 20], eth1: [1000, 5] }),
    })

  it('gives gauges at once and rates from the second pass on', () => {
    write(1_000_000, 5000, 100)
    const first = measure(0).get(idA)
    const gauges = { memoryBytes: 8_388_608, memoryLimitBytes: 268_435_456, pids: 3 }
    const noRates = Object.fromEntries(metricNames.container.filter((name) => !(name in gauges)).map((name) => [name, none]))
    assert.deepEqual(first, { ...noRates, ...gauges })
    write(6_000_000, 25_000, 2100)
    assert.deepEqual(measure(10_000).get(idA), {
      ...gauges,
      cpu: 0.5,
      netRxBytesPerSecond: 200,
      netTxBytesPerSecond: 0,
      blockReadBytesPerSecond: 2000,
      blockWriteBytesPerSecond: 0,
    })
  })

  it('looks at all else of one that uses no processor once a minute', () => {
    const now = (atMs: number) => {
      const { memoryBytes, netRxBytesPerSecond, blockReadBytesPerSecond } = measure(atMs).get(idA)!
      return [memoryBytes, netRxBytesPerSecond, blockReadBytesPerSecond]
    }
    const becomes = (memory: number, { cpu, rbytes, rx }: Record<'cpu' | 'rbytes' | 'rx', number>) => {
      write(cpu, rbytes, rx)
      writeTree(root, { [`${docker2}/memory.current`]: `${memory + 2_097_152}\n` })
    }
    write(1_000_000, 0, 100)
    assert.deepEqual(now(0), [8_388_608, none, none])
    becomes(5, { cpu: 1_000_000, rbytes: 600, rx: 1300 })
    assert.deepEqual(now(10_000), [8_388_608, 0, 0])
    assert.deepEqual(now(50_000), [8_388_608, 0, 0])
    // What came meanwhile shows at once.
    assert.deepEqual(now(60_000), [5, 120, 60])
    becomes(6, { cpu: 1_000_000, rbytes: 600, rx: 3300 })
    assert.deepEqual(now(70_000), [5, 0, 0])
    becomes(7, { cpu: 1_000_001, rbytes: 600, rx: 3300 })
    assert.deepEqual(now(80_000), [7, 200, 0])
  })

  // Bytes of a rest were once divided by all of it, and a chart showed down to a sixth of them.
  it('says of all passes together what moved, whenever it was looked at', () => {
    const everyMs = 10_000
    const moved = { netRxBytesPerSecond: 0, blockReadBytesPerSecond: 0 }
    let cpu = 1_000_000
    for (let pass = 0; pass <= 20; pass++) {
      // It works now and then only: it rests for two passes, for three, then for longer than a minute.
      if ([3, 7, 20].includes(pass)) cpu += 1000
      write(cpu, 500 * pass, 900 * pass)
      const values = measure(pass * everyMs).get(idA)!
      if (pass === 0) continue
      for (const name of ['netRxBytesPerSecond', 'blockReadBytesPerSecond'] as const) moved[name] += (values[name]! * everyMs) / 1000
    }
    assert.deepEqual(moved, { netRxBytesPerSecond: 900 * 20, blockReadBytesPerSecond: 500 * 20 })
  })

  it('gives nothing, never 0, for what the kernel does not tell', () => {
    writeTree(root, { 'sys/fs/cgroup/cgroup.controllers': '', [`${docker2}/cgroup.procs`]: '' })
    measure(0)
    assert.deepEqual(measure(10_000).get(idA), Object.fromEntries(metricNames.container.map((name) => [name, none])))
  })

  describe('of a container whose processes are in folders below its own', () => {
    let cpu = 0
    /** It works, so that all of it is looked at; tells whether its network was found. */
    const looks = (atMs: number) => {
      write(++cpu, 0, 0)
      writeTree(root, { [`${docker2}/cgroup.procs`]: '' })
      return !Number.isNaN(measure(atMs).get(idA)!['netRxBytesPerSecond'])
    }
    const make = (path: string, procs = '') => writeTree(root, { [`${docker2}/${path}/cgroup.procs`]: procs })
    const remove = (path: string) => rmSync(join(root, docker2, path), { recursive: true })

    it('finds the network two levels deep', () => {
      make('a/one', '0\n')
      make('a/two', '4711\n')
      looks(0)
      assert.equal(looks(10_000), true)
      remove('a/two')
      make('a/two/three', '4711\n')
      looks(20_000)
      assert.equal(looks(30_000), false)
    })

    // It makes as many as it likes, and each look read them all.
    for (const [level, path] of [
      ['first', ''],
      ['second', 'inner/'],
    ] as const)
      it(`looks at sixteen folders of the ${level} level`, () => {
        for (let number = 0; number < 16; number++) make(`${path}a${10 + number}`)
        make(`${path}b`, '4711\n')
        looks(0)
        assert.equal(looks(10_000), false)
        remove(`${path}a10`)
        looks(20_000)
        assert.equal(looks(30_000), true)
      })

    // One that makes and removes folders once took all the room for files that are held.
    it('holds none of their files', () => {
      make('a0', '4711\n')
      looks(0)
      const held = openBelow(root)
      assert.ok(held > 0)
      for (let pass = 1; pass <= 5; pass++) {
        remove(`a${pass - 1}`)
        make(`a${pass}`, '4711\n')
        looks(pass * 10_000)
        assert.equal(openBelow(root), held)
      }
    })
  })

  it('says no limit is not available, and no byte yet is 0', () => {
    write(0, 0, 0)
    writeTree(root, { [`${docker2}/memory.max`]: 'max\n', [`${docker2}/io.stat`]: '' })
    measure(0)
    const { memoryLimitBytes, blockReadBytesPerSecond } = measure(10_000).get(idA)!
    assert.deepEqual([memoryLimitBytes, blockReadBytesPerSecond], [none, 0])
  })

  it('gives no network to a container of the host’s network, by its namespace or by its cards', () => {
    write(0, 0, 0)
    writeTree(root, { 'proc/1/ns/net': '-> net:[4026531840]', 'proc/4711/ns/net': '-> net:[4026531840]' })
    measure(0)
    assert.equal(measure(10_000).get(idA)!['netRxBytesPerSecond'], none)
    rmSync(join(root, 'proc/4711/ns/net'))
    rmSync(join(root, 'proc/1/ns/net'))
    writeTree(root, { 'proc/1/net/dev': netDev({ lo: [1, 1], eth0: [9, 9], eth1: [9, 9] }) })
    measure(20_000)
    assert.equal(measure(30_000).get(idA)!['netRxBytesPerSecond'], none)
  })

  it('gives no rate over a restart, when counters begin anew', () => {
    write(6_000_000, 25_000, 2100)
    measure(0)
    write(1000, 30_000, 50)
    const { cpu, netRxBytesPerSecond, blockReadBytesPerSecond } = measure(10_000).get(idA)!
    assert.deepEqual([cpu, netRxBytesPerSecond, blockReadBytesPerSecond], [none, none, 500])
  })

  it('forgets who went: one that comes back has no rate over its absence', () => {
    write(1_000_000, 0, 0)
    measure(0)
    rmSync(join(root, docker2), { recursive: true })
    assert.deepEqual([...measure(10_000)], [])
    write(2_000_000, 0, 0)
    assert.equal(measure(20_000).get(idA)!['cpu'], none)
  })

  it('finds containers of every engine and depth once, and nothing that only looks like one', () => {
    const scopes = [
      `system.slice/docker-${idA}.scope`,
      `machine.slice/libpod-${idB}.scope`,
      `user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${'c3'.repeat(32)}.scope`,
      `kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod1.slice/cri-containerd-${'d4'.repeat(32)}.scope`,
      `docker/${'e5'.repeat(32)}`,
    ]
    const others = [
      `machine.slice/libpod-conmon-${idB}.scope`,
      `system.slice/docker-${idA}.scope/docker/${'f6'.repeat(32)}`,
      'system.slice/ssh.service',
      `docker/${'E5'.repeat(32)}`,
      `docker/${'e5'.repeat(31)}`,
    ]
    const files = [...scopes, ...others].map((path) => [`sys/fs/cgroup/${path}/pids.current`, '1\n'])
    writeTree(root, { 'sys/fs/cgroup/cgroup.controllers': '', ...Object.fromEntries(files) })
    assert.deepEqual([...measure(0).keys()].sort(), scopes.map((path) => /[a-f0-9]{64}/.exec(path)![0]).sort())
  })
})

describe('cgroup v1', () => {
  const at = (controller: string, file: string) => `sys/fs/cgroup/${controller}/docker/${idA}/${file}`
  const write = (cpuNs: number, read: number) =>
    writeTree(root, {
      [at('memory', 'cgroup.procs')]: '4711\n',
      [at('memory', 'memory.usage_in_bytes')]: '10485760\n',
      [at('memory', 'memory.stat')]: 'inactive_file 1\ntotal_inactive_file 2097152\n',
      [at('memory', 'memory.limit_in_bytes')]: '9223372036854771712\n',
      [at('cpuacct', 'cpuacct.usage')]: `${cpuNs}\n`,
      [at('pids', 'pids.current')]: '2\n',
      [at('blkio', 'blkio.throttle.io_service_bytes')]: `8:0 Read ${read}\n8:0 Write 10\n8:0 Total 99\n8:16 Read 5\nTotal 104\n`,
      'proc/4711/net/dev': netDev({ eth0: [read, read] }),
    })

  it('gives the same figures as v2', () => {
    write(1e9, 0)
    measure(0)
    write(2e9, 10_000)
    assert.deepEqual(measure(10_000).get(idA), {
      cpu: 0.1,
      memoryBytes: 8_388_608,
      memoryLimitBytes: none,
      netRxBytesPerSecond: 1000,
      netTxBytesPerSecond: 1000,
      blockReadBytesPerSecond: 1000,
      blockWriteBytesPerSecond: 0,
      pids: 2,
    })
  })

  it('gives what there is on a kernel that lacks controllers', () => {
    writeTree(root, { [at('cpuacct', 'cpuacct.usage')]: '1000000000\n', [at('cpuacct', 'cgroup.procs')]: '4711\n' })
    measure(0)
    writeTree(root, { [at('cpuacct', 'cpuacct.usage')]: '2000000000\n' })
    const { cpu, ...rest } = measure(10_000).get(idA)!
    assert.equal(cpu, 0.1)
    assert.ok(Object.values(rest).every(Number.isNaN))
  })

  it('gives no containers where there are no cgroups', () => assert.deepEqual([...measure(0)], []))
})

describe('the cgroups of a real engine', need('dockerd', 'busybox'), () => {
  it('tell of each container what it uses', { timeout: 120_000 }, async () => {
    const engine = await startEngine()
    const own: CgroupBefore = new Map()
    try {
      const busy = await engine.run('busy', ['sh', '-c', 'while :; do :; done'], {
        HostConfig: { NetworkMode: 'none', Memory: 64 * 2 ** 20 },
      })
      const idle = await engine.run('idle', ['sleep', '1000'])
      const startMs = performance.now()
      measureContainers('', startMs, own)
      await new Promise((resolve) => setTimeout(resolve, 1500))
      const points = new Map(measureContainers('', performance.now(), own).points.map((point) => [point.id, named(point)]))
      const [one, other] = [points.get(busy), points.get(idle)]
      assert.ok(one !== undefined && other !== undefined)
      assert.ok(one['cpu']! > 0.05 && one['cpu']! < 4, `busy: ${one['cpu']} cores`)
      assert.ok(other['cpu']! >= 0 && other['cpu']! < one['cpu']!, `idle: ${other['cpu']} cores`)
      assert.ok(one['memoryBytes']! > 0 && one['memoryBytes']! < 64 * 2 ** 20)
      assert.equal(one['memoryLimitBytes'], 64 * 2 ** 20)
      assert.equal(other['memoryLimitBytes'], none)
      assert.ok(one['pids']! >= 1)
      // Both have a network of their own with a loopback only.
      assert.equal(one['netRxBytesPerSecond'], 0)
    } finally {
      closeContainers(own)
      await engine.stop()
    }
  })
})
