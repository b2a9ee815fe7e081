import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { codeOf } from '@fairlead/protocol/errors.ts'
import { openHttp, type Streaming } from './http.ts'

type Http = ReturnType<typeof openHttp>

/** Something on a unix socket that answers every request with these bytes, and hangs up after them when told to. */
async function withAnswer(answer: string | Buffer, hangUp: boolean, use: (http: Http) => Promise<void>): Promise<void> {
  const dir = mkdtempSync('/tmp/fairlead-engine-')
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined))
    socket.on('data', () => {
      socket.write(answer)
      if (hangUp) socket.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(join(dir, 'engine.sock'), resolve))
  const http = openHttp(join(dir, 'engine.sock'))
  try {
    await use(http)
  } finally {
    http.close()
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
    rmSync(dir, { recursive: true })
  }
}

const ok = 'HTTP/1.1 200 OK\r\n'
const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`
const headers = `${ok}X-Pad: ${'x'.repeat(70 * 1024)}`
const asked = {
  request: (http: Http) => http.request('GET', '/x', undefined, 5000),
  stream: (http: Http) => http.stream('/x', 5000),
  upgrade: (http: Http) => http.upgrade('/x', '{}', 5000),
}

// Each of these was once thrown inside the listener of a socket, where nobody catches: the agent ended with it, and the links
// of all its viewers.
describe('an engine that answers nonsense', () => {
  const heads: Record<string, [answer: string | Buffer, hangUp: boolean]> = {
    'headers without end': [headers, false],
    'noise instead of a status': [Buffer.alloc(300, 0xff), true],
    'a first line that is none': ['HELLO WORLD\r\n\r\n', false],
    'a status that is no number': ['HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n', false],
    'nothing at all': ['', true],
  }
  for (const [name, [answer, hangUp]] of Object.entries(heads))
    for (const [verb, ask] of Object.entries(asked))
      it(`fails the ${verb} it answered with ${name}, and nothing else`, () =>
        withAnswer(answer, hangUp, (http) => assert.rejects(ask(http), (error) => codeOf(error) === 'bad_upstream')))

  const bodies: Record<string, [answer: string, hangUp: boolean]> = {
    'a chunk size that is no number': [`${chunked}zz\r\nabc\r\n0\r\n\r\n`, false],
    'a chunk size with something behind it': [`${chunked}3x\r\nabc\r\n0\r\n\r\n`, false],
    // Taken for a number it led back to where it stood, for ever.
    'a chunk size below zero': [`${chunked}-6\r\nabc\r\n0\r\n\r\n`, false],
    'a chunk size without end': [`${chunked}${'0'.repeat(5000)}`, false],
    'a chunk that is longer than said': [`${chunked}3\r\nabcdef\r\n0\r\n\r\n`, false],
    'a chunk cut short': [`${chunked}40\r\nabc`, true],
    'a body cut short': [`${ok}Content-Length: 400\r\n\r\nabc`, true],
    'a length that is no number': [`${ok}Content-Length: many\r\n\r\nabc`, false],
    'a length below zero': [`${ok}Content-Length: -5\r\n\r\nabc`, false],
  }
  for (const [name, [answer, hangUp]] of Object.entries(bodies))
    it(`fails the request it answered with ${name}, and nothing else`, () =>
      withAnswer(answer, hangUp, (http) => assert.rejects(asked.request(http), (error) => codeOf(error) === 'bad_upstream')))

  it('fails the request that it answered with a length beyond what is held', () =>
    withAnswer(`${ok}Content-Length: 99999999999\r\n\r\nabc`, false, (http) =>
      assert.rejects(asked.request(http), (error) => codeOf(error) === 'too_large'),
    ))
})

describe('an engine that answers well', () => {
  const wholes: Record<string, [answer: string, body: string]> = {
    'a length': [`${ok}Content-Length: 3\r\n\r\nabc`, 'abc'],
    'chunks, of which one has an extension': [`${chunked}2;x=1\r\nab\r\n1\r\nc\r\n0\r\n\r\n`, 'abc'],
    'no body': ['HTTP/1.1 204 No Content\r\n\r\n', ''],
  }
  for (const [name, [answer, body]] of Object.entries(wholes))
    it(`is understood with ${name}, twice over one connection`, () =>
      withAnswer(answer, false, async (http) => {
        for (let i = 0; i < 2; i++) assert.equal((await asked.request(http)).body.toString(), body)
      }))

  it('hands over what follows the headers of a stream', () =>
    withAnswer(`${ok}\r\nfirst`, true, async (http) => {
      const { socket }: Streaming = await asked.stream(http)
      let text = ''
      for await (const part of socket) text += String(part)
      assert.equal(text, 'first')
    }))
})
