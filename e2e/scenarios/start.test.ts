import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createOwner } from '../fleet/console.ts'
import { processesOf, startAgain, startEverything, startThrough, type Started } from '../fleet/start.ts'
import { until } from '../fleet/until.ts'

function killIn(dir: string, program: RegExp): void {
  const found = processesOf(dir).filter(({ line }) => program.test(line))
  assert.equal(found.length, 1, `${program} in ${JSON.stringify(found)}`)
  process.kill(found[0]!.pid, 'SIGKILL')
}

/** Ctrl-C, after which nothing is left. */
async function end(started: Started, exit: number): Promise<void> {
  assert.equal(await started.stop(), exit, started.said)
  assert.deepEqual(processesOf(started.dir), [])
}

describe('npm start', () => {
  it('shows this machine and, without an engine, a demo fleet; Ctrl-C ends all of it', { timeout: 180_000 }, async () => {
    const started = await startEverything('--demo')
    const { base, code } = started
    try {
      const owner = await createOwner(base, code)
      const hosts = async () =>
        JSON.parse((await owner.ask('GET', '/api/v1/hosts')).text) as {
          name: string
          tags: string[]
          online: boolean
          facts: { engine: { up: boolean; version: string } } | null
          usage: Record<string, number | null>
        }[]
      await until(async () => (await hosts()).filter(({ online, facts }) => online && facts !== null).length === 7)
      const all = await hosts()
      assert.deepEqual(
        all
          .filter(({ tags }) => tags.includes('demo'))
          .map(({ name }) => name)
          .sort(),
        ['archive', 'flapping', 'harbour', 'noisy', 'outdated', 'quiet'],
      )
      // A host says what it is before its engine has answered.
      await until(async () => (await hosts()).find(({ name }) => name === 'outdated')!.facts!.engine.version === '20.10.5')
      const own = async () => (await hosts()).find(({ tags }) => tags.includes('hub'))!
      assert.equal((await own()).facts!.engine.up, false)
      await until(async () => Number((await own()).usage['memoryBytes']) > 0)
      await until(async () => (await owner.ask('GET', '/api/v1/fleet/container?filter=stack:shop')).text.includes('shop-api-1'))
      await until(async () => (await owner.ask('GET', '/api/v1/hosts/noisy/containers/ingest/logs?follow=false')).text.includes('"text"'))
      assert.deepEqual((await owner.ask('GET', '/api/v1/demo')).body, { available: true, hosts: 6, starting: false })
      assert.deepEqual((await owner.ask('DELETE', '/api/v1/demo')).body, { available: true, hosts: 0, starting: false })
      assert.equal((await hosts()).length, 1)
      assert.deepEqual((await owner.ask('POST', '/api/v1/demo', { body: { hosts: 1 } })).body, {
        available: true,
        hosts: 0,
        starting: true,
      })
      await until(async () => (await hosts()).length === 2)
      await end(started, 0)
    } finally {
      started.forget()
    }
  })

  it('keeps what hub and agent write, says where, and shows the last of it when one of them dies', { timeout: 180_000 }, async () => {
    const first = await startEverything()
    const log = (name: string) => readFileSync(join(first.dir, 'logs', name), 'utf8')
    try {
      assert.ok(first.said.includes(`${join(first.dir, 'logs/hub.log')}, ${join(first.dir, 'logs/agent.log')}`), first.said)
      await createOwner(first.base, first.code)
      await until(() => log('agent.log').includes('link up'))
      assert.match(log('hub.log'), /"level":"info"/)
      assert.equal(statSync(join(first.dir, 'logs/hub.log')).mode & 0o777, 0o600)
      killIn(first.dir, /agent\/src\/main.ts run/)
      await until(() => /The agent of this machine ended with SIGKILL\..*agent\.log:\n(.+\n)*.*link up/.test(first.said))
      killIn(first.dir, /hub\/src\/main.ts/)
      assert.equal(await first.ended, 1)
      await until(() => /The hub ended with SIGKILL\. The last lines of .*hub\.log:\n\{"/.test(first.said))
      assert.deepEqual(processesOf(first.dir), [], 'its database ends with a hub that was killed')
      const before = log('hub.log')
      const second = await startAgain(first.dir)
      assert.equal(log('hub.log.1'), before)
      assert.ok(!log('hub.log').startsWith(before.slice(0, 200)))
      await end(second, 0)
    } finally {
      first.forget()
    }
  })

  it(
    'touches nothing of one that runs on the same data: it says where the console is, and ends with 73',
    { timeout: 180_000 },
    async () => {
      const first = await startEverything()
      try {
        await createOwner(first.base, first.code)
        await until(() => readFileSync(join(first.dir, 'logs/agent.log'), 'utf8').includes('link up'))
        const url = /Console: +(\S+)/.exec(first.said)![1]!
        /** Whatever no process of the first one writes on its own: its database and its agent go on meanwhile. */
        const kept = () =>
          readdirSync(first.dir, { recursive: true, encoding: 'utf8' })
            .filter((file) => !/^(postgres|agent)\//.test(`${file}/`))
            .map((file) => `${file} ${statSync(join(first.dir, file)).ino}`)
            .sort()
        const agents = () => processesOf(first.dir).filter(({ line }) => /agent\/src\/main.ts run/.test(line))
        const running = agents()
        assert.equal(running.length, 1)
        const before = kept()
        await assert.rejects(startAgain(first.dir), (error: Error) => {
          assert.match(error.message, /ended with 73: Fairlead runs already on /)
          assert.ok(
            error.message.includes(`its console is ${url}. Stop it there with Ctrl-C, or give this one its own folder`),
            error.message,
          )
          return true
        })
        assert.deepEqual(kept(), before)
        assert.deepEqual(agents(), running)
        assert.equal((await fetch(`${url}/readyz`)).status, 200)
        const size = () => statSync(join(first.dir, 'logs/hub.log')).size
        const sizeBefore = size()
        await createOwner(first.base, first.code).catch(() => undefined)
        await until(() => size() > sizeBefore)
        await end(first, 0)
      } finally {
        first.forget()
      }
    },
  )

  for (const [through, name] of [
    ['npm', 'SIGTERM'],
    ['npm', 'SIGINT'],
    ['npm', 'SIGHUP'],
    ['node', 'SIGINT'],
  ] as const)
    it(
      `ends all of it, in order, at a ${name} to ${through === 'npm' ? 'npm' : 'the Node that was fetched'} alone`,
      { timeout: 120_000 },
      async () => {
        const started = await startThrough(through)
        try {
          await createOwner(started.base, started.code)
          await until(() => readFileSync(join(started.dir, 'logs/agent.log'), 'utf8').includes('link up'))
          started.signal(name)
          await until(() => processesOf(started.dir).length === 0)
          assert.ok(!existsSync(join(started.dir, 'postgres/data/postmaster.pid')), 'the database ended in order')
          assert.match(readFileSync(join(started.dir, 'logs/hub.log'), 'utf8'), /host offline/, 'the agent ended before the hub')
        } finally {
          started.forget()
        }
      },
    )
})
