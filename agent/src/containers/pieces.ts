import type { Socket } from 'node:net'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { limits } from '@fairlead/protocol/wire/limits.ts'
import { logPieceBytes, mostPieceBytes, writeLogPiece } from '@fairlead/protocol/wire/log-batch.ts'
import { slabFor } from '@fairlead/protocol/wire/slabs.ts'
import { lend } from '../docker/engine.ts'
import { frameHeader, lengthOfFrame } from './split.ts'

/** What is written bit by bit waits so long for more. */
const quietMs = 2
/** Whoever takes them is slow: the engine has to wait, and with it the command. */
const mostReady = limits.roomBytes / limits.dataBytes

/**
 * What a command writes, as items of the log: the bytes as they were, line ends among them, each copied once. Pull, never push: the
 * engine's socket is read only while few items wait.
 */
export async function* readPieces(socket: Socket): AsyncGenerator<Uint8Array> {
  const ready: Uint8Array[] = []
  let wake = Promise.withResolvers<void>()
  let failure: unknown
  let over = false
  const pieces = createPieces((item) => void ready.push(item))
  const end = (error?: unknown) => {
    failure ??= error
    over = true
    wake.resolve()
  }
  // One timer for many reads: it is begun anew only where nothing waits for it.
  let timer: NodeJS.Timeout | undefined
  let readMs = 0
  const flush = () => {
    const restMs = readMs + quietMs - performance.now()
    timer = restMs > 0 ? setTimeout(flush, restMs) : undefined
    if (timer !== undefined) return
    pieces.flush()
    wake.resolve()
  }
  socket.on('error', end).once('end', () => end())
  socket.once('close', () => end())
  lend(socket, (bytes) => {
    try {
      pieces.push(bytes)
    } catch (error) {
      end(error)
      return false
    }
    if (pieces.begun) {
      readMs = performance.now()
      timer ??= setTimeout(flush, quietMs)
    }
    if (ready.length > 0) wake.resolve()
    return ready.length < mostReady
  })
  try {
    for (;;) {
      if (over) pieces.flush()
      while (ready.length > 0) yield ready.shift()!
      if (over) break
      wake = Promise.withResolvers()
      socket.resume()
      await wake.promise
    }
  } finally {
    clearTimeout(timer)
    socket.destroy()
  }
  if (failure === undefined) return
  if ((failure as NodeJS.ErrnoException).syscall === undefined) throw failure
  throw new FairleadError('bad_upstream', 'The container engine broke the command off; it is being restarted or has died.', {
    cause: failure,
  })
}

/** Takes the engine's frames, however they are cut; gives items of what is in them, each of one output. */
export function createPieces(give: (item: Uint8Array) => void) {
  const head = Buffer.alloc(frameHeader)
  let headBytes = 0
  /** Still to come of the frame. */
  let left = 0
  let source = 0
  let slab: Uint8Array | undefined
  let length = 0

  function flush(): void {
    if (length === 0) return
    const from = slab!
    // Most of a slab would wait for nothing.
    const small = length < mostPieceBytes / 2
    const item = small ? new Uint8Array(logPieceBytes(length)) : from.subarray(0, logPieceBytes(length))
    if (small) item.set(from.subarray(0, item.length))
    else slab = undefined
    writeLogPiece(item, { timeMs: Date.now(), source })
    length = 0
    give(item)
  }

  return {
    /** Something waits to be given. */
    get begun() {
      return length > 0
    },
    flush,
    /** `bytes` may be overwritten afterwards. */
    push(bytes: Buffer): void {
      for (let at = 0; at < bytes.length;) {
        if (left === 0) {
          const end = Math.min(bytes.length, at + frameHeader - headBytes)
          headBytes += bytes.copy(head, headBytes, at, end)
          at = end
          if (headBytes < frameHeader) return
          headBytes = 0
          left = lengthOfFrame(head, 0)
          const from = head[0] === 2 ? 1 : 0
          if (from !== source) flush()
          source = from
          continue
        }
        const end = Math.min(bytes.length, at + left, at + mostPieceBytes - length)
        slab ??= slabFor(logPieceBytes(mostPieceBytes))
        slab.set(bytes.subarray(at, end), logPieceBytes(length))
        length += end - at
        left -= end - at
        at = end
        if (length === mostPieceBytes) flush()
      }
    },
  }
}
