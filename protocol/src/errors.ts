/** Every code an error may carry, with what each edge makes of it. `retryable`: the same request may succeed later. */
export const codes = {
  invalid_input: { status: 400, exit: 64, retryable: false },
  unauthenticated: { status: 401, exit: 77, retryable: false },
  forbidden: { status: 403, exit: 77, retryable: false },
  /** Allowed, to whoever proves anew that it is them. */
  unproven: { status: 403, exit: 77, retryable: false },
  /** Allowed, once a second person agreed. */
  unapproved: { status: 403, exit: 77, retryable: false },
  not_found: { status: 404, exit: 66, retryable: false },
  conflict: { status: 409, exit: 73, retryable: false },
  too_large: { status: 413, exit: 65, retryable: false },
  rate_limited: { status: 429, exit: 75, retryable: true },
  canceled: { status: 499, exit: 130, retryable: false },
  internal: { status: 500, exit: 70, retryable: false },
  unsupported: { status: 501, exit: 69, retryable: false },
  bad_upstream: { status: 502, exit: 76, retryable: true },
  host_offline: { status: 503, exit: 68, retryable: true },
  deadline_exceeded: { status: 504, exit: 74, retryable: true },
  // Codes of the wire: what a peer says about a stream.
  busy: { status: 409, exit: 75, retryable: true },
  draining: { status: 503, exit: 75, retryable: true },
  flow: { status: 502, exit: 76, retryable: false },
  lost: { status: 502, exit: 76, retryable: false },
  /** Certainly not started: always safe to repeat. */
  refused: { status: 503, exit: 75, retryable: true },
  /** It came after the time until which it might begin: certainly not started. */
  expired: { status: 503, exit: 75, retryable: true },
  /** It was begun, and who did it ended before it knew how it went: looked at before it is asked anew. */
  unknown: { status: 502, exit: 70, retryable: false },
  too_many: { status: 429, exit: 75, retryable: true },
} as const satisfies Record<string, { status: number; exit: number; retryable: boolean }>

export type Code = keyof typeof codes

interface ErrorOptions {
  /** The foreign error behind this one: logged, never sent. */
  readonly cause?: unknown
  /** Facts for programs, safe to show to the caller. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** The one error class. Ask `codeOf(error)`, not `instanceof`: errors cross a wire. */
export class FairleadError extends Error {
  readonly code: Code
  readonly details: Readonly<Record<string, unknown>> | undefined

  constructor(code: Code, message: string, { cause, details }: ErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'FairleadError'
    this.code = code
    this.details = details
  }
}

/** The code of anything thrown; what is not ours is `internal`. */
export function codeOf(error: unknown): Code {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return isCode(code) ? code : 'internal'
}

export function isCode(value: unknown): value is Code {
  return typeof value === 'string' && Object.hasOwn(codes, value)
}

/** A person or a program left; nothing went wrong, nothing is logged. */
export function isCanceled(error: unknown): boolean {
  return codeOf(error) === 'canceled' || (error instanceof Error && error.name === 'AbortError')
}

/** Impossible states end the call, not the process. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new FairleadError('internal', message)
}
