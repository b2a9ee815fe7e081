import assert from 'node:assert/strict'
import * as crypto from 'node:crypto'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { codeOf } from '@fairlead/protocol/errors.ts'
import type { Disk } from '../whole.ts'
import { forgetWitness, readWitness, serveAudit, witnessFile } from './audit.ts'
import { makeTrail } from './test-trail.ts'

const organization = crypto.randomUUID()
const call = { signal: new AbortController().signal, trace: '' }

describe('a host as witness of the audit trail', () => {
  let dir: string
  let told: string[]
  let epoch: string
  const serve = (disk?: Disk) =>
    serveAudit({
      stateDir: dir,
      organization,
      epoch: () => epoch,
      onRestored: (aside, size) => void told.push(`restored ${size} ${fs.existsSync(aside!)}`),
      onContradiction: (why, size) => void told.push(`${why} ${size}`),
      onDamaged: () => void told.push('damaged'),
      ...(disk && { disk }),
    })
  beforeEach(() => {
    dir = fs.mkdtempSync(join(tmpdir(), 'fairlead-witness-'))
    told = []
    epoch = ''
  })
  afterEach(() => fs.rmSync(dir, { recursive: true, force: true }))
  const trail = makeTrail(organization)
  const rewritten = (n: number) => (n === 4 ? 'somebody else' : String(n))

  it('keeps each checkpoint that goes on from the one before, through restarts, for its own eyes', async () => {
    const { see } = serve()
    await see(trail.show(0, 5), call)
    await see(trail.show(5, 12), call)
    const { kept, see: later } = serve()
    assert.equal((await kept({}, call)).note, trail.note(12))
    assert.equal((await later(trail.show(12, 90), call)).note, trail.note(90))
    assert.equal(fs.statSync(witnessFile(dir)).mode & 0o777, 0o600)
    assert.ok(fs.statSync(witnessFile(dir)).size < 2000)
    assert.deepEqual(told, [])
  })

  for (const [what, shown, why] of [
    ['fewer rows than it saw', () => trail.show(0, 7), 'smaller 7'],
    ['other rows than it saw, as many of them', () => trail.show(0, 12, rewritten), 'changed 12'],
    ['more rows after others than it saw', () => trail.show(12, 20, rewritten), 'changed 20'],
    ['more rows without a proof', () => ({ ...trail.show(12, 20), from: 0, hashes: [] }), 'changed 20'],
    ['more rows with the proof of a whole other trail', () => trail.show(0, 20, rewritten), 'changed 20'],
    ['the same rows under another key', () => makeTrail(organization).show(12, 20), 'key 20'],
  ] as const)
    it(`refuses ${what}, says so, and keeps what it saw and what it was shown [security 136]`, async () => {
      const { see, kept } = serve()
      await see(trail.show(0, 12), call)
      const forged = shown()
      const answer = await see(forged, call)
      assert.equal(answer.note, trail.note(12))
      assert.equal(answer.contradiction?.note, forged.note)
      assert.deepEqual(told, [why])
      // Neither a second try nor a restart wears it down.
      await see(trail.show(0, 3), call)
      assert.equal((await kept({}, call)).contradiction?.note, forged.note)
      assert.equal((await serve().kept({}, call)).contradiction?.note, forged.note)
      assert.equal(told.length, 1)
    })

  it('is content again once the hub has its old trail back', async () => {
    const { see } = serve()
    await see(trail.show(0, 12), call)
    await see(trail.show(0, 7), call)
    const again = await see(trail.show(12, 13), call)
    assert.deepEqual([again.contradiction, again.note], [null, trail.note(13)])
  })

  it('begins anew with a hub whose restore was confirmed, and keeps on its disk what it saw before', async () => {
    const { see, kept } = serve()
    await see(trail.show(0, 12), call)
    await see(trail.show(0, 7), call)
    assert.deepEqual(told, ['smaller 7'])
    epoch = '1.of-the-restored'
    assert.deepEqual(await kept({}, call), { note: '', contradiction: null })
    assert.equal((await see(trail.show(0, 7), call)).note, trail.note(7))
    assert.deepEqual(told, ['smaller 7', 'restored 12 true'])
    assert.equal((await see(trail.show(0, 3), call)).contradiction?.why, 'smaller')
  })

  it('takes nothing for a trail that nobody signed, that is another organization’s, or that does not add up', async () => {
    const { see, kept } = serve()
    const good = trail.show(0, 5)
    const bad = [
      { ...good, note: `${good.note} ` },
      { ...good, note: good.note.replace('\n5\n', '\n6\n') },
      { ...good, key: makeTrail(organization).show(0, 5).key },
      { ...good, key: good.key.replace(organization, crypto.randomUUID()), note: good.note.replaceAll(organization, crypto.randomUUID()) },
      { ...good, hashes: good.hashes.slice(1) },
      { ...good, hashes: trail.show(0, 5, rewritten).hashes },
    ]
    for (const shown of bad) await assert.rejects(see(shown, call), (error) => codeOf(error) === 'invalid_input')
    assert.deepEqual(await kept({}, call), { note: '', contradiction: null })
  })

  it('says that it has seen only what is on its disk', async () => {
    const full = {
      ...fs,
      fsyncSync: () => {
        throw Object.assign(new Error('full'), { code: 'ENOSPC' })
      },
    }
    await assert.rejects(serve(full).see(trail.show(0, 5), call))
    assert.deepEqual(await serve().kept({}, call), { note: '', contradiction: null })
  })

  it('begins anew on command and after its file was damaged, and sets the old one aside', async () => {
    await serve().see(trail.show(0, 5), call)
    assert.ok(fs.existsSync(forgetWitness(dir)!))
    assert.equal(forgetWitness(dir), undefined)
    fs.writeFileSync(witnessFile(dir), '{"note":1}')
    assert.equal((await serve().kept({}, call)).note, '')
    assert.deepEqual(told, ['damaged'])
    assert.equal(readWitness(dir), undefined)
  })
})
