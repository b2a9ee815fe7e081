/** One value that is kept elsewhere: a path there, and a field of what is found at it. */
export interface ProvidedRef {
  readonly path: string
  readonly field: string
  /** Absent: the newest. */
  readonly version?: number
}

/** A store of secrets that is not the hub's own. It is asked anew each time: nothing of it is kept here. */
export interface SecretProvider {
  /** Throws `invalid_input` on a path that is none, `not_found`, or `bad_upstream` with what the store said in words, never with a value. */
  read(ref: ProvidedRef, signal?: AbortSignal): Promise<{ readonly value: string; readonly version: number }>
  /** Resolves when it answers and lets this hub in; throws `bad_upstream` with why not. */
  check(signal?: AbortSignal): Promise<void>
}
