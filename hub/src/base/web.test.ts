import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Hono } from 'hono'
import { createWeb } from './web.ts'

describe('the health of a hub', () => {
  function web(pingDatabase: () => Promise<void>) {
    const doors = { api: new Hono() as never, scim: new Hono() as never, callback: new Hono() as never }
    const parts = { ...doors, installer: new Hono() as never, console: new Hono() }
    const nothing = { openApi: {}, publicUrl: undefined, metricsToken: undefined, renderMetrics: () => '', log: () => undefined }
    const state = { isDraining: () => false }
    return createWeb({ version: '0', ...parts, ...nothing, ...state, pingDatabase })
  }
  const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

  // Nobody signs in for it: a flood of it was a flood of queries.
  it('asks the database once for all who want to know at once, and anew for the next [security 169]', async () => {
    let asked = 0
    let up = true
    const app = web(async () => {
      asked++
      await pause(10)
      if (!up) throw new Error('down')
    })
    const ready = async () => (await app.request('/readyz')).status
    const all = await Promise.all(Array.from({ length: 500 }, ready))
    assert.deepEqual([...new Set(all)], [200])
    assert.equal(asked, 1)
    up = false
    assert.equal(await ready(), 503)
    up = true
    assert.equal(await ready(), 200)
    assert.equal(asked, 3)
  })
})
