import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Client } from '@fairlead/protocol/contract.ts'
import { containers } from '@fairlead/protocol/features/containers.ts'
import type { Row } from '@fairlead/protocol/features/inventory.ts'
import { loopback } from '@fairlead/protocol/wire/rpc.ts'
import type { TestEngine } from '../../../e2e/engine.ts'
import { until } from '../../../e2e/fleet/until.ts'
import { need } from '../../../e2e/need.ts'
import { startPodman } from '../../../e2e/podman.ts'
import { openEngine, type Engine } from '../docker/engine.ts'
import { watchEngine, type EngineWatch } from '../docker/watch.ts'
import { stacksOf } from '../stacks/stacks.ts'
import { serveContainers } from './containers.ts'
import { containersSource } from './source.ts'
import { assertLongLines, linesOf, read } from './test-lines.ts'

// Podman speaks Docker's API with an accent: whole seconds in logs, other names of events, 201 for a resize.
describe('containers of a real Podman', need('podman', 'busybox'), () => {
  let real: TestEngine
  let engine: Engine
  let client: Client<typeof containers>
  let watch: EngineWatch
  before(async () => {
    real = await startPodman()
    engine = openEngine(real.socket)
    client = loopback(containers, serveContainers(engine))
    watch = watchEngine(engine, { retryMs: 100 })
  })
  after(async () => {
    watch?.stop()
    engine?.close()
    await real?.stop()
  })

  it('is known as what it is', async () => {
    await until(() => watch.facts.up)
    assert.equal(watch.facts.name, 'podman')
    assert.match(watch.facts.version, /^\d+\.\d+/)
    assert.match(watch.facts.apiVersion, /^1\.\d+$/)
  })

  it('are listed, stopped, started, restarted, paused, renamed, killed and removed', async () => {
    const id = await real.run('worker', ['sleep', '1000'], { Labels: { 'com.docker.compose.project': 'shop' } })
    const found = (await client.list({})).find((container) => container.id === id)
    assert.deepEqual([found?.name, found?.state, found?.stack], ['worker', 'ok', 'shop'])
    assert.deepEqual(
      stacksOf(await client.list({})).map(({ name, state, running }) => [name, state, running]),
      [['shop', 'ok', 1]],
    )
    assert.equal((await client.pause({ id: 'worker' })).status, 'paused')
    assert.equal((await client.unpause({ id: 'worker' })).status, 'running')
    assert.equal((await client.stop({ id: 'worker', timeoutSeconds: 0 })).status, 'exited')
    assert.equal((await client.stop({ id: 'worker', timeoutSeconds: 0 })).status, 'exited')
    assert.equal((await client.start({ id: 'worker' })).status, 'running')
    assert.equal((await client.restart({ id: 'worker', timeoutSeconds: 0 })).status, 'running')
    assert.equal((await client.rename({ id: 'worker', name: 'worker-2' })).name, 'worker-2')
    await client.kill({ id: 'worker-2', signal: 'SIGKILL' })
    await until(async () => (await client.get({ id: 'worker-2' })).status === 'exited')
    await client.remove({ id: 'worker-2', force: true })
    await assert.rejects(client.get({ id: 'worker-2' }), { code: 'not_found' })
  })

  it('inspect keeps the names of environment variables and not their values [security 54]', async () => {
    await real.run('secretive', ['sleep', '1000'], { Env: ['API_TOKEN=canary-5d1f'] })
    const { document, redacted } = await client.inspect({ id: 'secretive' })
    assert.equal(redacted, true)
    assert.match(JSON.stringify(document), /API_TOKEN=/)
    assert.doesNotMatch(JSON.stringify(document), /canary-5d1f/)
  })

  it('logs are whole and in order, from both streams, and go on after a cursor', async () => {
    const id = await real.run('talker', ['sh', '-c', 'seq 1 20000; echo wrong >&2'])
    await until(async () => (await client.get({ id })).status === 'exited')
    const all = await read(client.logs({ id, follow: false, tail: -1 }))
    const out = all.filter(({ source }) => source === 0).map(({ text }) => text)
    assert.deepEqual(
      out,
      Array.from({ length: 20_000 }, (_, n) => `${n + 1}`),
    )
    assert.deepEqual(
      all.filter(({ source }) => source === 1).map(({ text }) => text),
      ['wrong'],
    )
    // Thousands of lines share a second here.
    const middle = all[9999]!
    const lines = all.filter(({ timeMs }, index) => timeMs === middle.timeMs && index <= 9999).length
    const rest = await read(client.logs({ id, follow: false, tail: -1, after: { timeMs: middle.timeMs, lines } }))
    assert.deepEqual(
      rest.map(({ text }) => text),
      all.slice(10_000).map(({ text }) => text),
    )
  })

  // With a TTY there are no frames: the times stood in the middle of the text.
  for (const tty of [false, true])
    it(`a line of any length is whole, in parts that say so, and what looks like a time stays (TTY: ${tty})`, () =>
      assertLongLines(client, real, tty))

  it('a followed log comes as it is written, and ends with the reason when its container goes', async () => {
    const id = await real.run('doomed', ['sh', '-c', 'echo first; sleep 1; echo second; sleep 1000'])
    const seen: string[] = []
    for await (const batch of client.logs({ id })) {
      for (const { source, text } of linesOf(batch)) seen.push(`${source} ${text}`)
      if (seen.length === 2) await client.remove({ id, force: true })
    }
    assert.deepEqual(seen.slice(0, 2), ['0 first', '0 second'])
    assert.match(seen.at(-1)!, /^2 — the container/)
  })

  it('exec runs an argument vector as it is, and tells its exit code', async () => {
    await real.run('execs', ['sleep', '1000'])
    const nasty = ['$(touch /tmp/pwned)', '; touch /tmp/pwned', '\'"\\ \u202e', '--help']
    for (const argument of nasty) {
      const said = await read(client.exec({ id: 'execs', command: ['/bin/busybox', 'printf', '%s', argument] }))
      assert.equal(said.map(({ text }) => text).join(''), argument)
    }
    const plain = { signal: new AbortController().signal, trace: '' }
    const input = { id: 'execs', command: ['sh', '-c', 'exit 7'], user: undefined }
    const items = (serveContainers(engine).exec(input, plain) as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
    let last = await items.next()
    while (last.done !== true) last = await items.next()
    assert.deepEqual(last.value, { exit: 7 })
  })

  it('rows follow its events, also through its death and return [security 165]', { timeout: 60_000 }, async () => {
    const source = containersSource(engine, watch)
    const rows = new Map<string, Row>()
    let resets = 0
    const stop = source.watch(
      (set, unset) => {
        for (const row of set) rows.set(row.id, row)
        for (const id of unset) rows.delete(id)
      },
      () => resets++,
    )
    await until(() => watch.facts.up)
    const id = await real.run('mover', ['sleep', '1000'])
    await until(() => rows.get(id)?.status === 'running')
    await client.stop({ id, timeoutSeconds: 0 })
    await until(() => rows.get(id)?.status === 'exited')
    await client.remove({ id })
    await until(() => !rows.has(id))
    const before = resets
    await new Promise<void>((done) => {
      real.process.once('exit', () => done())
      real.process.kill('SIGKILL')
    })
    await until(() => !watch.facts.up)
    await assert.rejects(client.list({}), { code: 'bad_upstream' })
    await real.restart()
    await until(() => watch.facts.up)
    await until(() => resets > before)
    stop()
  })
})
