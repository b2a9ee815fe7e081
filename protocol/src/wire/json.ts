import type * as z from 'zod/mini'
import type { ItemCodec } from '../contract.ts'
import { FairleadError } from '../errors.ts'

const text = new TextEncoder()
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** One item is one JSON document of at most 32 KiB; readable by a browser without a library. */
export function json<S extends z.ZodMiniType>(schema: S): ItemCodec<z.output<S>> {
  return {
    mode: 'items',
    encode: (item) => text.encode(JSON.stringify(item)),
    decode(payload) {
      const result = schema.safeParse(parse(payload))
      if (!result.success) throw new FairleadError('invalid_input', 'An item of the stream does not fit its contract.')
      return result.data as z.output<S>
    },
  }
}

function parse(payload: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(payload))
  } catch (cause) {
    throw new FairleadError('invalid_input', 'An item of the stream is not JSON.', { cause })
  }
}

/** Raw bytes, cut and joined anywhere. */
export const bytes: ItemCodec<Uint8Array> = { mode: 'bytes', encode: (item) => item, decode: (payload) => payload }
