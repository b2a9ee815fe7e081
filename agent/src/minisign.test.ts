import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { digestOf, readPublicKey, readSecretKey, signDigest, verifyDigest } from './minisign.ts'
import { makeKeys } from './test-minisign.ts'

const hash = (data: string) => createHash('blake2b512').update(data).digest()
const code = (expected: string) => (error: unknown) => (error as { code?: string }).code === expected

describe('signatures of releases', () => {
  const keys = makeKeys()
  const secret = readSecretKey(keys.secret)
  const by = readPublicKey(keys.public)
  const signed = signDigest(secret, hash('program'), 'file:program')

  it('says what was signed with a file, to whoever has the key', () => {
    assert.equal(verifyDigest(by, hash('program'), signed), 'file:program')
    assert.equal(verifyDigest(readPublicKey(keys.public.split('\n')[1]!), hash('program'), signed), 'file:program')
  })

  it('is refused over other bytes, by another key, with another comment or with a signature of another file', () => {
    const others = signDigest(secret, hash('other'), 'file:program')
    const [head, body, says, tail] = signed.split('\n')
    const [, otherBody, , otherTail] = others.split('\n')
    const cases: readonly (readonly [string, () => string])[] = [
      ['other bytes', () => verifyDigest(by, hash('programs'), signed)],
      ['another key', () => verifyDigest(readPublicKey(makeKeys().public), hash('program'), signed)],
      ['another key under the same name', () => verifyDigest({ ...readPublicKey(makeKeys().public), id: by.id }, hash('program'), signed)],
      ['another comment', () => verifyDigest(by, hash('program'), signed.replace('file:program', 'file:newer'))],
      ['the signature of another file', () => verifyDigest(by, hash('program'), [head, otherBody, says, otherTail, ''].join('\n'))],
      ['the comment of another file', () => verifyDigest(by, hash('program'), [head, body, says, otherTail, ''].join('\n'))],
      ['a bit of the second signature', () => verifyDigest(by, hash('program'), [head, body, says, flip(tail!), ''].join('\n'))],
    ]
    for (const [what, run] of cases) assert.throws(run, code('forbidden'), what)
  })

  it('is refused in any other form', () => {
    const lines = signed.split('\n')
    const forms = [
      '',
      'x',
      lines.slice(0, 2).join('\n'),
      lines.slice(1).join('\n'),
      `${signed}more`,
      signed.replace('untrusted', 'trusted'),
    ]
    // The older form, over the file itself and not over its hash.
    const older = Buffer.from(lines[1]!, 'base64')
    older.write('Ed')
    forms.push([lines[0], older.toString('base64'), ...lines.slice(2)].join('\n'))
    for (const text of forms) assert.throws(() => verifyDigest(by, hash('program'), text), code('invalid_input'), text)
  })

  it('is made with no key that is damaged, has a password, or is none', () => {
    const bytes = Buffer.from(keys.secret.split('\n')[1]!, 'base64')
    const changed = (at: number, to: number) => {
      const copy = Buffer.from(bytes)
      copy[at] = to
      return `untrusted comment: x\n${copy.toString('base64')}\n`
    }
    assert.throws(() => readSecretKey(changed(100, bytes[100]! ^ 1)), /damaged/)
    assert.throws(() => readSecretKey(changed(2, 0x53)), /has a password/)
    for (const text of ['', keys.public, changed(0, 0)]) assert.throws(() => readSecretKey(text), /no secret key/)
    assert.throws(() => readPublicKey(keys.secret), /no public key/)
    assert.throws(() => signDigest(secret, hash('x'), 'two\nlines'), /one line/)
  })

  const real = existsSync('/usr/bin/minisign')
  if (!real && process.env['FAIRLEAD_REQUIRE_ALL'] === '1')
    throw new Error('FAIRLEAD_REQUIRE_ALL is set and minisign is not on this machine')
  describe('beside the program minisign', real ? {} : { skip: 'minisign: not on this machine' }, () => {
    const dir = mkdtempSync(join(tmpdir(), 'fairlead-minisign-'))
    after(() => rmSync(dir, { recursive: true, force: true }))
    const at = (name: string) => join(dir, name)
    const minisign = (...argv: string[]) => spawnSync('/usr/bin/minisign', argv, { cwd: dir, encoding: 'utf8', timeout: 60_000 })
    writeFileSync(at('program'), 'x'.repeat(200_000))

    it('takes what we sign, and refuses what was changed after', async () => {
      writeFileSync(at('own.pub'), keys.public)
      writeFileSync(at('program.minisig'), signDigest(secret, await digestOf([readFileSync(at('program'))] as never), 'file:program'))
      const good = minisign('-V', '-p', 'own.pub', '-m', 'program')
      assert.equal(good.status, 0, good.stderr)
      assert.match(good.stdout, /Trusted comment: file:program/)
      writeFileSync(at('changed'), 'y')
      assert.notEqual(minisign('-V', '-p', 'own.pub', '-m', 'changed', '-x', 'program.minisig').status, 0)
    })

    it('signs what we take, with keys that it made', () => {
      assert.equal(minisign('-G', '-W', '-p', 'made.pub', '-s', 'made.key').status, 0)
      const made = minisign('-S', '-W', '-s', 'made.key', '-m', 'program', '-x', 'made.minisig', '-t', 'file:program\tversion:1')
      assert.equal(made.status, 0, made.stderr)
      const theirs = readPublicKey(readFileSync(at('made.pub'), 'utf8'))
      const digest = hash(readFileSync(at('program'), 'utf8'))
      assert.equal(verifyDigest(theirs, digest, readFileSync(at('made.minisig'), 'utf8')), 'file:program\tversion:1')
      // And with its secret key we sign what it takes.
      writeFileSync(at('program.minisig'), signDigest(readSecretKey(readFileSync(at('made.key'), 'utf8')), digest, 'by us'))
      assert.equal(minisign('-V', '-p', 'made.pub', '-m', 'program').status, 0)
    })
  })
})

function flip(text: string): string {
  const bytes = Buffer.from(text, 'base64')
  bytes[5]! ^= 1
  return bytes.toString('base64')
}
