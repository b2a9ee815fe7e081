import { createHash } from 'node:crypto'
import { limits } from '@fairlead/protocol/wire/limits.ts'

const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** What somebody who understood the upgrade answers to this key. */
export function acceptOf(key: string): string {
  return createHash('sha1')
    .update(key + guid)
    .digest('base64')
}

/** Status 0: that is no HTTP. A header that is there twice is none. */
export function findHead(text: string): { readonly status: number; readonly of: (name: string) => string | undefined } {
  const [first = '', ...lines] = text.split('\r\n')
  const headers = lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()] as const)
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})(?: |$)/.exec(first)?.[1] ?? 0),
    of(name) {
      const found = headers.filter(([one]) => one === name)
      return found.length === 1 ? found[0]![1] : undefined
    },
  }
}

/** What a frame says that is no whole binary message. */
export type Control =
  | { readonly is: 'ping'; readonly bytes: Uint8Array }
  | { readonly is: 'pong' }
  | { readonly is: 'close'; readonly code: number; readonly reason: string }
  | { readonly is: 'wrong'; readonly code: number; readonly why: string }

const [goesOn, binary, close, ping, pong] = [0x0, 0x2, 0x8, 0x9, 0xa]
const mostControlBytes = 125
const text = new TextDecoder()

/**
 * Reads the frames that `MessageReader` leaves: each header by itself, then what it announced in pieces. A message in fragments is put
 * together, within the size and the number that a hub may take of an agent.
 */
export function readControl(said: (control: Control) => void, message: (whole: Uint8Array) => void): (bytes: Uint8Array) => void {
  let opcode = 0
  let final = false
  let frame = new Uint8Array(0)
  let filled = 0
  let left = 0
  let parts: Uint8Array[] = []
  let partBytes = 0

  const wrong = (code: number, why: string) => said({ is: 'wrong', code, why })

  function begin(header: Uint8Array): void {
    const [first = 0, second = 0] = header
    opcode = first & 0x0f
    final = first >= 0x80
    if ((first & 0x70) !== 0 || second >= 0x80) return wrong(1002, 'a frame that no hub sends')
    const length = lengthOf(header)
    if (opcode >= close ? !final || length > mostControlBytes || opcode > pong : opcode !== binary && opcode !== goesOn)
      return wrong(opcode === 1 ? 1003 : 1002, 'a frame that no hub sends')
    if ((opcode === goesOn) !== parts.length > 0 && opcode < close) return wrong(1002, 'a fragment out of turn')
    if (length + partBytes > limits.messageBytes || parts.length >= limits.webSocket.maxFragments) return wrong(1009, 'too large a message')
    frame = new Uint8Array(length)
    filled = 0
    left = length
    if (left === 0) finish()
  }

  function finish(): void {
    if (opcode === ping) return said({ is: 'ping', bytes: frame })
    if (opcode === pong) return said({ is: 'pong' })
    if (opcode === close) return said(closing(frame))
    parts.push(frame)
    partBytes += frame.length
    if (!final) return
    const whole = parts.length === 1 ? frame : Buffer.concat(parts)
    parts = []
    partBytes = 0
    message(new Uint8Array(whole.buffer, whole.byteOffset, whole.length))
  }

  return (bytes) => {
    if (left === 0) return begin(bytes)
    frame.set(bytes, filled)
    filled += bytes.length
    left -= bytes.length
    if (left === 0) finish()
  }
}

function lengthOf(header: Uint8Array): number {
  const short = header[1]! & 0x7f
  if (short < 126) return short
  return header.subarray(2, short === 126 ? 4 : 10).reduce((length, byte) => length * 256 + byte, 0)
}

/** 1005: it gave no reason. */
function closing(frame: Uint8Array): Control {
  if (frame.length === 0) return { is: 'close', code: 1005, reason: '' }
  if (frame.length === 1) return { is: 'wrong', code: 1002, why: 'half a reason' }
  return { is: 'close', code: frame[0]! * 256 + frame[1]!, reason: text.decode(frame.subarray(2)) }
}
