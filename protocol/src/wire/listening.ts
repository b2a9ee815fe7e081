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

/** What hears the payloads of a stream: one is valid until it returns, and the next one comes once its promise is settled. */
export type Take = (payload: Uint8Array) => void | Promise<void>

/**
 * Hands over what comes on a stream when it comes. A reader that asks for the next payload leaves a dozen objects waiting for it,
 * which is most of what a hub keeps for an idle host; this leaves none.
 */
export class Listening {
  readonly #stream: Listenable
  readonly #take: Take
  readonly #ended = Promise.withResolvers<void>()
  #busy = false
  #over = false

  constructor(stream: Listenable, take: Take) {
    this.#stream = stream
    this.#take = take
  }

  /** Settles with the stream: rejects with why it broke, or with what the listener threw, which leaves it. */
  start(): Promise<void> {
    this.goOn()
    return this.#ended.promise
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
      this.#ended.reject(error)
    } else if (inbox.ended) {
      this.#over = true
      this.#stream.reachedEnd()
      this.#ended.resolve()
    }
  }

  #unpack(payload: Uint8Array): void {
    try {
      const item = this.#stream.unpacker?.unpack(payload) ?? payload
      // It may still be read.
      if (item instanceof Promise) return void this.#wait(item.then(this.#take))
      this.#hand(item)
      giveSlab(payload)
    } catch (error) {
      this.#fail(error)
    }
  }

  #hand(item: Uint8Array): void {
    try {
      const taken = this.#take(item)
      if (taken === undefined) this.#stream.grant()
      else void this.#wait(taken)
    } catch (error) {
      this.#fail(error)
    }
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
    this.#ended.reject(error as Error)
  }
}
