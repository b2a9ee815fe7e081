import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createOwner } from '../fleet/console.ts'
import { startAgain, startEverything } from '../fleet/start.ts'
import { until } from '../fleet/until.ts'

/** Processes whose command line or environment names this folder. */
function processesOf(dir: string): { readonly pid: number; readonly line: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
        return { pid: Number(pid), line, all: line + readFileSync(`/proc/${pid}/environ`, 'utf8') }
      } catch {
        return { pid: 0, line: '', all: '' }
      }
    })
    .filter(({ all }) => all.includes(dir))
    .map(({ pid, line }) => ({ pid, line }))
}

function killIn(dir: string, program: RegExp): void {
  const found = processesOf(dir).filter(({ line }) => program.test(line))
  assert.equal(found.length, 1, `${program} in ${JSON.stringify(found)}`)
  process.kill(found[0]!.pid, 'SIGKILL')
}

describe('npm start', () => {
  it('shows this machine and, without an engine, a demo fleet; Ctrl-C ends all of it', { timeout: 180_000 }, async () => {
    const { dir, base, code, stop, forget } = await startEverything('--demo')
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
      assert.equal(all.find(({ name }) => name === 'outdated')!.facts!.engine.version, '20.10.5')
      const own = async () => (await hosts()).find(({ tags }) => tags.includes('hub'))!
      assert.equal((await own()).facts!.engine.up, false)
      await until(async () => Number((await own()).usage['memoryBytes']) > 0)
      await until(async () => (await owner.ask('GET', '/api/v1/fleet/container?filter=stack:shop')).text.includes('shop-api-1'))
      await until(async () => (await owner.ask('GET', '/api/v1/hosts/noisy/containers/ingest/logs?follow=false')).text.includes('"text"'))
      assert.deepEqual((await owner.ask('GET', '/api/v1/demo')).body, { available: true, hosts: 6 })
      assert.deepEqual((await owner.ask('DELETE', '/api/v1/demo')).body, { available: true, hosts: 0 })
      assert.equal((await hosts()).length, 1)
      assert.deepEqual((await owner.ask('POST', '/api/v1/demo', { body: { hosts: 1 } })).body, { available: true, hosts: 0 })
      await until(async () => (await hosts()).length === 2)
    } finally {
      assert.equal(await stop(), 0)
      assert.deepEqual(processesOf(dir), [])
      forget()
    }
  })

  it('keeps what hub and agent write, says where, and shows the last of it when one of them dies', { timeout: 180_000 }, async () => {
    const first = await startEverything()
    const log = (name: string) => readFileSync(join(first.dir, 'logs', name), 'utf8')
    let running = first
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
      const before = log('hub.log')
      running = await startAgain(first.dir)
      assert.equal(log('hub.log.1'), before)
      assert.ok(!log('hub.log').startsWith(before.slice(0, 200)))
    } finally {
      await running.stop()
      assert.deepEqual(processesOf(first.dir), [])
      first.forget()
    }
  })
})
