import type * as zlib from 'node:zlib'
import { FairleadError } from '../errors.ts'
import type { Packing } from './pack.ts'

/** What hub and agent pack with: handed `node:zlib`. Both at once: an item is small, and a thread would cost more than it. */
export function nodePacking({ deflateRawSync, inflateRawSync }: Pick<typeof zlib, 'deflateRawSync' | 'inflateRawSync'>): Packing {
  return {
    deflate: (plain) => deflateRawSync(plain, { level: 1 }),
    inflate(packed, mostBytes) {
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
    },
  }
}
