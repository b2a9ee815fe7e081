import { FairleadError } from '@fairlead/protocol/errors.ts'

export interface Response {
  readonly status: number
  /** Status line and headers, in lower case; `headerOf` reads it. */
  readonly head: string
  readonly body: Buffer
}

export interface Whole extends Response {
  /** The engine leaves the connection open for the next question. */
  readonly reusable: boolean
}

const mostHeaderBytes = 64 * 1024
const mostBodyBytes = 64 * 1024 * 1024
/** The line before a chunk, with its extensions. */
const mostSizeBytes = 4096
const firstBodyBytes = 16 * 1024
const none = Buffer.alloc(0)

/** What comes next of a body in chunks. */
type Next = 'size' | 'data' | 'gap' | 'trailer'

/** One answer, put together as it comes: each byte is looked at once, however many pieces there are, and copied. */
export class Answer {
  readonly #headOnly: boolean
  /** A head or a line that has not come whole. */
  #held: Buffer = none
  #head: { readonly status: number; readonly head: string } | undefined
  #chunked = false
  #next: Next = 'size'
  /** Still to come of the body, or of the chunk. */
  #left = 0
  #body: Buffer = none
  #bytes = 0

  constructor(headOnly: boolean) {
    this.#headOnly = headOnly
  }

  /** The answer, once it is whole. `piece` may be overwritten afterwards. Throws `bad_upstream` and `too_large`. */
  push(piece: Buffer): Whole | undefined {
    if (this.#head !== undefined) return this.#read(piece)
    const held = this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece])
    const parsed = parseHead(held)
    if (parsed === undefined) return void (this.#held = Buffer.from(held))
    this.#held = none
    this.#head = parsed
    const { status, head, bodyAt } = parsed
    if (this.#headOnly || status === 204 || status === 304) return this.#whole()
    this.#chunked = headerOf(head, 'transfer-encoding') === 'chunked'
    if (!this.#chunked) this.#left = lengthOf(head)
    return this.#read(held.subarray(bodyAt))
  }

  #read(piece: Buffer): Whole | undefined {
    if (this.#chunked) return this.#readChunks(piece)
    this.#take(piece, 0)
    return this.#left === 0 ? this.#whole() : undefined
  }

  #readChunks(piece: Buffer): Whole | undefined {
    let at = 0
    while (at < piece.length) {
      if (this.#next === 'data') {
        at = this.#take(piece, at)
        if (this.#left > 0) return undefined
        this.#next = 'gap'
        continue
      }
      const end = piece.indexOf(10, at)
      const line = this.#line(piece.subarray(at, end < 0 ? undefined : end + 1), end >= 0)
      if (line === undefined) return undefined
      at = end + 1
      if (this.#next === 'trailer') return this.#whole()
      if (this.#next === 'gap') this.#next = 'size'
      else this.#begin(line)
    }
    return undefined
  }

  /** A line without its end, when it is whole. */
  #line(part: Buffer, whole: boolean): string | undefined {
    const line = this.#held.length === 0 ? part : Buffer.concat([this.#held, part])
    if (this.#next === 'gap' && (line.length > 2 || line[0] !== 13)) throw malformed('a chunk is longer than it said')
    if (line.length > mostSizeBytes) throw malformed('the size of a chunk has no end')
    if (!whole) return void (this.#held = Buffer.from(line))
    this.#held = none
    if (line[line.length - 2] !== 13) throw malformed('a line ends in the middle')
    return line.toString('latin1', 0, line.length - 2)
  }

  #begin(line: string): void {
    const said = /^([0-9a-f]{1,8})(?:;.*)?$/i.exec(line)?.[1]
    if (said === undefined) throw malformed('the size of a chunk is no number')
    this.#left = Number.parseInt(said, 16)
    // Trailers may follow the last one; the answer is over at the end of the next line.
    this.#next = this.#left === 0 ? 'trailer' : 'data'
  }

  /** Copies what belongs to the body; answers how far it read. */
  #take(piece: Buffer, at: number): number {
    const end = Math.min(piece.length, at + this.#left)
    const bytes = this.#bytes + end - at
    if (bytes > mostBodyBytes) throw tooLarge()
    if (bytes > this.#body.length) {
      const grown = Buffer.allocUnsafe(Math.max(bytes, Math.min(mostBodyBytes, this.#body.length * 2), firstBodyBytes))
      this.#body.copy(grown, 0, 0, this.#bytes)
      this.#body = grown
    }
    piece.copy(this.#body, this.#bytes, at, end)
    this.#bytes = bytes
    this.#left -= end - at
    return end
  }

  #whole(): Whole {
    const { status, head } = this.#head!
    return { status, head, body: this.#body.subarray(0, this.#bytes), reusable: headerOf(head, 'connection') !== 'close' }
  }
}

export function parseHead(held: Buffer): { status: number; head: string; bodyAt: number } | undefined {
  const end = held.indexOf('\r\n\r\n')
  if (end < 0) {
    if (held.length > mostHeaderBytes) throw malformed('its headers have no end')
    return undefined
  }
  const head = held.toString('latin1', 0, end).toLowerCase()
  const status = /^http\/1\.[01] (\d{3})(?: |\r|$)/.exec(head)?.[1]
  if (status === undefined) throw malformed('its first line is none of HTTP')
  return { status: Number(status), head, bodyAt: end + 4 }
}

/** One header of many: the others are not worth an object. */
export function headerOf(head: string, name: 'api-version' | 'connection' | 'content-length' | 'transfer-encoding'): string | undefined {
  const at = head.indexOf(`\r\n${name}:`)
  if (at < 0) return undefined
  const from = at + name.length + 3
  const end = head.indexOf('\r\n', from)
  return head.slice(from, end < 0 ? undefined : end).trim()
}

function lengthOf(head: string): number {
  const said = headerOf(head, 'content-length') ?? '0'
  if (!/^\d{1,15}$/.test(said)) throw malformed('its length is no number')
  if (Number(said) > mostBodyBytes) throw tooLarge()
  return Number(said)
}

function malformed(what: string): FairleadError {
  return new FairleadError('bad_upstream', `The engine’s answer is malformed: ${what}. Restart the engine if it goes on so.`)
}

function tooLarge(): FairleadError {
  return new FairleadError('too_large', 'The engine answered with more than 64 MiB.')
}
