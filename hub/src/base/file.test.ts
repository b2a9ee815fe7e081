import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { codeOf } from '@fairlead/protocol/errors.ts'
import { answerFile, attachment } from './file.ts'

describe('the name of a file that is saved', () => {
  for (const [given, said] of [
    ['web.alpha.log', 'attachment; filename="web.alpha.log"'],
    ['../../etc/passwd', 'attachment; filename="etc_passwd"'],
    ['.bashrc', 'attachment; filename="bashrc"'],
    ['a"; filename="b.exe', 'attachment; filename="a_filename_b.exe"'],
    ['a\r\nSet-Cookie: x', 'attachment; filename="a_Set-Cookie_x"'],
    ['hôte.log', `attachment; filename="h_te.log"; filename*=UTF-8''h%C3%B4te.log`],
    ['gpj\u202Eexe', 'attachment; filename="gpj_exe"'],
    ['...', 'attachment; filename="file"'],
    ['x'.repeat(500), `attachment; filename="${'x'.repeat(120)}"`],
    [`${'x'.repeat(119)}𐐷`, `attachment; filename="${'x'.repeat(119)}_"; filename*=UTF-8''${'x'.repeat(119)}%EF%BF%BD`],
  ] as const)
    it(`${JSON.stringify(given.slice(0, 30))} can name no other place and no other header`, () => assert.equal(attachment(given), said))
})

describe('a file that is saved', () => {
  const stallMs = 800
  const piece = Buffer.alloc(64 * 1024, 'x')

  /** Serves `pieces` of 64 KiB, each after `pauseMs`, to one who asks; resolves with how it ended. */
  async function serve(pieces: number, pauseMs: number) {
    const { promise: ended, resolve } = Promise.withResolvers<string>()
    const state = { released: false, left: false }
    async function* bytes() {
      try {
        for (let n = 0; n < pieces; n++) {
          if (pauseMs > 0) await sleep(pauseMs)
          yield piece
        }
      } finally {
        state.released = true
      }
    }
    const app = new Hono()
    app.get('/', (context) =>
      answerFile(
        context as never,
        {
          type: 'text/plain',
          file: () => ({ name: 'a.log' }),
          bytes: bytes(),
          abort: new AbortController(),
          reader: { login: '', organization: '', stays: async () => true },
          ended: async (error) => resolve(error === undefined ? 'ok' : codeOf(error)),
          stallMs,
        },
        () => (state.left = true),
      ),
    )
    const server = createServer(getRequestListener(app.fetch) as RequestListener).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    socket.on('error', () => undefined).write('GET / HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n')
    return { socket, ended, state, close: () => server.close() }
  }

  // A download that somebody paused held its stream, and the log open on the host, for ever.
  it('is given up when its reader takes nothing for so long: the stream is let go, and the outcome says why', async () => {
    const { socket, ended, state, close } = await serve(100_000, 0)
    socket.pause()
    assert.equal(await ended, 'deadline_exceeded')
    assert.deepEqual(state, { released: true, left: true })
    socket.resume()
    await once(socket, 'close')
    close()
  })

  it('is not given up while its reader takes some now and then, nor while the host is slow', async () => {
    const slowReader = await serve(400, 0)
    slowReader.socket.on('data', () => {
      slowReader.socket.pause()
      setTimeout(() => slowReader.socket.resume(), 4)
    })
    assert.equal(await slowReader.ended, 'ok')
    slowReader.close()
    const slowHost = await serve(2, stallMs * 1.5)
    slowHost.socket.resume()
    assert.equal(await slowHost.ended, 'ok')
    slowHost.close()
  })
})
