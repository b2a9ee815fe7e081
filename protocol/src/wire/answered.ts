export type Answer = { readonly reply: unknown } | { readonly head: Readonly<Record<string, unknown>> }

/** What the peer answered first. A promise is made for whoever asks: of most streams of a hub nobody does. */
export class Answered {
  #answer: Answer | undefined
  #error: Error | undefined
  #asked: PromiseWithResolvers<Answer> | undefined

  get(): Promise<Answer> {
    if (this.#answer !== undefined) return Promise.resolve(this.#answer)
    if (this.#asked === undefined) {
      this.#asked = Promise.withResolvers()
      this.#asked.promise.catch(() => undefined)
      if (this.#error !== undefined) this.#asked.reject(this.#error)
    }
    return this.#asked.promise
  }

  resolve(answer: Answer): void {
    if (this.#error === undefined) this.#answer ??= answer
    this.#asked?.resolve(answer)
  }

  reject(error: Error): void {
    this.#error ??= error
    this.#asked?.reject(error)
  }
}
