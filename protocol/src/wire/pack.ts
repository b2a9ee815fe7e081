import { codeOf, FairleadError, type Code } from '../errors.ts'
import { limits } from './limits.ts'

/** How one end packs and unpacks: handed in, since a hub and a browser have means of their own. */
export interface Packing {
  /** Raw deflate, level 1. Absent: this end only reads what is packed. */
  readonly deflate?: (plain: Uint8Array) => Uint8Array
  /**
   * Raw inflate of the whole of `packed`. Throws or rejects when it is broken, ends early or when something follows it, and with
   * `too_large` beyond `mostBytes`: it never makes much more than that of it.
   */
  readonly inflate: (packed: Uint8Array, mostBytes: number) => Uint8Array | Promise<Uint8Array>
}

/** The first byte of each item of a packed stream says what follows. */
const marker = { plain: 0, deflated: 1 } as const

/** Packed only items, only as was asked for, and never otherwise than what came already. */
export function agreesToPack(
  stream: {
    readonly opener: boolean
    readonly meta: { readonly takesPacked?: boolean; readonly resumeAt?: number }
    readonly in: { readonly receivedBytes: number }
    readonly unpacker: Unpacker | null | undefined
  },
  mode: unknown,
  packed: boolean,
): boolean {
  const { opener, meta, unpacker } = stream
  if (packed && !(opener && meta.takesPacked === true && mode === 'items')) return false
  const known = unpacker !== undefined
  const before = known && unpacker !== null
  return packed === before || stream.in.receivedBytes <= (known ? 0 : (meta.resumeAt ?? 0))
}

/** One item as it leaves on a packed stream; as it is when it is small, would not shrink, or without `deflate`. */
export function packItem(item: Uint8Array, deflate: Packing['deflate']): Uint8Array {
  const deflated = deflate === undefined || item.length < limits.pack.smallBytes ? undefined : deflate(item)
  const packs = deflated !== undefined && deflated.length < item.length
  const body = packs ? deflated : item
  const out = new Uint8Array(body.length + 1)
  out[0] = packs ? marker.deflated : marker.plain
  out.set(body, 1)
  return out
}

/** The item again. Throws or rejects with `too_large` for a bomb and `invalid_input` for everything else that is wrong. */
export function unpackItem(block: Uint8Array, inflate: Packing['inflate']): Uint8Array | Promise<Uint8Array> {
  const body = block.subarray(1)
  if (body.length === 0) throw broken()
  if (block[0] === marker.plain) return body
  if (block[0] !== marker.deflated) throw broken()
  const mostBytes = limits.pack.inflatedBytes
  try {
    const plain = inflate(body, mostBytes)
    return plain instanceof Promise ? plain.then(checked, refuse) : checked(plain)
  } catch (error) {
    return refuse(error)
  }
}

/** Unpacks what comes on one stream, one item after the other: a browser's inflater answers when it likes. */
export class Unpacker {
  readonly #inflate: Packing['inflate']
  readonly #stream: { reset(code: Code, message: string): void }
  #last: Promise<unknown> | undefined

  constructor(inflate: Packing['inflate'], stream: { reset(code: Code, message: string): void }) {
    this.#inflate = inflate
    this.#stream = stream
  }

  /** The item again, or undefined for the end, once all before it are unpacked. What is broken resets the stream. */
  take(block: Uint8Array | undefined): Promise<Uint8Array | undefined> {
    const item = (this.#last ?? Promise.resolve()).then(() => (block === undefined ? undefined : this.unpack(block)))
    this.#last = item
    return item
  }

  /** The item, for whoever asks for one after the other. */
  unpack(block: Uint8Array): Uint8Array | Promise<Uint8Array> {
    try {
      const item = unpackItem(block, this.#inflate)
      return item instanceof Promise ? item.catch((error: unknown) => this.#refuse(error)) : item
    } catch (error) {
      return this.#refuse(error)
    }
  }

  #refuse(error: unknown): never {
    this.#stream.reset(codeOf(error), (error as FairleadError).message)
    throw error
  }
}

function checked(plain: Uint8Array): Uint8Array {
  if (plain.length > limits.pack.inflatedBytes) throw tooLarge()
  if (plain.length === 0) throw broken()
  return plain
}

function refuse(error: unknown): never {
  throw codeOf(error) === 'too_large' ? tooLarge() : broken()
}

function tooLarge(): FairleadError {
  return new FairleadError('too_large', 'An item of the stream is larger than 64 KiB when it is unpacked.')
}

function broken(): FairleadError {
  return new FairleadError('invalid_input', 'An item of the stream is not packed as it must be.')
}
