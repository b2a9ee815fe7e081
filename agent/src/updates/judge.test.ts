import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { codeOf } from '@fairlead/protocol/errors.ts'
import { readPublicKey } from '../minisign.ts'
import { makeKeys } from '../test-minisign.ts'
import { readPublicKeys } from '../minisign.ts'
import { judgeRelease, readHashes, type Judging } from './judge.ts'
import { signRelease } from './test-release.ts'

const [ours, theirs] = [makeKeys(), makeKeys()]
const file = Buffer.from('a program')
const sha256 = createHash('sha256').update(file).digest('hex')
const base: Judging = {
  target: 'agent.cjs',
  keys: [readPublicKey(ours.public)],
  taken: { counter: 5, sha256: 'f'.repeat(64) },
  ownCounter: 3,
  nowMs: Date.now(),
}
const judge = (more: Partial<Judging> = {}, release: Partial<Parameters<typeof signRelease>[1]> = {}, by = ours) => {
  const { manifest, signature } = signRelease(by, { file, counter: 6, ...release })
  return () => judgeRelease(manifest, signature, { ...base, ...more })
}
const refuses = (run: () => unknown, code: string, words: RegExp) =>
  assert.throws(run, (error: Error) => codeOf(error) === code && words.test(error.message))

describe('the judgement of a release', () => {
  it('takes what is signed, newer and in time, by either of two keys', () => {
    const expiresMs = Date.now() + 86_400_000
    assert.deepEqual(judge({}, { expiresMs })(), { version: '9.9.9', counter: 6, sha256, bytes: file.length, expiresMs })
    const keys = readPublicKeys(`# both\n${theirs.public}\n${ours.public.split('\n')[1]}\n`, 'here')
    assert.equal(keys.length, 2)
    assert.equal(judge({ keys })().counter, 6)
    assert.equal(judge({ keys }, {}, theirs)().counter, 6)
  })

  it('refuses what nobody signed, somebody else did, or another text [security 142]', () => {
    const { manifest, signature } = signRelease(ours, { file, counter: 6 })
    refuses(() => judgeRelease(manifest, '', base), 'forbidden', /no signature of minisign/)
    refuses(judge({}, {}, theirs), 'forbidden', /not signed by the key that signs releases/)
    for (const other of [manifest.replace('"counter": 6', '"counter": 7'), `${manifest} `, manifest.slice(0, -2)])
      refuses(() => judgeRelease(other, signature, base), 'forbidden', /not signed by the key/)
    refuses(judge({}, { says: 'file:agent.cjs\tversion:9.9.9\thashed' }), 'forbidden', /of "file:agent\.cjs/)
    refuses(judge({ keys: [] }), 'forbidden', /knows no key.*release-keys/)
  })

  it('refuses an older one, and another one of the newest that ran here; that very one it takes again [security 142]', () => {
    refuses(judge({}, { counter: 4 }), 'forbidden', /counter 4, and this host has seen 5/)
    refuses(judge({}, { counter: 5 }), 'forbidden', /counter 5/)
    refuses(judge({ ownCounter: 8 }), 'forbidden', /has seen 8/)
    assert.equal(judge({ taken: { counter: 6, sha256 } })().counter, 6)
  })

  it('refuses what is over by the clock of this host [security 142]', () => {
    refuses(judge({ nowMs: Date.now() + 31 * 86_400_000 }), 'forbidden', /clock is beyond that/)
  })

  it('refuses what is for others, or is no list at all, though it is signed', () => {
    refuses(judge({ target: 'fairlead-agent-linux-arm64' }), 'not_found', /no fairlead-agent-linux-arm64/)
    refuses(judge({}, { product: 'fairlead-hub' }), 'forbidden', /not one of this agent/)
    refuses(judge({}, { counter: 1.5 }), 'forbidden', /not one of this agent/)
  })

  it('refuses another number of hashes than the file has blocks, and says which line is no key', () => {
    refuses(() => readHashes(Buffer.alloc(8).toString('base64'), 65_537), 'invalid_input', /2 blocks, and 1 hashes/)
    refuses(() => readPublicKeys('nonsense', 'release-keys'), 'forbidden', /release-keys has a line .*nonsense/)
  })
})
