import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { checkOf, fileKey, format, opensWith, readArchive, sealArchive, type Head } from './archive.ts'
import { readEntries, writeEntries, type Source } from './entries.ts'

const opener = { kind: 'kek', key: createSecretKey(randomBytes(32)) } as const

async function* inParts(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function gather(parts: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const part of parts) all.push(part)
  return Buffer.concat(all)
}

async function make(plain: Buffer) {
  const salt = randomBytes(32).toString('hex')
  const key = await fileKey(opener, salt)
  const head: Head = { format, madeMs: 1, hub: '0.1.0', salt, under: { kind: 'kek', id: 'ab', salt: null }, check: checkOf(key) }
  return { key, head, file: await gather(sealArchive(head, key, inParts(plain, 70_001))) }
}

const read = async (file: Buffer, key: Buffer, size = 65_536) => gather((await readArchive(inParts(file, size))).plain(key))

describe('a backup’s file', () => {
  it('gives back what was written, in whatever parts it is read', async () => {
    for (const length of [0, 1, 256 * 1024, 256 * 1024 + 1, 1_000_003]) {
      const plain = randomBytes(length)
      const { file, key } = await make(plain)
      for (const size of [977, 65_536, file.length]) assert.ok((await read(file, key, size)).equals(plain), `${length} by ${size}`)
    }
  })

  it('can be read by nobody who has not its key, which is that of no other file [security 139]', async () => {
    const canary = 'canary-of-a-backup'
    const plain = Buffer.from(canary.repeat(40_000))
    const [one, other] = [await make(plain), await make(plain)]
    for (const text of [canary, Buffer.from(canary).toString('base64').slice(0, 20), Buffer.from(canary).toString('hex')])
      assert.equal(one.file.includes(text), false)
    assert.equal(one.key.equals(other.key), false)
    assert.equal(opensWith(one.head, other.key), false)
    await assert.rejects(read(one.file, other.key), { code: 'invalid_input', message: /damaged/ })
    const of = (passphrase: string, salt = one.head.salt) => fileKey({ kind: 'passphrase', passphrase }, salt)
    const right = await of('five unrelated words')
    assert.ok(right.equals(await of('five unrelated words')))
    for (const key of [await of('five unrelated word'), await of('five unrelated words', other.head.salt)])
      assert.equal(right.equals(key), false)
  })

  it('that was changed in any place is refused, its first line too [security 139]', async () => {
    const { file, key } = await make(randomBytes(600_000))
    const body = file.indexOf(10) + 1
    // The version in the head, the length of a piece, its bytes, its tag, the mark of the last.
    for (const at of [
      file.indexOf('0.1.0'),
      body,
      body + 2,
      body + 100,
      body + 5 + 262_144 + 3,
      file.length - 1,
      file.lastIndexOf(Buffer.of(1)),
    ]) {
      const changed = Buffer.from(file)
      changed[at]! ^= 0x02
      await assert.rejects(read(changed, key), { code: 'invalid_input', message: /damaged/ }, String(at))
    }
  })

  it('that was cut off, goes on, lacks a piece or has two of them the other way round is refused [security 139]', async () => {
    const { file, key } = await make(randomBytes(900_000))
    const body = file.indexOf(10) + 1
    const piece = 5 + 262_144 + 16
    const part = (n: number) => file.subarray(body + n * piece, body + (n + 1) * piece)
    for (const wrong of [
      file.subarray(0, file.length - 1),
      file.subarray(0, body + 2 * piece),
      file.subarray(0, body),
      // Cut between two pieces, of which the one before says that it is the last.
      Buffer.concat([file.subarray(0, body + piece), Buffer.of(1), part(1).subarray(1)]),
      Buffer.concat([file, Buffer.of(0)]),
      Buffer.concat([file.subarray(0, body + piece), file.subarray(body + 2 * piece)]),
      Buffer.concat([file.subarray(0, body), part(1), part(0), file.subarray(body + 2 * piece)]),
    ])
      await assert.rejects(read(wrong, key), { code: 'invalid_input', message: /damaged/ })
  })

  it('tells another key from a damaged file, and a newer kind and what is none by their first line', async () => {
    const { file, head, key } = await make(Buffer.from('x'))
    assert.equal(opensWith(head, key), true)
    assert.equal(opensWith(head, await fileKey({ kind: 'kek', key: createSecretKey(randomBytes(32)) }, head.salt)), false)
    const newer = Buffer.from(file.toString('latin1').replace('fairlead-backup/1', 'fairlead-backup/2'), 'latin1')
    await assert.rejects(readArchive(inParts(newer, 100)), { code: 'unsupported', message: /newer kind/ })
    for (const none of [Buffer.from('%PDF-1.7\n'), Buffer.from('null\n'), randomBytes(10_000), Buffer.alloc(0)])
      await assert.rejects(readArchive(inParts(none, 100)), { code: 'invalid_input', message: /no backup/ })
  })
})

describe('what is inside', () => {
  const sources = async function* (): AsyncGenerator<Source> {
    yield { head: { kind: 'file', path: 'a', mode: 0o600 }, bytes: [Buffer.from('one'), Buffer.alloc(0), Buffer.from('two')] }
    yield { head: { kind: 'table', name: 't', columns: ['x'] }, bytes: inParts(Buffer.alloc(300_000, 7), 65_000) }
    yield { head: { kind: 'file', path: 'b', mode: 0o644 }, bytes: [] }
  }

  it('comes entry by entry, also to whoever leaves one half read', async () => {
    const plain = await gather(writeEntries(sources()))
    const found: string[] = []
    for await (const { head, bytes } of readEntries(inParts(plain, 1009))) {
      if (head.kind === 'table') for await (const _first of bytes) break
      else found.push(`${head.kind === 'file' ? head.path : ''}=${String(await gather(bytes))}`)
    }
    assert.deepEqual(found, ['a=onetwo', 'b='])
  })

  it('is refused where it has no end or goes on behind it', async () => {
    const plain = await gather(writeEntries(sources()))
    for (const wrong of [plain.subarray(0, -8), Buffer.concat([plain, Buffer.alloc(4)])])
      await assert.rejects(
        async () => {
          for await (const { bytes } of readEntries(inParts(wrong, 4096))) await gather(bytes)
        },
        { code: 'invalid_input', message: /cannot be read/ },
      )
  })
})
