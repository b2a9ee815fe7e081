import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { MetricSample } from '@fairlead/protocol/wire/metric-batch.ts'
import { need } from '../../../e2e/need.ts'
import { createRing, openRing, ringLimits, type Ring } from './ring.ts'
import { createSegments, type Segments } from '../segments.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-ring-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const sample = (seq: number, bootId = 'boot-1', count = 1): MetricSample => ({
  bootId,
  seq,
  timeMs: 1_800_000_000_000 + seq * 10_000,
  dropped: 0,
  points: Array.from({ length: count }, (_, n) => ({ kind: 'disk', id: `/${n}`, values: [seq * 4096, n * 4096] })),
})
function push(ring: Ring, from: number, to: number, bootId = 'boot-1', count = 1): void {
  for (let seq = from; seq < to; seq++) ring.push(sample(seq, bootId, count))
}
/** Everything after a position, asked for piece by piece as a hub's stream does. */
function all(ring: Ring, bootId?: string, seq = -1, most = 100): MetricSample[] {
  const found: MetricSample[] = []
  for (;;) {
    const last = found.at(-1)
    const piece = ring.after(last?.bootId ?? bootId, last?.seq ?? seq, most)
    if (piece.length === 0) return found
    found.push(...piece)
  }
}
const places = (samples: readonly MetricSample[]) => samples.map(({ bootId, seq }) => `${bootId}/${seq}`)
const range = (bootId: string, from: number, to: number) => Array.from({ length: to - from }, (_, n) => `${bootId}/${from + n}`)
const newest = (dir = folder) =>
  join(
    dir,
    readdirSync(dir)
      .sort((a, b) => Number.parseInt(a) - Number.parseInt(b))
      .at(-1)!,
  )

