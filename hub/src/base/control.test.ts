import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { askHub, openControl } from './control.ts'

describe('what commands ask the hub that runs', () => {
  it('is answered, refused by code, and reachable for the hub’s own account alone', async () => {
    // Longer than a socket's path may be.
    const dir = mkdtempSync(join(tmpdir(), `fairlead-control-${'x'.repeat(100)}`))
    try {
      assert.equal(await askHub(dir, 'add', {}), undefined)
      const control = await openControl(dir, {
        add: async ({ a, b }) => Number(a) + Number(b),
        nothing: async () => undefined,
        refuse: async () => {
          throw new FairleadError('conflict', 'Not now.')
        },
        fail: async () => {
          throw new Error('a secret')
        },
      })
      assert.equal(await askHub(dir, 'add', { a: 2, b: 3 }), 5)
      assert.equal(await askHub(dir, 'nothing'), null)
      await assert.rejects(askHub(dir, 'refuse'), { code: 'conflict', message: 'Not now.' })
      await assert.rejects(askHub(dir, 'fail'), (error: FairleadError) => error.code === 'internal' && !error.message.includes('secret'))
      await assert.rejects(askHub(dir, 'constructor'), { code: 'unsupported' })
      await assert.rejects(askHub(dir, 'add', { a: 'x'.repeat(70_000) }))
      assert.equal(statSync(join(dir, 'control.sock')).mode & 0o077, 0)
      control.close()
      assert.equal(await askHub(dir, 'add', {}), undefined)
    } finally {
      rmSync(dir, { recursive: true, force: true })
    }
  })
})
