import { FairleadError } from '../errors.ts'
import { concat } from './concat.ts'
import type { Packing } from './pack.ts'

/** What a console unpacks with: the browser's own. Undefined where there is none; everything then comes as it is. */
export function webPacking(): Packing | undefined {
  try {
    void new DecompressionStream('deflate-raw')
  } catch {
    return undefined
  }
  return { inflate }
}

async function inflate(packed: Uint8Array, mostBytes: number): Promise<Uint8Array> {
  const { readable, writable } = new DecompressionStream('deflate-raw')
  const writer = writable.getWriter()
  // Whatever is wrong shows on the reading side, too.
  writer.write(packed as Uint8Array<ArrayBuffer>).catch(() => undefined)
  writer.close().catch(() => undefined)
  const reader = readable.getReader() as ReadableStreamDefaultReader<Uint8Array>
  const parts: Uint8Array[] = []
  let total = 0
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    parts.push(next.value)
    total += next.value.length
    if (total <= mostBytes) continue
    reader.cancel().catch(() => undefined)
    throw new FairleadError('too_large', 'The packed bytes are too many when they are unpacked.')
  }
  return parts.length === 1 ? parts[0]! : concat(parts)
}
