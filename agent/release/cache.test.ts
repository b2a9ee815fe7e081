import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { bundleAgent } from '../bundle.ts'
import { makeCache, wrapBundle } from './cache.ts'

/** As `begin.cjs` does it; says whether V8 took it. */
const taker = `
const { readFileSync } = require('node:fs')
const script = new (require('node:vm').Script)(readFileSync('wrapped.cjs', 'latin1'), { filename: 'agent.cjs', cachedData: readFileSync('agent.cache') })
console.log(String(script.cachedDataRejected))
process.argv = ['', '', '--version']
script.runInThisContext()(exports, require, module)`

describe('what V8 makes of the bundle', () => {
  const dir = mkdtempSync(join(tmpdir(), 'fairlead-cache-'))
  let bundle: string

  before(async () => {
    await bundleAgent(join(dir, 'agent.cjs'))
    bundle = readFileSync(join(dir, 'agent.cjs'), 'utf8')
    writeFileSync(join(dir, 'wrapped.cjs'), wrapBundle(bundle))
  })
  after(() => rmSync(dir, { recursive: true, force: true }))

  it('is the same bytes each time', async () => {
    assert.ok((await makeCache(dir, bundle)).equals(await makeCache(dir, bundle)))
  })

  // Under other flags it is thrown away, and nobody would notice but by the time that a start takes.
  it('is taken by a start under the flags of a program, whatever its hashes begin with', async () => {
    writeFileSync(join(dir, 'agent.cache'), await makeCache(dir, bundle))
    for (let n = 0; n < 3; n++)
      assert.match(
        execFileSync(process.execPath, ['--max-semi-space-size=1', '-e', taker], { cwd: dir, encoding: 'utf8' }),
        /^false\n\d+\.\d+\.\d+\n$/,
      )
  })

  it('is of bytes that are characters: one that is none would double what each agent holds of its code', () => {
    assert.throws(() => wrapBundle('"—"'), /ASCII/)
  })
})
