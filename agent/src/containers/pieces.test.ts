import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { decodeLogLines, goesOnBit, mostPieceBytes } from '@fairlead/protocol/wire/log-batch.ts'
import { openHttp } from '../docker/http.ts'
import { createPieces, readPieces } from './pieces.ts'

function frame(source: 1 | 2, payload: Uint8Array): Buffer {
  const head = Buffer.from([source, 0, 0, 0, 0, 0, 0, 0])
  head.writeUInt32BE(payload.length, 4)
  return Buffer.concat([head, payload])
}

/** What was written, by output, and how it followed one another. */
function readAll(items: readonly Uint8Array[]) {
  const outputs: [Buffer[], Buffer[]] = [[], []]
  const order: number[] = []
  for (const item of items) {
    const { count, sources, text } = decodeLogLines(item)
    assert.equal(count, 1)
    assert.ok((sources[0]! & goesOnBit) !== 0 && text.length > 0 && text.length <= mostPieceBytes)
    const source = sources[0]! & ~goesOnBit
    outputs[source]!.push(Buffer.from(text))
    if (order.at(-1) !== source) order.push(source)
  }
  return { outputs: outputs.map((parts) => Buffer.concat(parts)), order }
}

describe('what a command writes', () => {
  const [large, small] = [randomBytes(100_000), Buffer.from('no line end')]
  const frames = [frame(1, large), frame(1, small), frame(2, small), frame(1, Buffer.alloc(0)), frame(1, large)]

  it('is the same bytes, wherever the reads end', () => {
    const bytes = Buffer.concat(frames)
    for (const size of [1, 7, 8, 9, 1000, 32_758, 65_536, bytes.length]) {
      const items: Uint8Array[] = []
      const pieces = createPieces((item) => void items.push(item.slice()))
      const memory = Buffer.alloc(size)
      for (let at = 0; at < bytes.length; at += size) {
        // As the agent reads: into the same memory.
        const read = bytes.copy(memory, 0, at, at + size)
        pieces.push(memory.subarray(0, read))
      }
      pieces.flush()
      const { outputs, order } = readAll(items)
      assert.deepEqual(outputs, [Buffer.concat([large, small, large]), small], `reads of ${size}`)
      assert.deepEqual(order, [0, 1, 0])
    }
  })

  it('is refused where a frame says more than there may be', () => {
    const pieces = createPieces(() => assert.fail())
    assert.throws(() => pieces.push(Buffer.from([1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff])), { code: 'bad_upstream' })
  })
})

describe('a command whose output is read', () => {
  let dir: string
  let server: Server
  let onAsk: (socket: Socket) => void
  const path = () => join(dir, 'engine.sock')
  const attach = async () => (await openHttp(path()).upgrade('/exec/x/start', '{}', 5000)).socket
  before(async () => {
    dir = mkdtempSync('/var/tmp/fairlead-pieces-')
    server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => onAsk(socket))
    })
    await new Promise<void>((listening) => server.listen(path(), listening))
  })
  after(() => {
    server.close()
    rmSync(dir, { recursive: true, force: true })
  })
  const upgraded = 'HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n'

  it('gives what came with the answer as well, and a little of it at once', async () => {
    onAsk = (socket) => socket.write(Buffer.concat([Buffer.from(upgraded), frame(1, Buffer.from('first'))]))
    const items = readPieces(await attach())
    const first = await items.next()
    assert.deepEqual(readAll([first.value as Uint8Array]).outputs[0], Buffer.from('first'))
    await items.return(undefined)
  })

  it('waits while nobody takes it, and goes on', { timeout: 60_000 }, async () => {
    const written = randomBytes(64 * 1024)
    const times = 512
    let sent = 0
    onAsk = (socket) => {
      socket.write(upgraded)
      const more = (): void => {
        while (sent < times) {
          sent++
          if (!socket.write(frame(1, written))) return void socket.once('drain', more)
        }
        socket.end()
      }
      more()
    }
    const items = readPieces(await attach())
    const first = await items.next()
    let before = -1
    while (before !== sent) {
      before = sent
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    assert.ok(sent < times / 4, `${sent} of ${times} were taken from the engine for one that was read`)
    let bytes = decodeLogLines(first.value as Uint8Array).text.length
    for await (const item of items) bytes += decodeLogLines(item).text.length
    assert.equal(bytes, times * written.length)
  })

  it('says that the engine broke off, and what was before that', async () => {
    onAsk = (socket) => socket.write(Buffer.concat([Buffer.from(upgraded), frame(2, Buffer.from('it was'))]))
    const socket = await attach()
    const seen: Uint8Array[] = []
    await assert.rejects(
      async () => {
        for await (const item of readPieces(socket)) {
          seen.push(item)
          // As Node does where the engine is killed with something unread.
          socket.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' }))
        }
      },
      { code: 'bad_upstream' },
    )
    assert.deepEqual(readAll(seen).outputs[1], Buffer.from('it was'))
  })
})
