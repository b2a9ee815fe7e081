import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import type { HostEvent } from '@fairlead/protocol/features/events.ts'
import { startEngine, type TestEngine } from '../../../e2e/engine.ts'
import { until } from '../../../e2e/fleet/until.ts'
import { startPodman } from '../../../e2e/podman.ts'
import { need } from '../../../e2e/need.ts'
import { openEventRing } from '../events/ring.ts'
import { openEngine, type Engine } from './engine.ts'
import { openHeard } from './heard.ts'
import { watchEngine, type EngineWatch } from './watch.ts'

describe('events of a real engine, over starts of the agent and its own', need('dockerd', 'busybox'), () => {
  let real: TestEngine
  let engine: Engine
  let dir = ''
  let watch: EngineWatch | undefined
  let heard: HostEvent[] = []
  before(async () => {
    real = await startEngine()
    engine = openEngine(real.socket)
  })
  after(async () => {
    engine?.close()
    await real?.stop()
  })
  beforeEach(() => {
    dir = mkdtempSync('/var/tmp/fairlead-heard-')
    heard = []
  })
  afterEach(() => {
    watch?.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  /** As an agent does at its start. */
  async function listen(): Promise<void> {
    const ring = openEventRing(join(dir, 'events'))
    watch = watchEngine(engine, { retryMs: 100, heard: openHeard(dir, ring.after(ring.last - 256, 256)) })
    watch.onEvent((event) => {
      ring.push(event)
      heard.push(event)
    })
    await until(() => watch!.facts.up)
  }
  const volume = async (name: string) => {
    await real.api('POST', '/volumes/create', { Name: name })
    await real.api('DELETE', `/volumes/${name}`)
  }
  const told = () => heard.filter(({ type }) => type === 'volume').map(({ action, id }) => `${action} ${id}`)
  const both = (name: string) => [`create ${name}`, `destroy ${name}`]
  const gaps = () => heard.filter(({ type, action }) => type === 'agent' && action === 'gap')

  it('come each once and in order, those of before the start before those after it [security 158]', async () => {
    await listen()
    await volume('a1')
    await until(() => told().length === 2)
    watch!.stop()
    await volume('a2')
    await volume('a3')
    await listen()
    await volume('a4')
    await until(() => told().length >= 8)
    watch!.stop()
    await listen()
    await volume('a5')
    await until(() => told().includes('destroy a5'))
    assert.deepEqual(told(), ['a1', 'a2', 'a3', 'a4', 'a5'].flatMap(both))
    assert.deepEqual(gaps(), [])
  })

  it('are told as a gap where the engine forgot them, with from and to [security 158]', async () => {
    await listen()
    await volume('b0')
    await until(() => told().length === 2)
    watch!.stop()
    const leftMs = Date.now()
    for (let n = 1; n <= 150; n++) await volume(`b${n}`)
    await listen()
    await until(() => told().includes('destroy b150'))
    assert.equal(gaps().length, 1)
    const { facts } = gaps()[0]!
    assert.ok(Date.parse(facts['from']!) <= leftMs && Date.parse(facts['to']!) > leftMs, JSON.stringify(facts))
    const [first, ...rest] = told().slice(2)
    assert.notEqual(first, 'create b1')
    assert.deepEqual([first, ...rest], [...Array(150).keys()].flatMap((n) => both(`b${n + 1}`)).slice(-1 - rest.length))
  })

  it('are told as a gap over a start of the engine, which loses all of them [security 158]', async () => {
    await listen()
    await volume('c1')
    await until(() => told().length === 2)
    const ended = new Promise((done) => real.process.once('exit', done))
    real.process.kill('SIGKILL')
    await ended
    await until(() => !watch!.facts.up)
    assert.deepEqual(gaps(), [])
    await real.restart()
    await until(() => watch!.facts.up)
    await volume('c2')
    await until(() => told().includes('destroy c2'))
    assert.deepEqual(told(), ['c1', 'c2'].flatMap(both))
    assert.equal(gaps().length, 1)
    const at = heard.findIndex(({ action }) => action === 'gap')
    assert.ok(at > heard.findIndex(({ id }) => id === 'c1') && at < heard.findIndex(({ id }) => id === 'c2'))
  })
})

describe('events of a real Podman, which keeps them on disk', need('podman', 'busybox'), () => {
  it('come each once and in order over starts of the agent, and nothing is said to be missing', async () => {
    const real = await startPodman()
    const engine = openEngine(real.socket)
    const dir = mkdtempSync('/var/tmp/fairlead-heard-')
    const heard: HostEvent[] = []
    const listen = async () => {
      const ring = openEventRing(join(dir, 'events'))
      const watch = watchEngine(engine, { retryMs: 100, heard: openHeard(dir, ring.after(ring.last - 256, 256)) })
      watch.onEvent((event) => {
        ring.push(event)
        heard.push(event)
      })
      await until(() => watch.facts.up)
      return watch
    }
    const told = () => heard.filter(({ type, action }) => type === 'container' && action === 'create').map(({ name }) => name)
    try {
      let watch = await listen()
      await real.run('p1', ['true'])
      await until(() => told().length === 1)
      watch.stop()
      await real.run('p2', ['true'])
      watch = await listen()
      await real.run('p3', ['true'])
      await until(() => told().includes('p3'))
      watch.stop()
      assert.deepEqual(told(), ['p1', 'p2', 'p3'])
      assert.deepEqual(
        heard.filter(({ action }) => action === 'gap'),
        [],
      )
    } finally {
      engine.close()
      await real.stop()
      rmSync(dir, { recursive: true, force: true })
    }
  })
})
