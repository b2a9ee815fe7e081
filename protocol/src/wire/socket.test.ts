import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { overSocket, type SocketLike } from './socket.ts'

function fakeSocket() {
  const socket = { binaryType: '', readyState: 1, bufferedAmount: 0, send: () => undefined, close: () => undefined }
  const handlers = { onmessage: (_event: { data: unknown }): void => undefined, onclose: undefined, onerror: undefined }
  return Object.assign(socket, handlers) satisfies SocketLike
}

describe('a transport over a WebSocket', () => {
  it('hands over what ws received without copying it, and never as a Buffer', () => {
    const socket = fakeSocket()
    const transport = overSocket(socket, 'nodebuffer')
    const received: Uint8Array[] = []
    transport.onMessage = (message) => received.push(message as Uint8Array)
    const chunk = Buffer.from('..hello..')
    socket.onmessage({ data: chunk.subarray(2, 7) })
    const [message] = received
    assert.equal(socket.binaryType, 'nodebuffer')
    assert.equal(Buffer.isBuffer(message), false)
    assert.equal(message!.buffer, chunk.buffer)
    const copy = message!.slice()
    chunk.fill(0)
    // A Buffer's slice would show the zeros.
    assert.equal(Buffer.from(copy).toString(), 'hello')
  })

  it('takes what a browser hands over', () => {
    const socket = fakeSocket()
    const transport = overSocket(socket)
    const received: unknown[] = []
    transport.onMessage = (message) => received.push(message)
    socket.onmessage({ data: Uint8Array.of(1, 2).buffer })
    socket.onmessage({ data: '[]' })
    assert.deepEqual(received, [Uint8Array.of(1, 2), '[]'])
  })
})
