import type * as zlib from 'node:zlib'
import { FairleadError } from '../errors.ts'
import { limits } from './limits.ts'
import type { Packing } from './pack.ts'

/**
 * What hub and agent pack with: handed `node:zlib`. At once: an item is small, and a thread would cost more than it. But of many
 * that came together, 90 bytes may be 64 KiB each: after every `turnBytes` the others of the process have their turn.
 */
export function nodePacking({ deflateRawSync, inflateRawSync }: Pick<typeof zlib, 'deflateRawSync' | 'inflateRawSync'>): Packing {
  let turn: Promise<void> | undefined
  let turnBytes = 0
  return {
    deflate: (plain) => deflateRawSync(plain, { level: 1 }),
    inflate(packed, mostBytes) {
      const plain = inflateWhole(inflateRawSync, packed, mostBytes)
      turnBytes += plain.length + limits.pack.itemCostBytes
      if (turnBytes < limits.pack.turnBytes) return plain
      turn ??= new Promise((resolve) =>
        setImmediate(() => {
          turn = undefined
          turnBytes = 0
          resolve()
        }),
      )
      return turn.then(() => plain)
    },
  }
}

function inflateWhole(inflateRawSync: typeof zlib.inflateRawSync, packed: Uint8Array, mostBytes: number): Uint8Array {
  try {
    // The typings do not know what `info` makes of the answer.
    const { buffer, engine } = inflateRawSync(packed, { maxOutputLength: mostBytes, info: true }) as unknown as {
      readonly buffer: Uint8Array
      readonly engine: { readonly bytesWritten: number }
    }
    if (engine.bytesWritten !== packed.length) throw new FairleadError('invalid_input', 'Something follows the packed bytes.')
    return buffer
  } catch (cause) {
    const large = (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    throw new FairleadError(large ? 'too_large' : 'invalid_input', 'The packed bytes cannot be unpacked.', { cause })
  }
}
