import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { codeOf } from '@fairlead/protocol/errors.ts'
import { readKek, type KekSource } from './kek.ts'
import { openSeal, type OpenSeal } from './seal.ts'
import { openTestDatabase } from './testdb.ts'
import { makeTables, testColumns as columns } from './testseal.ts'

const dir = mkdtempSync(join(tmpdir(), 'fairlead-kek-'))
after(() => rmSync(dir, { recursive: true, force: true }))

function file(content: string | Uint8Array, mode = 0o600): KekSource & { readonly path: string } {
  const path = join(dir, randomUUID())
  writeFileSync(path, content, { mode })
  chmodSync(path, mode)
  return { kind: 'file', path }
}
const command = (program: string, limitMs = 10_000): KekSource => ({
  kind: 'command',
  argv: [process.execPath, '-e', program, '$(touch canary)'],
  env: { PATH: process.env['PATH'] },
  limitMs,
})
const passphrase = (text: string): KekSource => ({ kind: 'passphrase', passphrase: () => text })
const invalid = (why: RegExp) => (error: Error) => codeOf(error) === 'invalid_input' && why.test(error.message)

describe('a key encryption key', () => {
  const bytes = randomBytes(32)
  const idOf = async (source: KekSource) => (await readKek(source)).id

  it('is 32 bytes, as they are, in base64 or in hex, of a file or of a program', async () => {
    const wanted = await idOf(file(bytes))
    for (const form of ['base64', 'base64url', 'hex'] as const) {
      assert.deepEqual(await idOf(file(`${bytes.toString(form)}\n`)), wanted, form)
      assert.deepEqual(await idOf(command(`process.stdout.write('${bytes.toString(form)}')`)), wanted, form)
    }
    assert.notDeepEqual(await idOf(file(randomBytes(32))), wanted)
  })

  it('is nothing else: too short, too long, half of one in hex, empty', async () => {
    for (const wrong of ['', 'x', bytes.subarray(1), randomBytes(33), 'ab'.repeat(16), `${'ab'.repeat(16)}\n`, 'x'.repeat(5000)])
      await assert.rejects(readKek(file(wrong)), invalid(/must be 32 bytes.*openssl rand -base64 32/))
  })

  it('is refused from a file that others can read, or that is not there, with what mends it', async () => {
    for (const mode of [0o640, 0o604, 0o660])
      await assert.rejects(readKek(file(bytes, mode)), invalid(/is open to other accounts .*chmod 600/))
    await assert.rejects(readKek({ kind: 'file', path: join(dir, 'none') }), invalid(/is not there; put it back from your copy/))
  })

  it('comes of a program without a shell, which has 10 s and 4 KiB, and nothing that it printed is repeated [security 131]', async () => {
    const key = 'canary-canary-canary'
    for (const [program, why] of [
      [`process.stdout.write('${key}'); process.exit(3)`, /ended with 3/],
      [`process.stdout.write('${key}'.repeat(1000)); setTimeout(() => {}, 60000)`, /printed more than 4096 bytes/],
      [`console.error('${key}'); process.stdout.write('${key}')`, /must be 32 bytes/],
      [`process.stdout.write('${key}'); setTimeout(() => {}, 60000)`, /took longer than/],
    ] as const)
      await assert.rejects(
        readKek(command(program, 2000)),
        (error: Error) => (invalid(why)(error) && !`${error.stack} ${String(error.cause)}`.includes(`${key}`)) || assert.fail(error),
      )
    assert.equal(existsSync('canary'), false)
    await assert.rejects(readKek({ kind: 'command', argv: [join(dir, 'no program')], env: {} }), invalid(/cannot be run \(ENOENT\)/))
  })
})

