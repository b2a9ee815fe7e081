import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { writePin } from '@fairlead/agent/pin.ts'
import { askAgent } from '@fairlead/agent/local.ts'
import { removeLock, writeLock } from '@fairlead/agent/policy/lock.ts'
import { makeKeys } from '../../agent/src/test-minisign.ts'
import { hashBlocks, packWanted, signRelease } from '../../agent/src/updates/test-release.ts'
import type { UpdateState } from '@fairlead/protocol/features/updates.ts'
import { openEvilHub, type EvilHub } from '../fleet/evil-hub.ts'
import { processesOf } from '../fleet/start.ts'
import { until } from '../fleet/until.ts'
import { install, makeBuilds, type Builds } from '../fleet/updated.ts'
import { need } from '../need.ts'

// The bundle as it is installed, under its starter, and a hub that has the right key and no scruples.
describe('updates from a hub in the wrong hands', need('busybox'), () => {
  let dir: string
  let builds: Builds
  let hub: EvilHub
  let agent: ChildProcess
  const stateDir = () => join(dir, 'state')
  const mark = () => join(dir, 'mark')

  before(async () => {
    dir = mkdtempSync('/var/tmp/fairlead-update-evil-')
    mkdirSync(stateDir(), { mode: 0o700 })
    builds = await makeBuilds()
    hub = await openEvilHub()
    writePin(stateDir(), { address: hub.address, hubKey: hub.key, host: 'host', organization: 'organization', standby: [] })
    const starter = install(join(dir, 'opt'), stateDir(), builds.bundle)
    const env = { PATH: process.env['PATH'], FAIRLEAD_ENGINE: join(dir, 'none.sock'), FAIRLEAD_POLICY: join(dir, 'policy.json') }
    agent = spawn(starter, ['run'], { env, stdio: 'ignore' })
    await hub.session()
  })
  after(async () => {
    const ended = once(agent, 'exit')
    agent.kill('SIGTERM')
    await ended
    await hub.close()
    builds.close()
    rmSync(dir, { recursive: true, force: true })
  })

  const status = () => askAgent<{ version: string; update: UpdateState }>(stateDir(), 'status')
  /** Whatever runs it leaves a mark. */
  const marking = (text: string) => `require('node:fs').writeFileSync('${mark()}', 'ran')\n${text}`
  const bad = () => builds.of('6.6.6', marking)
  const offerOf = (file: Uint8Array, { manifest, signature }: { manifest: string; signature: string }) => ({
    manifest,
    signature,
    blocks: hashBlocks(file),
  })
  const offer = (file: Uint8Array, signed: { manifest: string; signature: string }) => hub.ask('updates.offer', offerOf(file, signed))
  /** As many of these as are wanted, and how that ended. */
  async function fill(sha256: string, pieces: readonly Uint8Array[]): Promise<{ code: string; text: string }> {
    const stream = await hub.open('updates.fill', { sha256 })
    try {
      await stream.answered()
      for (const piece of pieces) await stream.write(piece)
      stream.end()
      const { value } = await stream[Symbol.asyncIterator]().next()
      return { code: 'ok', text: Buffer.from((value as Uint8Array | undefined) ?? []).toString() }
    } catch (error) {
      return { code: String((error as { code?: string }).code), text: (error as Error).message }
    }
  }
  const nothingRan = async () => {
    assert.equal((await status()).version, '0.1.0')
    assert.throws(() => readFileSync(mark()))
    assert.equal(readdirSync(join(dir, 'opt')).length, 2)
  }

  it('are refused seven times, each in its own words [security 142]', { timeout: 60_000 }, async () => {
    const file = bad()
    const own = (more: Partial<Parameters<typeof signRelease>[1]> = {}) =>
      signRelease(builds.keys, { file, counter: 2, version: '6.6.6', ...more })
    const said: string[] = []
    const refused = async (signed: { manifest: string; signature: string }) => {
      const { code, text } = await offer(file, signed)
      assert.equal(code, 'forbidden', text)
      said.push(text)
    }
    await refused({ ...own(), signature: '' })
    await refused(signRelease(makeKeys(), { file, counter: 2, version: '6.6.6' }))
    await refused(own({ counter: 1 }))
    await refused(own({ expiresMs: Date.now() - 1 }))
    // Truncated: fewer blocks than the file has, and then none of those that are wanted.
    const short = await hub.ask('updates.offer', { ...offerOf(file, own()), blocks: hashBlocks(file.subarray(0, 65_536)) })
    assert.equal(short.code, 'invalid_input')
    said.push(short.text)
    const good = own()
    const { code, text } = await offer(file, good)
    assert.equal(code, 'ok', text)
    assert.match((await fill(good.sha256, [])).text, /"phase":"fetching"/)
    // Endless: a block that is 64 MiB of nothing.
    const { wanted } = JSON.parse(text) as { wanted: string }
    const endless = await fill(good.sha256, packWanted(Buffer.alloc(64 * 1024 * 1024), Buffer.from([0x01]).toString('base64')))
    assert.equal(endless.code, 'invalid_input', endless.text)
    said.push(endless.text)
    // Mixed: the blocks of another file, offered under the list of this one.
    const other = Buffer.from(file)
    other.write('x', 100)
    assert.equal((await offer(other, good)).code, 'ok')
    const mixed = await fill(good.sha256, packWanted(other, wanted))
    assert.equal(mixed.code, 'forbidden', mixed.text)
    said.push(mixed.text)
    assert.equal(new Set(said).size, 7, said.join('\n'))
    await nothingRan()
  })

  it('run nothing that is not signed, by no word of any method [security 143]', { timeout: 60_000 }, async () => {
    const file = bad()
    const sha256 = signRelease(makeKeys(), { file, counter: 9 }).sha256
    const far = Date.now() + 1e9
    for (const [method, input] of Object.entries({
      'updates.start': { sha256, notAfterMs: far },
      'updates.revert': { notAfterMs: far },
      'updates.keys': { keys: [makeKeys().public] },
      'updates.offer': { manifest: '{}', signature: '', blocks: '', url: 'http://127.0.0.1/', force: true },
      'updates.run': { file: '/bin/sh' },
    }))
      assert.notEqual((await hub.ask(method, input)).code, 'ok', method)
    assert.equal((await fill(sha256, packWanted(file, Buffer.alloc(64, 255).toString('base64')))).code, 'conflict')
    for (const hash of ['../../../bin/sh', 'installed', '0'.repeat(63), `${'0'.repeat(64)}.cjs`])
      assert.equal((await hub.ask('updates.start', { sha256: hash, notAfterMs: far })).code, 'invalid_input', hash)
    await nothingRan()
  })

  it(
    'are started once where they lie, before they may run: one that cannot say who it is goes again [security 144]',
    { timeout: 60_000 },
    async () => {
      for (const [change, why] of [
        [() => 'process.exit(9)', /It was not let run: it ended with 9/],
        [(text: string) => text.replaceAll('"6.6.6"', '"6.6.7"'), /It was not let run: it says it is "6\.6\.7" and not 6\.6\.6/],
      ] as const) {
        const file = builds.of('6.6.6', change)
        const signed = signRelease(builds.keys, { file, counter: 2, version: '6.6.6' })
        const { code, text } = await offer(file, signed)
        assert.equal(code, 'ok', text)
        const done = await fill(signed.sha256, packWanted(file, (JSON.parse(text) as { wanted: string }).wanted))
        assert.equal(done.code, 'refused', done.text)
        assert.match(done.text, why)
        assert.equal((await hub.ask('updates.start', { sha256: signed.sha256, notAfterMs: Date.now() + 60_000 })).code, 'conflict')
        assert.deepEqual(readdirSync(join(stateDir(), 'programs')), [])
      }
      await nothingRan()
    },
  )

  it('are not taken where the host is locked or only read, whoever signed them', { timeout: 60_000 }, async () => {
    const file = builds.of('0.2.0')
    const signed = signRelease(builds.keys, { file, counter: 2, version: '0.2.0' })
    writeLock(stateDir(), { forMs: undefined, reason: 'test', by: 'root' })
    assert.equal((await offer(file, signed)).code, 'forbidden')
    assert.equal((await hub.ask('updates.watch', {})).code, 'ok')
    removeLock(stateDir())
    writeFileSync(join(dir, 'policy.json'), JSON.stringify({ mode: 'monitor' }), { mode: 0o600 })
    assert.equal((await offer(file, signed)).code, 'forbidden')
    rmSync(join(dir, 'policy.json'))
    writeFileSync(join(dir, 'policy.json'), JSON.stringify({ mode: 'operate' }), { mode: 0o600 })
  })

  it(
    'go on after a break, begin once and in time, run once they logged in, and go back when asked [security 156]',
    { timeout: 60_000 },
    async () => {
      const file = builds.of('0.2.0')
      const signed = signRelease(builds.keys, { file, counter: 2, version: '0.2.0' })
      const { sha256 } = signed
      const { wanted } = JSON.parse((await offer(file, signed)).text) as { wanted: string }
      const all = packWanted(file, wanted)
      const half = await hub.open('updates.fill', { sha256 })
      await half.answered()
      await half.write(all[0]!)
      await until(async () => (await status()).update.next!.haveBytes >= 0)
      half.reset('canceled')
      await until(async () => (await offer(file, signed)).code === 'ok')
      const again = JSON.parse((await offer(file, signed)).text) as { wanted: string }
      const done = await fill(sha256, packWanted(file, again.wanted))
      assert.match(done.text, /"phase":"ready"/)
      assert.equal((await hub.ask('updates.start', { sha256, notAfterMs: Date.now() - 1 })).code, 'deadline_exceeded')
      assert.equal((await status()).update.phase, 'ready')
      const started = await hub.ask('updates.start', { sha256, notAfterMs: Date.now() + 60_000 })
      assert.match(started.text, /"phase":"trying"/)
      await until(async () => (await status().catch(() => undefined))?.update.phase === 'kept')
      const now = await status()
      assert.equal(now.version, '0.2.0')
      assert.equal(now.update.before?.version, '0.1.0')
      // What was is older: it is not taken by its list, and comes back by the word for that.
      const old = signRelease(builds.keys, { file: builds.of('0.1.5'), counter: 1, version: '0.1.5' })
      assert.match((await offer(builds.of('0.1.5'), old)).text, /counter 1, and this host has seen 2/)
      await hub.session()
      assert.match((await hub.ask('updates.revert', { notAfterMs: Date.now() + 60_000 })).text, /"phase":"trying"/)
      await until(async () => (await status().catch(() => undefined))?.version === '0.1.0')
      await until(async () => (await status()).update.phase === 'kept')
      assert.equal((await status()).update.counter, 2)
      assert.ok(processesOf(stateDir()).length <= 3)
    },
  )
})
