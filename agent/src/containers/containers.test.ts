import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { codeOf } from '@fairlead/protocol/errors.ts'
import { decodeLogLines, goesOnBit } from '@fairlead/protocol/wire/log-batch.ts'
import type { Row } from '@fairlead/protocol/features/inventory.ts'
import { containers } from '@fairlead/protocol/features/containers.ts'
import type { Client } from '@fairlead/protocol/contract.ts'
import { loopback } from '@fairlead/protocol/wire/rpc.ts'
import { startEngine, type TestEngine } from '../../../e2e/engine.ts'
import { until } from '../../../e2e/fleet/until.ts'
import { need } from '../../../e2e/need.ts'
import { openEngine, type Engine } from '../docker/engine.ts'
import { watchEngine, type EngineWatch } from '../docker/watch.ts'
import { serveContainers } from './containers.ts'
import { containersSource } from './source.ts'
import { assertLongLines, linesOf, read } from './test-lines.ts'

describe('containers of a real engine', need('dockerd', 'busybox'), () => {
  let real: TestEngine
  let engine: Engine
  let client: Client<typeof containers>
  let watch: EngineWatch
  before(async () => {
    real = await startEngine()
    engine = openEngine(real.socket)
    client = loopback(containers, serveContainers(engine))
    watch = watchEngine(engine, { retryMs: 100 })
  })
  after(async () => {
    watch?.stop()
    engine?.close()
    await real?.stop()
  })

  it('are listed with name, image, state and labels', async () => {
    const id = await real.run('lister', ['sleep', '1000'], { Labels: { 'com.docker.compose.project': 'shop' } })
    const found = (await client.list({})).find((container) => container.id === id)
    assert.equal(found?.name, 'lister')
    assert.equal(found?.state, 'ok')
    assert.equal(found?.stack, 'shop')
  })

  it('stop, start, restart, pause, rename and go', async () => {
    await real.run('worker', ['sleep', '1000'])
    assert.equal((await client.pause({ id: 'worker' })).status, 'paused')
    assert.equal((await client.unpause({ id: 'worker' })).status, 'running')
    assert.equal((await client.stop({ id: 'worker', timeoutSeconds: 0 })).status, 'exited')
    // Asked again for what is so already: no error.
    assert.equal((await client.stop({ id: 'worker', timeoutSeconds: 0 })).status, 'exited')
    assert.equal((await client.start({ id: 'worker' })).status, 'running')
    assert.equal((await client.restart({ id: 'worker', timeoutSeconds: 0 })).status, 'running')
    assert.equal((await client.rename({ id: 'worker', name: 'worker-2' })).name, 'worker-2')
    await assert.rejects(client.remove({ id: 'worker-2' }), { code: 'conflict' })
    await client.remove({ id: 'worker-2', force: true })
    await assert.rejects(client.get({ id: 'worker-2' }), { code: 'not_found' })
  })

  it('inspect keeps the names of environment variables and not their values [security 54]', async () => {
    await real.run('secretive', ['sleep', '1000'], { Env: ['API_TOKEN=canary-5d1f', 'MODE=x'] })
    const { document, redacted } = await client.inspect({ id: 'secretive' })
    assert.equal(redacted, true)
    assert.match(JSON.stringify(document), /API_TOKEN=/)
    assert.doesNotMatch(JSON.stringify(document), /canary-5d1f/)
  })

  it('logs arrive whole and in order: a million of them are the same bytes', async () => {
    const lines = 1_000_000
    const id = await real.run('talker', ['sh', '-c', `seq 1 ${lines}`])
    await until(async () => (await client.get({ id })).status === 'exited')
    const hash = createHash('sha256')
    let count = 0
    for await (const batch of client.logs({ id, follow: false, tail: -1 })) {
      const { count: here, lengths, text } = decodeLogLines(batch)
      for (let i = 0, at = 0; i < here; at += lengths[i]!, i++) hash.update(text.subarray(at, at + lengths[i]!)).update('\n')
      count += here
    }
    const expected = createHash('sha256')
    for (let n = 1; n <= lines; n++) expected.update(`${n}\n`)
    assert.equal(count, lines)
    assert.equal(hash.digest('hex'), expected.digest('hex'))
  })

  // The engine keeps such a line in pieces, each with a time before it: they stood in the middle of the text.
  it('a line longer than the engine keeps in one piece is one line, and the same bytes', async () => {
    const id = await real.run('long', ['sh', '-c', 'yes 0123456789 | head -c 30800 | tr -d "\\n"; echo; echo after'])
    await until(async () => (await client.get({ id })).status === 'exited')
    const [long, next] = await read(client.logs({ id, follow: false, tail: -1 }))
    const expected = '0123456789\n'.repeat(2800).replaceAll('\n', '')
    assert.equal(long?.text, expected)
    assert.equal(next?.text, 'after')
  })

  // With a TTY there are no frames: the times stood in the middle of the text.
  for (const tty of [false, true])
    it(`a line of any length is whole, in parts that say so, and what looks like a time stays (TTY: ${tty})`, () =>
      assertLongLines(client, real, tty))

  it('a followed log ends with the reason when its container is removed', async () => {
    const id = await real.run('doomed', ['sh', '-c', 'echo first; sleep 1000'])
    const seen: string[] = []
    for await (const batch of client.logs({ id })) {
      const { count, sources, lengths, text } = decodeLogLines(batch)
      for (let i = 0, at = 0; i < count; at += lengths[i]!, i++)
        seen.push(`${sources[i]} ${Buffer.from(text.subarray(at, at + lengths[i]!)).toString()}`)
      if (seen.length === 1) await client.remove({ id, force: true })
    }
    assert.equal(seen[0], '0 first')
    assert.match(seen.at(-1)!, /^2 — the container (was removed|is exited)/)
  })

  it('a log goes on after a cursor, without doubles', async () => {
    const id = await real.run('cursor', ['sh', '-c', 'for i in 1 2 3 4 5 6; do echo $i; done'])
    await until(async () => (await client.get({ id })).status === 'exited')
    const all = await read(client.logs({ id, follow: false, tail: -1 }))
    const middle = all[2]!
    const same = all.filter(({ timeMs }, index) => timeMs === middle.timeMs && index <= 2).length
    const rest = await read(client.logs({ id, follow: false, tail: -1, after: { timeMs: middle.timeMs, lines: same } }))
    assert.deepEqual(
      rest.map(({ text }) => text),
      ['4', '5', '6'],
    )
  })

  // Each start says two lines at once, within the same second as the end of the one before; the engine itself is killed in between.
  it(
    'a log is followed through quick restarts of its container and the death of its engine, each line once',
    { timeout: 90_000 },
    async () => {
      const script = 'n=$(cat /tmp/n 2>/dev/null || echo 0); n=$((n+1)); echo $n > /tmp/n; echo "start $n"; echo "wrong $n" >&2; sleep 1000'
      const id = await real.run('phoenix', ['sh', '-c', `(${script})`], {})
      const seen: string[] = []
      let after: { timeMs: number; lines: number } | undefined
      const leaving = new AbortController()
      const reading = (async () => {
        while (!leaving.signal.aborted) {
          try {
            const from = after === undefined ? { tail: -1 } : { after }
            for await (const batch of client.logs({ id, ...from }, { signal: leaving.signal }))
              for (const { timeMs, source, text } of linesOf(batch)) {
                if (source === 2) continue
                seen.push(text)
                // Two outputs are not always written down in the order of their times.
                if (after === undefined || timeMs > after.timeMs) after = { timeMs, lines: 1 }
                else if (timeMs === after.timeMs) after = { timeMs, lines: after.lines + 1 }
              }
          } catch (error) {
            if (leaving.signal.aborted) return
            // One that starts keeps who asks waiting for a while.
            assert.match(codeOf(error), /^(?:bad_upstream|deadline_exceeded)$/, String(error))
          }
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
      })()
      const started = (n: number) => until(() => seen.includes(`start ${n}`) && seen.includes(`wrong ${n}`))
      await started(1)
      for (let n = 2; n <= 6; n++) {
        await real.api('POST', '/containers/phoenix/restart?t=0')
        if (n % 2 === 0) await started(n)
      }
      await started(6)
      await new Promise<void>((done) => {
        real.process.once('exit', () => done())
        real.process.kill('SIGKILL')
      })
      await real.restart()
      await real.api('POST', '/containers/phoenix/restart?t=0')
      await started(7)
      leaving.abort()
      await real.api('DELETE', '/containers/phoenix?force=1')
      await reading
      const expected = [1, 2, 3, 4, 5, 6, 7].flatMap((n) => [`start ${n}`, `wrong ${n}`])
      assert.deepEqual(seen.toSorted(), expected.toSorted())
    },
  )

  it('stderr is told from stdout, and either can be left out', async () => {
    const id = await real.run('both', ['sh', '-c', 'echo out; echo err >&2'])
    await until(async () => (await client.get({ id })).status === 'exited')
    assert.deepEqual(
      (await read(client.logs({ id, follow: false, stdout: false }))).map(({ source, text }) => [source, text]),
      [[1, 'err']],
    )
  })

  it('exec runs an argument vector as it is, whatever is in it [security 51]', async () => {
    const nasty = [
      '$(touch /tmp/pwned)',
      '; touch /tmp/pwned',
      '`touch /tmp/pwned`',
      '| touch /tmp/pwned',
      '\'"\\ \u202e',
      '--help',
      '-n',
      '../..',
      '%2e%2e',
      '$HOME',
    ]
    await real.run('execs', ['sleep', '1000'])
    for (const argument of nasty) {
      const lines: string[] = []
      for await (const batch of client.exec({ id: 'execs', command: ['/bin/busybox', 'printf', '%s', argument] }))
        lines.push(Buffer.from(decodeLogLines(batch).text).toString())
      assert.equal(lines.join(''), argument)
    }
    for await (const batch of client.exec({ id: 'execs', command: ['ls', '/tmp'] })) assert.equal(decodeLogLines(batch).text.length, 0)
  })

  it('what a command writes comes as it was written, byte by byte, each output for itself', async () => {
    await real.run('writes', ['sleep', '1000'])
    const said = [createHash('sha256'), createHash('sha256')]
    const command = ['sh', '-c', 'cat /bin/busybox; cat /bin/busybox >&2; cat /bin/busybox']
    for await (const batch of client.exec({ id: 'writes', command })) {
      const { count, sources, text } = decodeLogLines(batch)
      assert.equal(count, 1)
      said[sources[0]! & ~goesOnBit]!.update(text)
    }
    const file = readFileSync('/bin/busybox')
    const wanted = [createHash('sha256').update(file).update(file), createHash('sha256').update(file)]
    assert.deepEqual(
      said.map((hash) => hash.digest('hex')),
      wanted.map((hash) => hash.digest('hex')),
    )
  })

  it('an id that is not one never reaches the engine [security 53]', async () => {
    for (const id of ['..', '../images', 'a/b', '%2e%2e', 'a?b', 'a b', '', 'x'.repeat(200), '/%69nfo', '-rf']) {
      await assert.rejects(client.get({ id }), { code: 'invalid_input' }, id)
    }
  })

  it('rows follow the engine’s events, also through its death and return [security 165]', { timeout: 60_000 }, async () => {
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
    real.process.kill('SIGKILL')
    await until(() => !watch.facts.up)
    assert.match(watch.facts.problem, /engine/)
    await assert.rejects(client.list({}), { code: 'bad_upstream' })
    await real.restart()
    await until(() => watch.facts.up)
    assert.ok(resets >= 1)
    stop()
  })
})