describe('the key encryption key of a database', () => {
  let test: Awaited<ReturnType<typeof openTestDatabase>>
  let dataDir: string
  let logged = ''
  const organization = randomUUID()
  const place = { organization, table: 'things', row: 'a/1', column: 'value' }
  const theHubs = { organization: '', table: 'people', row: 'a', column: 'value' }
  before(async () => {
    test = await openTestDatabase()
    await makeTables(test.db, [organization])
  })
  after(() => test.close())
  beforeEach(async () => {
    logged = ''
    dataDir = mkdtempSync(join(dir, 'data-'))
    await test.db.owner((sql) => sql`TRUNCATE keks CASCADE`)
  })

  const open = (kek?: KekSource, kekOld?: KekSource) =>
    openSeal({ db: test.db, dataDir, columns, kek, kekOld, log: (...parts) => void (logged += `${JSON.stringify(parts)}\n`) })
  const known = () => test.db.owner((sql) => sql<{ id: Buffer; salt: Buffer | null }[]>`SELECT id, salt FROM keks`)
  async function using<T>(seal: OpenSeal, run: (seal: OpenSeal) => Promise<T>): Promise<T> {
    try {
      return await run(seal)
    } finally {
      await seal.close()
    }
  }

  it('is made at the first start, closed to others, and the log says once to keep a copy', async () => {
    const sealed = await using(await open(), (seal) => seal.seal(place, Buffer.from('value')))
    const path = join(dataDir, 'kek')
    assert.equal(statSync(path).mode & 0o777, 0o600)
    assert.equal(Buffer.from(readFileSync(path, 'utf8'), 'base64').length, 32)
    assert.equal(await using(await open(), async (seal) => String(await seal.open(place, sealed))), 'value')
    assert.equal(logged.split('Keep a copy of it elsewhere').length, 2)
    assert.ok(!logged.includes(readFileSync(path, 'utf8').trim()))
  })

  it('is the right one, or the hub does not begin: wrong, lost, or not the passphrase; nothing is made instead [security 129]', async () => {
    const [right, wrong] = [file(randomBytes(32)), file(randomBytes(32))]
    await using(await open(right), (seal) => seal.seal(place, Buffer.from('value')))
    const text = /sealed with another key encryption key: .* is not the one.*Put the right key back.*FAIRLEAD_KEK_OLD_FILE/
    await assert.rejects(open(wrong), invalid(text))
    await assert.rejects(open(wrong, file(randomBytes(32))), invalid(/and neither is the file .* \(the old one\)/))
    await assert.rejects(open(passphrase('four unrelated words')), invalid(text))
    await assert.rejects(open(), invalid(/is not there; put it back from your copy/))
    assert.equal(existsSync(join(dataDir, 'kek')), false)
    await using(await open(right), (seal) => seal.seal(place, Buffer.from('value')))
  })

  it('may be derived of a passphrase, with a salt that the database keeps', async () => {
    const sealed = await using(await open(passphrase('four unrelated words')), (seal) => seal.seal(place, Buffer.from('value')))
    assert.equal((await known())[0]!.salt!.length, 16)
    await assert.rejects(open(passphrase('four unrelated wordz')), invalid(/the passphrase is not the one/))
    assert.equal(
      await using(await open(passphrase('four unrelated words')), async (seal) => String(await seal.open(place, sealed))),
      'value',
    )
  })

  it('is changed at a start that knows the one before, in one go, whatever kind they are, and both are known meanwhile [security 130]', async () => {
    const sources = [
      file(randomBytes(32)),
      passphrase('four unrelated words'),
      command(`process.stdout.write('${randomBytes(32).toString('hex')}')`),
      file(randomBytes(32)),
    ]
    const values = await using(await open(sources[0]), async (seal) => [
      await seal.seal(place, Buffer.from('theirs')),
      await seal.seal(theHubs, Buffer.from('ours')),
    ])
    for (const [n, next] of sources.slice(1).entries()) {
      const [old] = await known()
      // The new one alone is the wrong one.
      await assert.rejects(open(next), invalid(/FAIRLEAD_KEK_OLD_FILE/))
      await using(await open(next, sources[n]), async (seal) => {
        assert.equal(String(await seal.open(place, values[0]!)), 'theirs')
        assert.equal(String(await seal.open(theHubs, values[1]!)), 'ours')
      })
      const now = await known()
      assert.equal(now.length, 1)
      assert.notDeepEqual(now[0]!.id, old!.id)
      // And the old one is not the right one any more, nor needed.
      await assert.rejects(open(sources[n]), invalid(/sealed with another key/))
      await using(await open(next), async (seal) => assert.equal(String(await seal.open(place, values[0]!)), 'theirs'))
    }
    await using(await open(sources[3], file('', 0o644)), async (seal) => assert.equal(String(await seal.open(theHubs, values[1]!)), 'ours'))
    assert.match(logged, /cannot be read, and is not needed any more/)
  })
})
