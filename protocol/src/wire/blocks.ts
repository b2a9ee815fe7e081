import { limits } from './limits.ts'

/** So many wait to be used again, at most. */
const mostFree = 16

/** No message is larger. */
export const blockBytes: number = limits.messageBytes

/** A message of at least so much is put together in a block; for less, memory of its own is cheaper. */
export const blockFrom = 16 * 1024

const free: Uint8Array[] = []

/**
 * Memory for one message, with whatever was in it. Every ArrayBuffer counts towards the next collection of the whole heap,
 * 64 MiB of them make one: bulk in messages of their own costs more to collect than to carry.
 */
export function takeBlock(): Uint8Array {
  return free.pop() ?? new Uint8Array(blockBytes)
}

/** Nobody reads or writes it any more. */
export function giveBlock(block: Uint8Array): void {
  if (free.length < mostFree) free.push(block)
}

/** Whatever waits to be used again is let go: who is quiet may be so for a week. */
export function dropBlocks(): void {
  free.length = 0
}

/** Memory of a message's own that nobody reads any more goes back at once, and not with the next collection, which it would bring nearer. */
export function dropMemory({ buffer, byteLength }: Uint8Array): void {
  if (byteLength >= blockFrom && buffer.byteLength === byteLength) (buffer as ArrayBuffer).transfer(0)
}

const smallBytes = 512

/** A copy that is the reader's own. Unlike `slice` it does not fill with zeros first what it then overwrites. */
export function copyOf(bytes: Uint8Array): Uint8Array {
  if (bytes.length <= smallBytes) return bytes.slice()
  return new Uint8Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
}
