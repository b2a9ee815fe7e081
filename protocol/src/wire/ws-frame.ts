import type { Writable } from 'node:stream'

/** Opcodes of whole messages, with FIN. */
export const wholeFrame = { binary: 0x82, close: 0x88, pong: 0x8a } as const

/** Up to here header and payload leave as one piece: a copy of so little costs less than a second piece does. */
const smallBytes = 16 * 1024
const maskBytes = 4

/**
 * One frame of a WebSocket. `masked`, as whoever dialled must, by a mask of zeros: masks guard caches on the way from bytes that a page
 * chose; here all that leaves is inside TLS or sealed, and masking every byte would cost both ends more than everything else they do with
 * it. `done`: the payload's memory may be written to again.
 */
export function writeFrame(
  socket: Writable,
  first: number,
  payload: Uint8Array,
  { masked, done }: { readonly masked: boolean; readonly done?: (() => void) | undefined },
): void {
  if (socket.destroyed || !socket.writable) return done?.()
  const { length } = payload
  const size = (length < 126 ? 2 : length < 65_536 ? 4 : 10) + (masked ? maskBytes : 0)
  const small = length < smallBytes
  const frame = Buffer.allocUnsafe(small ? size + length : size)
  frame.fill(0, 0, size)
  frame[0] = first
  frame[1] = (masked ? 0x80 : 0) | (length < 126 ? length : length < 65_536 ? 126 : 127)
  if (length >= 65_536) frame.writeUInt32BE(length, 6)
  else if (length >= 126) frame.writeUInt16BE(length, 2)
  if (small) {
    frame.set(payload, size)
    socket.write(frame)
    return done?.()
  }
  socket.cork()
  socket.write(frame)
  socket.write(payload, done === undefined ? undefined : () => done())
  socket.uncork()
}
