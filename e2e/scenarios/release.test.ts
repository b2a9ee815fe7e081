import assert from 'node:assert/strict'
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createHash } from 'node:crypto'
import { codeOf } from '@fairlead/protocol/errors.ts'
import { Manifest, targets } from '@fairlead/protocol/features/updates.ts'
import { digestOf, readPublicKey, verifyDigest } from '../../agent/src/minisign.ts'
import { makeKeys } from '../../agent/src/test-minisign.ts'
import { judgeRelease } from '../../agent/src/updates/judge.ts'
import { makeClone, runIn } from '../fleet/clone.ts'
import { need } from '../need.ts'

const dayMs = 86_400_000
const names = ['fairlead-agent-linux-x64', 'fairlead-agent-linux-arm64', 'agent.cjs', 'bom.json'] as const

// What `npm run build:agent` makes, of two clones that lie at places of different lengths. Nothing is packed: that takes minutes.
describe('a release of the agent', need('binutils', 'qemu', 'minisign'), () => {
  const dir = mkdtempSync(join(tmpdir(), 'fairlead-release-'))
  const clones = [join(dir, 'one'), join(dir, 'another/and-deeper')]
  const release = (name: string, clone = 0) => join(clones[clone]!, 'agent/dist/release', name)
  const keys = makeKeys()
  const issuedMs = Math.floor(Date.now() / 1000) * 1000

  before(async () => {
    const keyFile = join(dir, 'release.key')
    writeFileSync(keyFile, keys.secret, { mode: 0o600 })
    writeFileSync(join(dir, 'release.pub'), keys.public)
    for (const clone of clones) {
      await makeClone(clone)
      await runIn(clone, join(clone, 'node_modules/.bin/node'), ['agent/release/build.ts', '--unpacked'], {
        FAIRLEAD_SIGN_KEY_FILE: keyFile,
        FAIRLEAD_RELEASE_COUNTER: '7',
        FAIRLEAD_RELEASE_DAYS: '14',
        SOURCE_DATE_EPOCH: String(issuedMs / 1000),
      })
    }
  })
  after(() => rmSync(dir, { recursive: true, force: true }))

  it('is the same bytes from two clones [security 149]', () => {
    const sums = clones.map((_, clone) => readFileSync(release('SHA256SUMS', clone), 'utf8'))
    assert.equal(sums[0], sums[1])
    assert.deepEqual(
      sums[0]!
        .trim()
        .split('\n')
        .map((line) => line.split('  ')[1]),
      names,
    )
  })

  it('has the hashes that it says', async () => {
    assert.match(await runIn(release(''), 'sha256sum', ['-c', 'SHA256SUMS']), /^(\S+: OK\n){4}$/)
  })

  it('says what hosts judge: its number, until when, and each program; the same bytes from two clones [security 142]', async () => {
    for (const name of ['manifest.json', 'manifest.json.minisig'])
      assert.deepEqual(readFileSync(release(name)), readFileSync(release(name, 1)), name)
    const text = readFileSync(release('manifest.json'), 'utf8')
    const { files, ...said } = Manifest.parse(JSON.parse(text))
    const { version } = JSON.parse(readFileSync(join(clones[0]!, 'agent/package.json'), 'utf8')) as { version: string }
    const expiresMs = issuedMs + 14 * dayMs
    assert.deepEqual(said, { product: 'fairlead-agent', version, counter: 7, issuedMs, expiresMs, node: process.versions.node })
    assert.deepEqual(Object.keys(files).sort(), [...targets].sort())
    const signature = readFileSync(release('manifest.json.minisig'), 'utf8')
    const judging = { keys: [readPublicKey(keys.public)], taken: { counter: 6, sha256: '' }, ownCounter: 1, nowMs: issuedMs }
    for (const target of targets) {
      const hash = createHash('sha256')
      let bytes = 0
      for await (const piece of createReadStream(release(target), { highWaterMark: 1 << 20 })) {
        hash.update(piece as Buffer)
        bytes += (piece as Buffer).length
      }
      const sha256 = hash.digest('hex')
      assert.deepEqual(files[target], { bytes, sha256 }, target)
      assert.deepEqual(judgeRelease(text, signature, { ...judging, target }), { bytes, sha256, version, counter: 7, expiresMs })
      const refused = (more: object) =>
        assert.throws(
          () => judgeRelease(text, signature, { ...judging, target, ...more }),
          (error) => codeOf(error) === 'forbidden',
        )
      refused({ nowMs: expiresMs + 1 })
      refused({ taken: { counter: 8, sha256: '' } })
      refused({ keys: [readPublicKey(makeKeys().public)] })
    }
    await runIn(release(''), 'minisign', ['-V', '-p', join(dir, 'release.pub'), '-m', 'manifest.json'])
  })

  it('is signed, for the agent and for anybody with minisign, and each signature names its file', async () => {
    const by = readPublicKey(keys.public)
    for (const name of [...names.slice(0, 3), 'SHA256SUMS']) {
      const says = verifyDigest(by, await digestOf(createReadStream(release(name))), readFileSync(release(`${name}.minisig`), 'utf8'))
      assert.match(says, new RegExp(`^file:${name}\tversion:`))
      await runIn(release(''), 'minisign', ['-V', '-p', join(dir, 'release.pub'), '-m', name])
    }
  })

  it('starts on both processors, and takes no options from the environment', async () => {
    const { version } = JSON.parse(readFileSync(join(clones[0]!, 'agent/package.json'), 'utf8')) as { version: string }
    const env = { NODE_OPTIONS: '--require=/nonexistent.js', QEMU_LD_PREFIX: '/usr/aarch64-linux-gnu' }
    const [own, foreign] = process.arch === 'x64' ? names : [names[1], names[0]]
    assert.equal(await runIn(dir, release(own), ['--version'], env), `${version}\n`)
    if (process.arch === 'x64') assert.equal(await runIn(dir, 'qemu-aarch64-static', [release(foreign), '--version'], env), `${version}\n`)
  })

  it('holds no name of the folder it was made in, and no symbols that nobody needs', async () => {
    for (const name of names.slice(0, 2)) {
      let bytes = 0
      for await (const piece of createReadStream(release(name), { highWaterMark: 1 << 20 })) {
        bytes += (piece as Buffer).length
        assert.equal((piece as Buffer).includes(dir), false)
      }
      assert.ok(bytes <= 110e6, `${name}: ${bytes} bytes`)
    }
  })
})
