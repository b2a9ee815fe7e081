import { request } from 'node:https'
import { connect } from 'node:tls'
import { WebSocket } from 'ws'

/** Opens the door for agents and says something that no agent says; answers the close code, or 0 when it was not closed in time. */
export function sayAtTheDoor(port: number, say: (socket: WebSocket) => void, mostMs = 60_000): Promise<number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`wss://127.0.0.1:${port}/agent`, 'fairlead.1', { rejectUnauthorized: false })
    const timer = setTimeout(() => {
      socket.terminate()
      resolve(0)
    }, mostMs)
    const over = (code: number) => {
      clearTimeout(timer)
      resolve(code)
    }
    socket.once('open', () => say(socket))
    socket.once('close', over)
    // Refused before it was a WebSocket: 429, 503.
    socket.once('error', () => over(1006))
  })
}

/** Sends a request one byte at a time; answers how many bytes it got rid of before the connection ended. */
export function dripRequest(port: number, everyMs: number): Promise<number> {
  return new Promise((resolve) => {
    const text = `GET /agent HTTP/1.1\r\nHost: hub\r\n${'X-Slow: 1\r\n'.repeat(1000)}`
    let sent = 0
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      const timer = setInterval(() => socket.write(text[sent++ % text.length]!), everyMs)
      socket.once('close', () => {
        clearInterval(timer)
        resolve(sent)
      })
    })
    socket.on('error', () => undefined)
    // The end of the stream alone leaves our half open.
    socket.on('end', () => socket.destroy())
    socket.resume()
  })
}

/** A body that is promised and never comes whole. */
export function sendHalfABody(port: number): Promise<number> {
  return new Promise((resolve) => {
    const call = request(
      {
        port,
        host: '127.0.0.1',
        method: 'POST',
        path: '/api/v1/logins',
        rejectUnauthorized: false,
        headers: { 'Content-Type': 'application/json', 'Content-Length': '1000' },
      },
      (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      },
    )
    call.on('error', () => resolve(0))
    call.write('{"email":')
  })
}
