import type { Inbox } from './inbox.ts'
import type { Unpacker } from './pack.ts'
import { giveSlab } from './slabs.ts'

/** What a listener asks of its stream. */
interface Listenable {
  readonly in: Inbox
  /** What comes is unpacked by this; null or undefined: it comes as it is. */
  readonly unpacker: Unpacker | null | undefined
  /** Why no more comes, when it is not the peer's END. */
  readonly error: Error | undefined
  grant(): void
  reachedEnd(): void
  leave(): void
}

/** What hears a stream. A promise for each would be what most of an idle host costs its hub: these are functions, called. */
export interface Listener<Item> {
  /** Makes an item of a payload, whose memory is lent. */
  readonly decode: (payload: Uint8Array) => Item
  /** The next one comes once its promise is settled. */
  readonly take: (item: Item) => void | Promise<void>
  /** Called once: with why the stream broke, or with what `take` or `decode` threw, which leaves it; at its end with nothing. */
  readonly ended: (error?: unknown) => void
}

/**
 * Hands over what comes on a stream when it comes. A reader that asks for the next payload leaves a dozen objects waiting for it,
 * which is most of what a hub keeps for an idle host; this leaves none.
 */
export class Listening<Item> {
  readonly #stream: Listenable
  readonly #listener: Listener<Item>
  #busy = false
  #over = false

  constructor(stream: Listenable, listener: Listener<Item>) {
    this.#stream = stream
    this.#listener = listener
  }

  /** True: it was heard as it came, and need not be kept. */
  hear(payload: Uint8Array): boolean {
    const { in: inbox, unpacker } = this.#stream
    if (this.#busy || this.#over || !inbox.empty || (unpacker !== null && unpacker !== undefined)) return false
    inbox.consumedBytes += payload.length
    this.#hand(payload)
    return true
  }

  /** Something waits, or nothing will come any more. */
  goOn(): void {
    while (!this.#busy && !this.#over) {
      const payload = this.#stream.in.shift()
      if (payload === undefined) return this.#end()
      this.#unpack(payload)
    }
  }

  #end(): void {
    const { in: inbox, error } = this.#stream
    if (error !== undefined) {
      this.#over = true
      this.#listener.ended(error)
    } else if (inbox.ended) {
      this.#over = true
      this.#stream.reachedEnd()
      this.#listener.ended()
    }
  }

  #unpack(payload: Uint8Array): void {
    try {
      const item = this.#stream.unpacker?.unpack(payload) ?? payload
      // It may still be read.
      if (item instanceof Promise) return void this.#wait(item.then((plain) => this.#take(plain)))
      this.#hand(item)
      giveSlab(payload)
    } catch (error) {
      this.#fail(error)
    }
  }

  #hand(payload: Uint8Array): void {
    try {
      const taken = this.#take(payload)
      if (taken === undefined) this.#stream.grant()
      else void this.#wait(taken)
    } catch (error) {
      this.#fail(error)
    }
  }

  #take(payload: Uint8Array): void | Promise<void> {
    const { decode, take } = this.#listener
    return take(decode(payload))
  }

  async #wait(taken: Promise<void>): Promise<void> {
    this.#busy = true
    try {
      await taken
    } catch (error) {
      return this.#fail(error)
    }
    this.#busy = false
    this.#stream.grant()
    this.goOn()
  }

  #fail(error: unknown): void {
    if (this.#over) return
    this.#over = true
    for (const payload of this.#stream.in.drain()) giveSlab(payload)
    this.#stream.leave()
    this.#listener.ended(error)
  }
}
