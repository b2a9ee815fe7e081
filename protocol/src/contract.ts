import type * as z from 'zod/mini'

/** How the items of a stream become bytes: one item is the payload of one DATA frame, at most 32 KiB. */
export interface ItemCodec<Item> {
  /** `bytes`: frames may be cut and joined anywhere. `items`: one frame, one whole item. */
  readonly mode: 'bytes' | 'items'
  readonly encode: (item: Item) => Uint8Array
  /** Throws `invalid_input`. Every peer is hostile. */
  readonly decode: (payload: Uint8Array) => Item
}

type Schema = z.ZodMiniType

/** One question, one answer. */
export interface Call<I extends Schema = Schema, O extends Schema = Schema> {
  readonly kind: 'call'
  readonly input: I
  readonly output: O
  readonly options: MethodOptions
}

/** One question, a stream of items down. */
export interface Stream<I extends Schema = Schema, Item = any> {
  readonly kind: 'stream'
  readonly input: I
  readonly down: ItemCodec<Item>
  readonly options: MethodOptions
}

/** Items both ways; terminals are the example. SIGNAL frames (resize) travel beside `up`, in order. */
export interface Duplex<I extends Schema = Schema, Down = any, Up = any> {
  readonly kind: 'duplex'
  readonly input: I
  readonly down: ItemCodec<Down>
  readonly up: ItemCodec<Up>
  readonly options: MethodOptions
}

export type Method = Call | Stream | Duplex
export type Contract = Readonly<Record<string, Method>>

interface MethodOptions {
  /** Scheduling class on the wire: 1 terminals, 2 calls and events, 3 bulk. Default 2. */
  readonly priority?: 1 | 2 | 3
  /** How long an answer may take; 0 is for ever. Default 30,000 for calls, 0 for streams. */
  readonly deadlineMs?: number
  /** It changes something: carries an idempotency key, and is answered from the agent's journal when repeated. */
  readonly mutates?: boolean
  /** The stream survives the loss of the link: what was not yet credited is kept for this long. 0 or absent: it does not. */
  readonly resumeForMs?: number
  /**
   * A stream's items may travel packed, to whoever can unpack them. Never where what somebody else chose stands beside a secret: its
   * size would tell of it. Default false.
   */
  readonly packs?: boolean
}

export function call<I extends Schema, O extends Schema>(input: I, output: O, options: MethodOptions = {}): Call<I, O> {
  return { kind: 'call', input, output, options }
}

export function stream<I extends Schema, Item>(input: I, down: ItemCodec<Item>, options: MethodOptions = {}): Stream<I, Item> {
  return { kind: 'stream', input, down, options }
}

export function duplex<I extends Schema, Down, Up>(
  input: I,
  { down, up }: { down: ItemCodec<Down>; up: ItemCodec<Up> },
  options: MethodOptions = {},
): Duplex<I, Down, Up> {
  return { kind: 'duplex', input, down, up, options }
}

/** What a terminal's window or a signal says, beside the bytes. Kinds: `resize` [columns, rows], `working`, `mark`. */
export interface Signal {
  readonly kind: string
  readonly value: unknown
}

export interface CallContext {
  /** Fires when the caller left, the deadline passed or the link was lost for good. */
  readonly signal: AbortSignal
  /** The request id: one grep finds both ends. */
  readonly trace: string
}

export interface DuplexContext<Up> extends CallContext {
  /** Bytes or items from the other end; ends when they half-close. Pulling is what grants credit. */
  readonly up: AsyncIterable<Up>
  /** Called for each SIGNAL, in order with `up`. */
  onSignal(listener: (signal: Signal) => void): void
  /** At most 256 B; ordered with what the handler yields. */
  sendSignal(kind: string, value: unknown): void
  /** False while the link is gone and the stream waits for whoever may come back. */
  isConnected(): boolean
}

type In<S extends Schema> = z.input<S>
type Out<S extends Schema> = z.output<S>

type Handler<M, Context> =
  M extends Call<infer I, infer O>
    ? (input: Out<I>, context: CallContext & Context) => Promise<In<O>>
    : M extends Duplex<infer I, infer Down, infer Up>
      ? (input: Out<I>, context: DuplexContext<Up> & Context) => AsyncIterable<Down>
      : M extends Stream<infer I, infer Item>
        ? (input: Out<I>, context: CallContext & Context) => AsyncIterable<Item>
        : never

/**
 * What answers a contract: one object literal, checked for every method, literal and field.
 * `Context` is what one side adds: the hub hands its handlers the caller and the host.
 */
export type Handlers<C extends Contract, Context = unknown> = { readonly [K in keyof C]: Handler<C[K], Context> }

export interface CallOptions {
  readonly signal?: AbortSignal
  /** Overrides the method's own. */
  readonly deadlineMs?: number
  readonly trace?: string
  /** Makes a repeat of a mutation safe: 16 bytes. Drawn by the client when absent. */
  readonly idempotencyKey?: Uint8Array
  /** For bulk that is not kept: what was decoded is valid until the next item is asked for. */
  readonly lent?: boolean
}

/** What a stream brings. */
export interface Items<Item> extends AsyncIterable<Item> {
  /**
   * Hands each item to `take` when it comes, and the next one once its promise is settled. For what comes once in a while: nothing
   * waits in between. An item that is bytes is valid until `take` returns. `ended` is called once: at the end with nothing, else with
   * why the stream broke, or with what `take` threw, which leaves the stream.
   */
  each(take: (item: Item) => void | Promise<void>, ended: (error?: unknown) => void): void
}

/** The client's half of a duplex. */
interface DuplexEnd<Down, Up> extends AsyncIterable<Down> {
  /** Resolves when the window took it: a slow peer slows the writer. */
  send(item: Up): Promise<void>
  signal(kind: string, value: unknown): void
  onSignal(listener: (signal: Signal) => void): void
  /** Half-closes this direction; the other goes on. */
  end(): void
  /** Leaves at once. */
  close(): void
}

type Calling<M> =
  M extends Call<infer I, infer O>
    ? (input: In<I>, options?: CallOptions) => Promise<Out<O>>
    : M extends Duplex<infer I, infer Down, infer Up>
      ? (input: In<I>, options?: CallOptions) => DuplexEnd<Down, Up>
      : M extends Stream<infer I, infer Item>
        ? (input: In<I>, options?: CallOptions) => Items<Item>
        : never

/** What asks a contract. Leaving an iterable early is the cancel. */
export type Client<C extends Contract> = { readonly [K in keyof C]: Calling<C[K]> }
