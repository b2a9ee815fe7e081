import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { readConfig } from '../config.ts'
import { mostContainers } from '../metrics/places.ts'
import { run } from './metrics.ts'

describe('what the emergency CLI measures', () => {
  const hostRoot = mkdtempSync(join(tmpdir(), 'fairlead-cli-metrics-'))
  after(() => rmSync(hostRoot, { recursive: true, force: true }))

  it('is not all containers where there are too many, and it says so', async () => {
    const cgroups = join(hostRoot, 'sys/fs/cgroup')
    for (let number = 0; number < mostContainers + 2; number++)
      mkdirSync(join(cgroups, 'docker', number.toString(16).padStart(64, '0')), { recursive: true })
    writeFileSync(join(cgroups, 'cgroup.controllers'), '')
    const config = readConfig({ FAIRLEAD_HOST_ROOT: hostRoot, FAIRLEAD_ENGINE: '/nowhere/engine.sock', FAIRLEAD_STATE_DIR: hostRoot })
    const said: unknown[] = []
    const warned: string[] = []
    await run({
      config,
      version: '',
      json: true,
      words: [],
      options: {},
      command: [],
      say: (document) => void said.push(document),
      warn: (words) => void warned.push(words),
      exit: () => undefined,
    })
    assert.equal((said[0] as { kind: string }[]).filter(({ kind }) => kind === 'container').length, 1000)
    assert.deepEqual(warned, ['2 more containers are not measured: 1000 are the most.'])
  })
})
