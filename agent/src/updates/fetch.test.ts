import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { brotliCompressSync } from 'node:zlib'
import { codeOf } from '@fairlead/protocol/errors.ts'
import { blockBytes } from '@fairlead/protocol/features/updates.ts'
import { readBlocks } from '@fairlead/protocol/features/update-blocks.ts'
import { openPart, type Part } from './fetch.ts'
import { hashBlocks, packWanted } from './test-release.ts'

const before = randomBytes(5 * blockBytes + 100)
before.write('#!/bin/sh\nexit 7\n')
/** Another second and last block, and longer. */
const after = Buffer.concat([
  before.subarray(0, blockBytes),
  randomBytes(blockBytes),
  before.subarray(2 * blockBytes),
  randomBytes(blockBytes),
])
const sha256 = createHash('sha256').update(after).digest('hex')
const own = (text: string) => (error: Error) => codeOf(error) !== 'internal' && error.message.includes(text)

async function* pieces(all: readonly Uint8Array[]) {
  yield* all
}

describe('a program that comes together from blocks', () => {
  let dir: string
  const file = () => join(dir, 'next')
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'fairlead-fetch-'))
    writeFileSync(join(dir, 'running'), before, { mode: 0o755 })
  })
  afterEach(() => rmSync(dir, { recursive: true, force: true }))

  const open = (more: { sha256?: string; blocks?: string; bytes?: number } = {}) =>
    openPart({
      file: file(),
      from: join(dir, 'running'),
      release: { sha256, bytes: after.length, ...more },
      hashes: Buffer.from(more.blocks ?? hashBlocks(after), 'base64'),
    })
  const wanted = (part: Part) => Buffer.from(part.wanted()).toString('base64')
  async function send(part: Part, content: Uint8Array, bits = wanted(part)): Promise<void> {
    for await (const block of readBlocks(pieces(packWanted(content, bits)))) await part.write(block)
  }

  it('wants what is not in the one that runs, and is then that very file, for nobody else to read', async () => {
    const part = await open()
    // The second, the one that was the last, and the one after it.
    assert.deepEqual([...part.wanted()], [0b110_0010])
    await send(part, after)
    assert.equal(part.haveBytes, after.length)
    await part.finish()
    // It starts at once: no kernel starts what somebody may still write, and whoever made it held it.
    assert.equal(spawnSync(file()).status, 7)
    await part.close()
    assert.deepEqual(readFileSync(file()), after)
    assert.equal(statSync(file()).mode & 0o777, 0o700)
    assert.deepEqual(readdirSync(dir).sort(), ['next', 'running'])
  })

  it('goes on after a break where it was, and believes nothing that lies there', async () => {
    const part = await open()
    const [first] = packWanted(after, wanted(part))
    for await (const block of readBlocks(pieces([first!]))) await part.write(block)
    await part.close()
    const again = await open()
    assert.deepEqual([...again.wanted()], [0b110_0000])
    await again.close()
    const torn = readFileSync(`${file()}.part`)
    torn[3 * blockBytes + 7]! ^= 1
    writeFileSync(`${file()}.part`, torn.subarray(0, 6 * blockBytes))
    const third = await open()
    assert.deepEqual([...third.wanted()], [0b110_1000])
    await send(third, after)
    await third.finish()
    await third.close()
    assert.deepEqual(readFileSync(file()), after)
  })

  it('takes blocks that follow one another as one, up to the first that is none of those', async () => {
    const part = await open()
    const write = (index: number, bytes: Uint8Array) => part.write({ index, packed: brotliCompressSync(bytes) })
    await assert.rejects(write(5, Buffer.concat([after.subarray(5 * blockBytes), Buffer.alloc(1)])), own('cannot be unpacked'))
    const wrong = Buffer.from(after.subarray(5 * blockBytes))
    wrong[blockBytes + 1]! ^= 1
    await assert.rejects(write(5, wrong), own('Block 6 is another one than was offered'))
    assert.deepEqual([...part.wanted()], [0b100_0010])
    await assert.rejects(write(1, after.subarray(blockBytes, 3 * blockBytes)), own('Block 2 was not asked for'))
    await write(6, after.subarray(6 * blockBytes))
    assert.deepEqual([...part.wanted()], [0])
    await part.finish()
    await part.close()
    assert.deepEqual(readFileSync(file()), after)
  })

  it('refuses a block that nobody asked for, another one, a short one, and one without an end [security 142]', async () => {
    const part = await open()
    const write = (index: number, bytes: Uint8Array) => part.write({ index, packed: brotliCompressSync(bytes) })
    await assert.rejects(write(0, after.subarray(0, blockBytes)), own('Block 0 was not asked for'))
    await assert.rejects(write(99, after.subarray(0, blockBytes)), own('Block 99 was not asked for'))
    await assert.rejects(write(1, before.subarray(blockBytes, 2 * blockBytes)), own('another one than was offered'))
    await assert.rejects(write(1, after.subarray(blockBytes, 2 * blockBytes - 1)), own('another one than was offered'))
    // 64 MiB of nothing in 64 KiB.
    await assert.rejects(write(1, Buffer.alloc(64 * 1024 * 1024)), own('cannot be unpacked into'))
    await assert.rejects(part.write({ index: 1, packed: Buffer.from('nonsense') }), own('cannot be unpacked'))
    await send(part, after)
    await assert.rejects(write(1, after.subarray(blockBytes, 2 * blockBytes)), own('Block 1 was not asked for'))
    await part.close()
  })

  it('refuses a file whose blocks are all as offered, and which is not the one that was signed [security 142]', async () => {
    const other = randomBytes(after.length)
    const part = await open({ blocks: hashBlocks(other) })
    await send(part, other)
    await assert.rejects(
      part.finish(),
      (error: Error) => codeOf(error) === 'forbidden' && error.message.includes('not the one that was signed'),
    )
    await part.close()
    assert.equal(existsSync(file()), false)
    assert.equal(existsSync(`${file()}.part`), false)
  })

  it('says how much room is wanted before it begins', async () => {
    const part = open({ bytes: 2 ** 50 })
    await assert.rejects(
      part,
      (error: Error) => codeOf(error) === 'refused' && /MB are free in .* are wanted: make room/.test(error.message),
    )
    assert.equal(existsSync(`${file()}.part`), false)
  })
})