describe('the ring of metrics', () => {
  it('gives every sample once, in order, from any position', () => {
    const ring = openRing(folder)
    push(ring, 0, 400)
    assert.deepEqual(
      all(ring),
      Array.from({ length: 400 }, (_, seq) => sample(seq)),
    )
    for (const seq of [0, 178, 179, 180, 200, 395, 396, 397, 398, 399])
      for (const most of [1, 100, 1000]) assert.deepEqual(places(all(ring, 'boot-1', seq, most)), range('boot-1', seq + 1, 400))
  })

  it('gives them to an agent that was started anew, and goes on behind them', () => {
    push(openRing(folder), 0, 200)
    const ring = openRing(folder)
    assert.deepEqual(places(all(ring)), range('boot-1', 0, 200))
    push(ring, 0, 5, 'boot-2')
    push(openRing(folder), 0, 1, 'boot-3')
    const third = openRing(folder)
    assert.deepEqual(places(all(third)), [...range('boot-1', 0, 200), ...range('boot-2', 0, 5), 'boot-3/0'])
    assert.deepEqual(places(all(third, 'boot-1', 197)), [...range('boot-1', 198, 200), ...range('boot-2', 0, 5), 'boot-3/0'])
    assert.deepEqual(places(all(third, 'boot-2', 4)), ['boot-3/0'])
    assert.deepEqual(places(all(third, 'boot-3', 0)), [])
    // A boot that nobody kept: the hub counts none of these twice.
    assert.equal(all(third, 'boot-0', 7).length, 206)
  })

  it('keeps whole what was pushed before a kill, whenever it comes', { timeout: 60_000 }, async () => {
    const told = new Map<string, number>()
    for (let kill = 0; kill < 8; kill++) {
      const bootId = `boot-${kill}`
      const writer = spawn(process.execPath, [join(import.meta.dirname, 'ring-writer.ts'), folder, bootId], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let text = ''
      writer.stdout.setEncoding('utf8').on('data', (part: string) => {
        if (text === '') setTimeout(() => writer.kill('SIGKILL'), kill * 23)
        text += part
      })
      await new Promise<void>((resolve) => writer.once('close', () => resolve()))
      assert.equal(writer.signalCode, 'SIGKILL')
      told.set(bootId, Number(text.trimEnd().split('\n').at(-1)))
    }
    const found = places(all(openRing(folder)))
    for (const [bootId, last] of told) {
      const own = found.filter((place) => place.startsWith(`${bootId}/`))
      assert.ok(own.length >= last + 1, `${bootId}: ${own.length} of ${last + 1}`)
      assert.deepEqual(own, range(bootId, 0, own.length))
    }
  })

  it('reads up to where a file was cut, at any byte, and goes on', () => {
    push(openRing(folder), 0, 3)
    const file = newest()
    const whole = readFileSync(file)
    const lengths = new Set<number>()
    for (let size = 0; size < whole.length; size++) {
      writeFileSync(file, whole.subarray(0, size))
      const ring = openRing(folder)
      const left = all(ring)
      assert.deepEqual(places(left), range('boot-1', 0, left.length))
      lengths.add(left.length)
      push(ring, 0, 2, 'boot-2')
      assert.deepEqual(places(all(openRing(folder))), [...places(left), 'boot-2/0', 'boot-2/1'])
      for (const name of readdirSync(folder)) rmSync(join(folder, name))
    }
    assert.deepEqual([...lengths], [0, 1, 2])
  })

  it('gives nothing wrong of a file with a wrong byte, wherever it is', () => {
    push(openRing(folder), 0, 3)
    const file = newest()
    const whole = readFileSync(file)
    for (let at = 0; at < whole.length; at++) {
      const bad = Buffer.from(whole)
      bad[at]! ^= 4
      writeFileSync(file, bad)
      for (const each of all(openRing(folder))) assert.deepEqual({ ...each, bootId: 'boot-1' }, sample(each.seq))
    }
  })

  it('leaves alone what is not its own, in its folder', () => {
    mkdirSync(join(folder, '7.ring.d'))
    for (const name of ['notes', 'x.ring', '0.ring', '-1.ring', `${'9'.repeat(30)}.ring`]) writeFileSync(join(folder, name), 'mine')
    const ring = openRing(folder)
    push(ring, 0, 2)
    assert.deepEqual(places(all(openRing(folder))), range('boot-1', 0, 2))
    assert.equal(readdirSync(folder).length, 7)
  })

  it('keeps seven days, and forgets the oldest first', () => {
    const ring = openRing(folder)
    const pushed = ringLimits.samples + 660
    push(ring, 0, pushed)
    const kept = places(all(ring, undefined, -1, 1000))
    assert.ok(kept.length >= ringLimits.samples && kept.length <= ringLimits.samples + ringLimits.chainSamples, `${kept.length}`)
    assert.deepEqual(kept, range('boot-1', pushed - kept.length, pushed))
    assert.deepEqual(places(all(openRing(folder), undefined, -1, 1000)), kept)
  })

  it('stays below 44 MiB of the disk whatever a host has, and forgets the oldest first', () => {
    const ring = openRing(folder)
    const used = () => readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).blocks * 512, 4096)
    let most = 0
    let seed = 1
    const value = () => (seed = (seed * 48_271) % 2_147_483_647)
    for (let seq = 0; seq < 2400; seq++) {
      const points = Array.from({ length: 1500 }, (_, n) => ({ kind: 'disk', id: `/${n}`, values: [value(), value(), value(), value()] }))
      ring.push({ ...sample(seq), points })
      if (seq % 10 === 0) most = Math.max(most, used())
    }
    assert.ok(most > 43 * 2 ** 20 && most <= 44 * 2 ** 20, `${most} B`)
    const kept = places(all(ring))
    assert.deepEqual(kept, range('boot-1', 2400 - kept.length, 2400))
    assert.ok(kept.length > 100)
  })
})

