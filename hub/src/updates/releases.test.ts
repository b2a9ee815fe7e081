import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { blockBytes, blockHashBytes } from '@fairlead/protocol/features/updates.ts'
import { openReleases, type Releases } from './releases.ts'
import { makeRelease, someBytes } from './test-release.ts'

describe('the releases that a hub has', () => {
  let root: string
  let releases: Releases
  before(() => {
    root = mkdtempSync('/var/tmp/fairlead-releases-')
    releases = openReleases({ own: join(root, 'own'), dir: join(root, 'given') })
  })
  after(() => rmSync(root, { recursive: true, force: true }))
  const given = (name: string) => join(root, 'given', name)
  const problemOf = async (folder: string) => (await releases.list()).find((one) => one.folder === folder)?.problem

  it('are none at first, and those that were copied in since, the newest first', async () => {
    assert.deepEqual(await releases.list(), [])
    makeRelease(given('a'), { version: '0.2.0', counter: 2 })
    makeRelease(join(root, 'own'), { version: '0.3.0', counter: 3 })
    makeRelease(given('b'), { version: '0.1.0', counter: 1 })
    mkdirSync(given('something else'))
    assert.deepEqual(
      (await releases.list()).map(({ version, problem }) => [version, problem]),
      [
        ['0.3.0', ''],
        ['0.2.0', ''],
        ['0.1.0', ''],
      ],
    )
  })

  it('have the hash of each block of a file, and follow a file that is another one', async () => {
    const bytes = someBytes(40)
    makeRelease(given('c'), { version: '0.4.0', counter: 4, files: { 'agent.cjs': bytes } })
    const release = (await releases.list())[0]!
    const file = (await releases.file(release, 'agent.cjs'))!
    assert.equal(file.blocks.length, 40 * blockHashBytes)
    for (const index of [0, 17, 39]) {
      const block = bytes.subarray(index * blockBytes, (index + 1) * blockBytes)
      const expected = createHash('sha256').update(block).digest().subarray(0, blockHashBytes)
      assert.deepEqual(file.blocks.subarray(index * blockHashBytes, (index + 1) * blockHashBytes), expected)
    }
    assert.equal(await releases.file(release, 'fairlead-agent-linux-x64'), undefined)
    bytes[5] = bytes[5]! ^ 1
    writeFileSync(join(given('c'), 'agent.cjs'), bytes)
    assert.match((await problemOf('c'))!, /agent.cjs is another file than the one its manifest says/)
    await assert.rejects(releases.file(release, 'agent.cjs'), /another file/)
  })

  it('that are not whole are not offered, and say why', async () => {
    makeRelease(given('long'), { version: '0.5.0', counter: 5 })
    appendFileSync(join(given('long'), 'agent.cjs'), 'more')
    makeRelease(given('gone'), { version: '0.5.1', counter: 6 })
    rmSync(join(given('gone'), 'agent.cjs'))
    makeRelease(given('unsigned'), { version: '0.5.2', counter: 7 })
    rmSync(join(given('unsigned'), 'manifest.json.minisig'))
    makeRelease(given('link'), { version: '0.5.3', counter: 8 })
    rmSync(join(given('link'), 'agent.cjs'))
    symlinkSync('/etc/passwd', join(given('link'), 'agent.cjs'))
    makeRelease(given('torn'), { version: '0.5.4', counter: 9 })
    writeFileSync(join(given('torn'), 'manifest.json'), '{"product":"fairlead-agent","version":"9.9.9"')
    makeRelease(given('huge'), { version: '0.5.5', counter: 10 })
    writeFileSync(join(given('huge'), 'manifest.json'), ' '.repeat(50_000))
    assert.match((await problemOf('long'))!, /has \d+ bytes, and its manifest says \d+/)
    assert.match((await problemOf('gone'))!, /agent.cjs is not there/)
    assert.match((await problemOf('unsigned'))!, /not signed/)
    assert.match((await problemOf('link'))!, /agent.cjs is not there/)
    assert.match((await problemOf('torn'))!, /not what a release says/)
    assert.match((await problemOf('huge'))!, /no readable file of at most 8192 characters/)
  })

  // Both stood there as offered, and whoever chose the second one got the first.
  it('that have the counter of another one are not offered, and say of which', async () => {
    makeRelease(given('m'), { version: '0.6.0', counter: 20 })
    makeRelease(given('n'), { version: '0.6.1', counter: 20 })
    assert.equal(await problemOf('m'), '')
    assert.match((await problemOf('n'))!, /counter of 0.6.0 \(20\)/)
    appendFileSync(join(given('m'), 'agent.cjs'), 'more')
    assert.equal(await problemOf('n'), '')
  })
})
