import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createOwner } from '../fleet/console.ts'
import { until } from '../fleet/until.ts'

const root = join(import.meta.dirname, '../..')

/** Processes whose command line names this folder. */
function processesOf(dir: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8') + readFileSync(`/proc/${pid}/environ`, 'utf8')
      } catch {
        return ''
      }
    })
    .filter((text) => text.includes(dir))
}

describe('npm start', () => {
  it('shows this machine and, without an engine, a demo fleet; Ctrl-C ends all of it', { timeout: 180_000 }, async () => {
    const dir = mkdtempSync('/var/tmp/fairlead-start-')
    chmodSync(dir, 0o711)
    let said = ''
    const program = spawn(process.execPath, [join(root, 'start.ts'), '--demo'], {
      env: {
        PATH: process.env['PATH'],
        FAIRLEAD_DATA_DIR: dir,
        FAIRLEAD_LISTEN: 'http://localhost:0',
        FAIRLEAD_TLS_LISTEN: 'https://127.0.0.1:0',
        FAIRLEAD_ENGINE: join(dir, 'none.sock'),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    program.stdout.on('data', (part: Buffer) => (said += part.toString()))
    try {
      await until(() => /https on port \d+/.test(said))
      const owner = await createOwner(`https://127.0.0.1:${/https on port (\d+)/.exec(said)![1]}`, /code:\s+(\S+)/.exec(said)![1]!)
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
      const startMs = performance.now()
      if (program.exitCode === null) {
        const ended = once(program, 'exit')
        program.kill('SIGINT')
        await ended
      }
      assert.equal(program.exitCode, 0)
      assert.ok(performance.now() - startMs < 10_000)
      assert.deepEqual(processesOf(dir), [])
      rmSync(dir, { recursive: true, force: true })
      assert.equal(existsSync(dir), false)
    }
  })
})
