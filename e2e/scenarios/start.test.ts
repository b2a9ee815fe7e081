import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { createOwner } from '../fleet/console.ts'
import { startEverything } from '../fleet/start.ts'
import { until } from '../fleet/until.ts'

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
})
