import { copyOf } from './blocks.ts'
import { limits } from './limits.ts'

/** The largest payload of a DATA frame. */
const slabBytes = limits.dataBytes
/** For less, a slab would be empty for the most part while it waits; the slices of slow links are 16 KiB. */
const slabFrom = (3 / 4) * slabBytes
/** So many wait to be used again, at most: what one stream has under way. */
const mostFree = 64

/** A payload of at least this part of the memory it came in is kept as it came. */
const wholeShare = 3

const free: ArrayBuffer[] = []
/** Those in use whose only holder is the wire: nobody else may still read them when they are given back. */
const out = new WeakSet<ArrayBufferLike>()

/**
 * A copy of a payload, of bulk in memory that is used again: new memory of 32 KiB costs more to collect than to fill. Once
 * nobody reads it any more `giveSlab` takes it back; what leaves the wire for good is let go by `ownSlab` before.
 */
export function inSlab(payload: Uint8Array): Uint8Array {
  if (payload.length < slabFrom || payload.length > slabBytes) return copyOf(payload)
  const copy = slabFor(payload.length)
  copy.set(payload)
  return copy
}

/** Memory, with whatever was in it, for a payload that is written to a stream and that nobody else keeps: `giveSlab` takes it back. */
export function slabFor(bytes: number): Uint8Array<ArrayBuffer> {
  if (bytes < slabFrom || bytes > slabBytes) return new Uint8Array(bytes)
  const slab = free.pop() ?? new ArrayBuffer(slabBytes)
  out.add(slab)
  return new Uint8Array(slab, 0, bytes)
}

/** What is received as it can be kept: in memory of its own, unless it is most of what it came in. `lent`: that is only valid now. */
export function keep(payload: Uint8Array, lent: boolean): Uint8Array {
  return !lent && payload.length * wholeShare >= payload.buffer.byteLength ? payload : inSlab(payload)
}

function isSlab({ buffer }: Uint8Array): boolean {
  return buffer.byteLength === slabBytes
}

/** Any part of it tells which slab it is; other memory is left alone. */
export function giveSlab(part: Uint8Array): void {
  if (isSlab(part) && out.delete(part.buffer) && free.length < mostFree) free.push(part.buffer as ArrayBuffer)
}

/** As `dropBlocks`. */
export function dropSlabs(): void {
  free.length = 0
}

/** It belongs to a reader from now on, who may keep it for ever, or hand it to several. */
export function ownSlab(payload: Uint8Array): void {
  if (isSlab(payload)) out.delete(payload.buffer)
}
