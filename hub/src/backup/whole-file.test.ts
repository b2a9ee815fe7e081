import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { after, describe, it } from 'node:test'
import { writeWhole } from './whole-file.ts'

describe('a file that is there whole or not at all', () => {
  const dir = mkdtempSync(join(tmpdir(), 'fairlead-whole-'))
  after(() => rmSync(dir, { recursive: true }))

  it('is nobody else’s to read, and takes the place of the one before', async () => {
    const file = join(dir, 'a')
    for (const text of ['one', 'two']) await writeWhole(file, (out) => pipeline(Readable.from([text]), out))
    assert.equal(readFileSync(file, 'utf8'), 'two')
    assert.equal(statSync(file).mode & 0o777, 0o600)
  })

  it('leaves the one before when it is cut off, and nothing else', async () => {
    const file = join(dir, 'a')
    const fail = writeWhole(file, async (out) => {
      out.write('half')
      throw new Error('cut')
    })
    await assert.rejects(fail, /cut/)
    assert.equal(readFileSync(file, 'utf8'), 'two')
    assert.deepEqual(readdirSync(dir), ['a'])
  })

  // A folder that was gone, or could not be written to, ended the command with a stack, and a hub that makes its own backups with it.
  it('is refused in words where it cannot be, before anything is read for it', async () => {
    for (const place of [join(dir, 'nowhere/b'), '/proc/fairlead.backup']) {
      const write = () => assert.fail('something was written')
      await assert.rejects(writeWhole(place, write), { code: 'invalid_input', message: /cannot be written \(E/ })
    }
  })
})
