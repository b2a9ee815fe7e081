import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { HostEvent, type EventPlace } from '@fairlead/protocol/features/events.ts'
import { need } from '../../../e2e/need.ts'
import { serveEvents } from './events.ts'
import { eventLimits, openEventRing, type EventRing } from './ring.ts'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync('/var/tmp/fairlead-events-')
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const event = (n: number): HostEvent => ({
  timeMs: 1_800_000_000_000 + n,
  type: 'container',
  action: 'start',
  id: 'c',
  name: `${n}`,
  facts: {},
})

function serving(ring: EventRing) {
  let tell = (_event: HostEvent): void => undefined
  const handlers = serveEvents({ onEvent: (listener) => ((tell = listener), () => undefined) }, ring)
  return {
    tell: (n: number) => tell(event(n)),
    /** The first so many that are told after a place. */
    async hear(count: number, input: { after?: EventPlace; sinceMs?: number } = {}) {
      const leaving = new AbortController()
      const heard: HostEvent[] = []
      for await (const each of handlers.watch({ sinceMs: 0, ...input }, { signal: leaving.signal, trace: '' })) {
        heard.push(HostEvent.parse(each))
        if (heard.length === count) break
      }
      leaving.abort()
      return heard
    },
  }
}
const names = (heard: readonly HostEvent[]) => heard.map(({ name }) => name)
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => `${from + n}`)

describe('the events that a host keeps', () => {
  it('come once and in order to whoever was away, also over starts of the agent [security 158]', async () => {
    const first = serving(openEventRing(dir))
    for (let n = 1; n <= 700; n++) first.tell(n)
    const [seen] = await first.hear(1, { after: (await first.hear(1))[0]!.at! })
    assert.equal(seen?.name, '202')
    const second = serving(openEventRing(dir))
    for (let n = 701; n <= 900; n++) second.tell(n)
    assert.deepEqual(names(await second.hear(900 - 202, { after: seen.at! })), range(203, 901))
    // Who names no place hears the last ones.
    assert.deepEqual(names(await second.hear(500)), range(401, 901))
    const waiting = second.hear(2, { after: (await second.hear(500)).at(-1)!.at! })
    second.tell(901)
    second.tell(902)
    assert.deepEqual(names(await waiting), ['901', '902'])
  })

  it('are at most 4 MiB of the disk: the oldest go, and who missed them is told how many [security 158 162]', async () => {
    const ring = openEventRing(dir)
    const big = (n: number) => ({ ...event(n), facts: { text: 'x'.repeat(250), more: 'y'.repeat(250) } })
    const { at } = ring.push(big(1))
    let most = 0
    for (let n = 2; n <= 9000; n++) {
      ring.push(big(n))
      if (n % 100 === 0)
        most = Math.max(
          most,
          readdirSync(dir).reduce((sum, name) => sum + statSync(join(dir, name)).blocks * 512, 4096),
        )
    }
    assert.ok(most > 3.5 * 2 ** 20 && most <= 4 * 2 ** 20, `${most} B`)
    const [gap, next] = await serving(ring).hear(2, { after: at })
    const left = Number(next?.name) - 2
    assert.deepEqual([gap?.type, gap?.action, gap?.facts['missing']], ['agent', 'gap', String(left)])
    assert.ok(left > 1000)
    assert.deepEqual(names(ring.after(Number(next?.name) - 1, 1e6)), range(left + 2, 9001))
  })

  it('are of another chain once they were taken away, and that is told as a gap that nobody can count', async () => {
    const ring = openEventRing(dir)
    ring.push(event(1))
    const { at } = ring.push(event(2))
    for (const name of readdirSync(dir)) rmSync(join(dir, name))
    const again = openEventRing(dir)
    again.push(event(3))
    const [gap, next] = await serving(again).hear(2, { after: at })
    assert.deepEqual([gap?.action, gap?.facts['missing'], next?.name], ['gap', 'unknown', '3'])
    assert.notEqual(next?.at?.chain, at.chain)
  })

  it('are in memory where there is no disk, within a limit', () => {
    const ring = openEventRing(undefined)
    for (let n = 1; n <= 20_000; n++) ring.push(event(n))
    const kept = ring.after(0, 1e6)
    assert.equal(kept.at(-1)?.name, '20000')
    assert.ok(kept.length > 1000 && kept.length < 5000, String(kept.length))
    assert.ok(eventLimits.memoryBytes <= 2 ** 20)
  })
})

describe('events on a full disk', need('tmpfs'), () => {
  const disk = () => join(dir, 'disk')
  beforeEach(() => {
    mkdirSync(disk())
    assert.equal(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=700', 'fairlead-test', disk()]).status, 0)
  })
  afterEach(() => assert.equal(spawnSync('umount', [disk()]).status, 0))

  it('are kept in memory, said once, and go to the disk by themselves once it takes them [security 162]', () => {
    const said: string[] = []
    writeFileSync(join(disk(), 'ballast'), Buffer.alloc(40_000))
    const ring = openEventRing(join(disk(), 'events'), (message) => void said.push(message))
    for (let n = 1; n <= 600; n++) ring.push(event(n))
    assert.equal(said.length, 1)
    assert.match(said[0]!, /Events are kept in memory.*ENOSPC/)
    assert.deepEqual(names(ring.after(0, 1e6)), range(1, 601))
    rmSync(join(disk(), 'ballast'))
    spawnSync('mount', ['-o', 'remount,size=1m', disk()])
    ring.push(event(601))
    assert.deepEqual(said.slice(1), ['Events are kept on disk again.'])
    assert.deepEqual(names(openEventRing(join(disk(), 'events')).after(0, 1e6)), range(1, 602))
  })
})
