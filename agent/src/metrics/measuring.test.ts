import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { openMeasuring } from './measuring.ts'
import { openBelow, writeTree } from './tree.ts'

describe('an agent that measures its host', () => {
  const root = mkdtempSync(join(tmpdir(), 'fairlead-measuring-'))
  after(() => rmSync(root, { recursive: true, force: true }))

  it('closes the files of the host when it stops', () => {
    const hostRoot = join(root, 'host')
    writeTree(hostRoot, { 'proc/stat': 'cpu  1 1 1 1\n' })
    const measuring = openMeasuring({ stateDir: join(root, 'state'), metricsMs: 60_000, hostRoot }, 'boot-1', () => undefined)
    assert.ok(openBelow(hostRoot) > 0)
    measuring.stop()
    assert.equal(openBelow(hostRoot), 0)
  })
})