describe('the ring without its disk', () => {
  it('works in memory, below a limit, and forgets the oldest first', () => {
    const ring = openRing(undefined)
    push(ring, 0, 200, 'boot-1', 2)
    assert.deepEqual(places(all(ring)), range('boot-1', 0, 200))
    let seed = 1
    const value = () => (seed = (seed * 48_271) % 2_147_483_647)
    for (let seq = 200; seq < 1000; seq++)
      ring.push({
        ...sample(seq),
        points: Array.from({ length: 300 }, (_, n) => ({ kind: 'disk', id: `/${n}`, values: [value(), value(), value(), value()] })),
      })
    const kept = places(all(ring))
    assert.deepEqual(kept, range('boot-1', 1000 - kept.length, 1000))
    assert.ok(kept.length > 100 && kept.length < 900, `${kept.length}`)
  })

  it('keeps what the disk does not take, says so once, writes it when it can, and says that', () => {
    const said: string[] = []
    let broken = true
    const real = createSegments(folder, 'metrics')
    const guard =
      <A extends unknown[], T>(run: (...given: A) => T) =>
      (...given: A): T => {
        if (broken) throw new Error('EIO: the disk is ill')
        return run(...given)
      }
    const shaky: Segments = { ...real, open: guard(real.open), append: guard(real.append), drop: guard(real.drop) }
    push(openRing(folder), 0, 3, 'boot-0')
    const ring = createRing(shaky, (message) => void said.push(message))
    push(ring, 0, 300)
    assert.equal(said.length, 1)
    assert.match(said[0]!, /memory.*EIO.*Free some space/)
    assert.deepEqual(places(all(ring)), range('boot-1', 0, 300))
    broken = false
    push(ring, 300, 301)
    assert.deepEqual(said.slice(1), ['Metrics are kept on disk again.'])
    const expected = [...range('boot-0', 0, 3), ...range('boot-1', 0, 301)]
    assert.deepEqual(places(all(ring)), expected)
    assert.deepEqual(places(all(openRing(folder))), expected)
    broken = true
    push(ring, 301, 303)
    broken = false
    push(ring, 303, 304)
    assert.equal(said.length, 4)
    assert.deepEqual(places(all(openRing(folder))), [...range('boot-0', 0, 3), ...range('boot-1', 0, 304)])
  })

  it('writes no half of a sample after a half that the disk took', () => {
    const ring = openRing(folder)
    push(ring, 0, 2)
    // What a disk that gets full leaves behind, when not even cutting it off works.
    const file = newest()
    const whole = readFileSync(file)
    writeFileSync(file, Buffer.concat([whole, whole.subarray(-20, -3)]))
    push(ring, 2, 4)
    assert.deepEqual(places(all(openRing(folder))), range('boot-1', 0, 4))
  })

  it('is not upset by files that vanish or shrink below it', () => {
    const ring = openRing(folder)
    push(ring, 0, 200)
    cpSync(newest(), join(folder, '99.ring'))
    truncateSync(newest(), 100)
    rmSync(
      join(
        folder,
        readdirSync(folder).find((name) => name !== '99.ring')!,
      ),
    )
    push(ring, 200, 600)
    assert.deepEqual(places(all(ring, 'boot-1', 590)), range('boot-1', 591, 600))
    assert.ok(all(openRing(folder)).length > 200)
  })
})

describe('a full disk', need('tmpfs'), () => {
  const disk = () => join(folder, 'disk')
  beforeEach(() => {
    mkdirSync(disk())
    const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=700', 'fairlead-test', disk()])
    assert.equal(status, 0)
  })
  afterEach(() => assert.equal(spawnSync('umount', [disk()]).status, 0))

  it('costs nothing that was written and nothing that comes, and that is said', () => {
    const said: string[] = []
    writeFileSync(join(disk(), 'ballast'), Buffer.alloc(32_768))
    const own = join(disk(), 'metrics')
    const ring = openRing(own, (message) => void said.push(message))
    let seed = 1
    const value = () => (seed = (seed * 48_271) % 2_147_483_647)
    const given = Array.from({ length: 500 }, (_, seq): MetricSample => ({
      ...sample(seq),
      points: Array.from({ length: 8 }, (_, n) => ({ kind: 'container', id: `${n}`, values: [value() / 1000, value() * 4096] })),
    }))
    for (const each of given.slice(0, 400)) ring.push(each)
    assert.equal(said.length, 1)
    assert.match(said[0]!, /ENOSPC/)
    assert.deepEqual(places(all(ring)), range('boot-1', 0, 400))
    const onDisk = all(openRing(own))
    assert.ok(onDisk.length > 50 && onDisk.length < 400, `${onDisk.length} on disk`)
    assert.deepEqual(places(onDisk), range('boot-1', 0, onDisk.length))
    rmSync(join(disk(), 'ballast'))
    spawnSync('mount', ['-o', 'remount,size=1m', disk()])
    for (const each of given.slice(400)) ring.push(each)
    assert.deepEqual(said.slice(1), ['Metrics are kept on disk again.'])
    assert.deepEqual(all(openRing(own)), all(ring))
    assert.deepEqual(places(all(openRing(own))), range('boot-1', 0, 500))
  })
})
