import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { readConfig } from '../config.ts'
import { mostContainers } from '../metrics/places.ts'
import { openBelow, writeTree } from '../metrics/tree.ts'
import { run } from './metrics.ts'

describe('the emergency CLI that measures a host of too many containers', () => {
  const hostRoot = mkdtempSync(join(tmpdir(), 'fairlead-cli-metrics-'))
  const warned: string[] = []
  let said: unknown

  before(async () => {
    for (let number = 0; number < mostContainers + 2; number++)
      mkdirSync(join(hostRoot, 'sys/fs/cgroup/docker', number.toString(16).padStart(64, '0')), { recursive: true })
    writeTree(hostRoot, { 'sys/fs/cgroup/cgroup.controllers': '', 'proc/stat': 'cpu  1 1 1 1\n' })
    await run({
      config: readConfig({ FAIRLEAD_HOST_ROOT: hostRoot, FAIRLEAD_ENGINE: '/nowhere/engine.sock', FAIRLEAD_STATE_DIR: hostRoot }),
      version: '',
      json: true,
      words: [],
      options: {},
      command: [],
      say: (document) => void (said = document),
      warn: (words) => void warned.push(words),
      exit: () => undefined,
    })
  })
  after(() => rmSync(hostRoot, { recursive: true, force: true }))

  it('says how many it leaves out', () => {
    assert.equal((said as { kind: string }[]).filter(({ kind }) => kind === 'container').length, 1000)
    assert.deepEqual(warned, ['2 more containers are not measured: 1000 are the most.'])
  })

  it('has no file of the host open after it', () => assert.equal(openBelow(hostRoot), 0))
})
