import type { Call, CallContext, CallOptions, Client, Contract, Duplex, Handlers, Items, Method, Stream } from '../contract.ts'
import { codeOf, FairleadError, isCanceled } from '../errors.ts'
import { concat } from './concat.ts'
import { parseInput } from './input.ts'
import { createJournal, type Journal } from './journal.ts'
import { toHex } from './json-codec.ts'
import { limits } from './limits.ts'
import type { Listener } from './listening.ts'
import { relay } from './relay.ts'
import type { Clock } from './transport.ts'
import type { OpenMeta, Session, WireStream } from './types.ts'
import { createWorking, type Working } from './working.ts'

/** The wire stream behind an iterable that a client made: a handler that returns it is spliced, nothing is decoded. */
const wireOf = Symbol('wireOf')

export interface ServeOptions {
  /** What one side adds to a handler's context: the hub says who calls and about which host. Throwing refuses. */
  readonly context?: (stream: WireStream, method: Method, name: string) => unknown
  /**
   * What a key of the peer's own choosing is here, given what `context` added: of two peers, neither meets what the other named
   * with the same key. Absent: as it came.
   */
  readonly ownKey?: (key: Uint8Array, added: unknown) => Uint8Array
  /** Before a call that went well is answered: what must be kept before anybody hears of it. Throwing is what it then came to. */
  readonly settle?: (stream: WireStream, ms: number) => Promise<void>
  /** One line a request, when it is over. */
  readonly onDone?: (name: string, stream: WireStream, ms: number, error: unknown) => void
  /** Answers a repeat of a mutation with what the first one came to. Absent: one in memory. */
  readonly journal?: Journal
  /** Of what was asked, for a journal in memory: as it came, when absent. */
  readonly digest?: (text: string) => string
  readonly clock?: Clock
}

type AnyHandlers = Readonly<Record<string, Readonly<Record<string, (input: never, context: never) => unknown>>>>

/** Answers every OPEN from the handlers of the features; what they do not name is `unsupported`. */
export function serveFeatures(
  features: Readonly<Record<string, Contract>>,
  handlers: AnyHandlers,
  options: ServeOptions = {},
): (stream: WireStream) => void {
  const serving = {
    ...options,
    journal: options.journal ?? createJournal(options.clock, options.digest),
    working: createWorking(options.clock),
  }
  return (stream) => void serveOne(features, handlers, serving, stream)
}

type Serving = ServeOptions & { readonly journal: Journal; readonly working: Working }

async function serveOne(
  features: Readonly<Record<string, Contract>>,
  handlers: AnyHandlers,
  options: Serving,
  stream: WireStream,
): Promise<void> {
  const start = performance.now()
  let failure: unknown
  try {
    const [feature = '', name = ''] = stream.method.split('.', 2)
    const contract = Object.hasOwn(features, feature) ? features[feature] : undefined
    const method = contract !== undefined && Object.hasOwn(contract, name) ? contract[name] : undefined
    const handler = handlers[feature]?.[name]
    if (method === undefined || handler === undefined) throw new FairleadError('unsupported', `Nothing here answers "${stream.method}".`)
    const input = parseInput(method, stream.params)
    const added = (await options.context?.(stream, method, stream.method)) ?? {}
    const base = { signal: stream.signal, trace: stream.meta.trace ?? '', ...(added as object) }
    const meta = ownMeta(stream.meta, added, options)
    await answer(method, handler as (input: unknown, context: unknown) => unknown, input, base, stream, { ...options, meta, start })
  } catch (error) {
    // Whoever left does not hear how it ended, and their leaving is no failure.
    if (!stream.signal.aborted) {
      failure = error
      stream.reset(codeOf(error), sentence(error))
    }
  }
  options.onDone?.(stream.method, stream, performance.now() - start, isCanceled(failure) ? undefined : failure)
}

async function answer(
  method: Method,
  handler: (input: unknown, context: unknown) => unknown,
  input: unknown,
  base: CallContext,
  stream: WireStream,
  { journal, working, settle, meta, start }: Serving & { readonly meta: OpenMeta; readonly start: number },
): Promise<void> {
  if (method.kind === 'call') {
    const { idempotencyKey } = meta
    const run = async () => handler(input, base)
    const done = working.start(stream)
    try {
      if (method.options.mutates === true && idempotencyKey === undefined)
        throw new FairleadError('invalid_input', `"${stream.method}" changes something: it needs an idempotency key of 16 bytes.`)
      const value = await (method.options.mutates === true ? journal.once(toHex(idempotencyKey!), [stream.method, input], run) : run())
      await settle?.(stream, performance.now() - start)
      if (!stream.signal.aborted) stream.reply(value)
    } finally {
      done()
    }
    return
  }
  const context = method.kind === 'duplex' ? duplexContext(method, base, stream) : base
  const items = (await handler(input, context)) as AsyncIterable<unknown> & { readonly [wireOf]?: (meta: OpenMeta) => WireStream }
  const splice = items[wireOf]
  if (splice !== undefined) return relay(stream, splice(relayMeta(meta, method)))
  const iterator = items[Symbol.asyncIterator]()
  // What its clean-up throws has nobody left to hear it.
  const leave = () => void iterator.return?.(undefined)?.catch(() => undefined)
  stream.signal.addEventListener('abort', leave)
  if (stream.signal.aborted) return leave()
  stream.head({ mode: method.down.mode, ...(method.options.packs === true && stream.canPack ? { z: true } : {}) })
  try {
    for (;;) {
      const next = await iterator.next()
      if (next.done === true)
        return stream.end(typeof next.value === 'object' && next.value !== null ? (next.value as Record<string, unknown>) : {})
      await stream.write(method.down.encode(next.value))
    }
  } finally {
    leave()
  }
}

function ownMeta(meta: OpenMeta, added: unknown, { ownKey }: ServeOptions): OpenMeta {
  if (ownKey === undefined) return meta
  const { resumeKey, idempotencyKey } = meta
  return {
    ...meta,
    ...(resumeKey === undefined ? {} : { resumeKey: ownKey(resumeKey, added) }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey: ownKey(idempotencyKey, added) }),
  }
}

/** As the viewer asked, but never more under way than the queue of a relay may hold. */
function relayMeta(meta: OpenMeta, { options }: Method): OpenMeta {
  const windowBytes = Math.min(meta.windowBytes ?? limits.windowBytes, limits.queueBytes)
  // Forwarded undecoded: whether it may be packed is for the viewer to say, not for this hub.
  return { ...meta, windowBytes, priority: options.priority ?? 2, takesPacked: meta.takesPacked === true }
}

function duplexContext(method: Duplex, base: CallContext, stream: WireStream) {
  return {
    ...base,
    up: decodeAll(stream, method.up.decode),
    onSignal: (listener: (signal: { kind: string; value: unknown }) => void) =>
      void (stream.onSignal = (kind, value) => listener({ kind, value })),
    sendSignal: (kind: string, value: unknown) => stream.sendSignal(kind, value),
    isConnected: () => stream.connected,
  }
}

async function* decodeAll(stream: WireStream, decode: (payload: Uint8Array) => unknown): AsyncGenerator<unknown> {
  for await (const payload of stream) yield decode(payload)
}

function sentence(error: unknown): string {
  return error instanceof FairleadError
    ? error.message
    : 'Something went wrong on the other end; its log says what, under the id of this request.'
}

export type Clients<F extends Readonly<Record<string, Contract>>> = { readonly [K in keyof F]: Client<F[K]> }

interface ClientOptions {
  readonly decodeReply: (bytes: Uint8Array) => unknown
  readonly randomBytes: (count: number) => Uint8Array
  /** Added to the params of every request: `{ host }` for a console. */
  readonly params?: Readonly<Record<string, unknown>>
  /** false: answers are taken as they are (a console trusts its hub and has no schema library). */
  readonly parse?: boolean
}

/** Asks the other end: one function a method, typed by the contracts. */
export function openClient<F extends Readonly<Record<string, Contract>>>(
  session: () => Pick<Session, 'open'>,
  features: F,
  options: ClientOptions,
): Clients<F> {
  return Object.create(clientsOf(features), { made: { value: { session, options } satisfies Made } }) as Clients<F>
}

interface Made {
  readonly session: () => Pick<Session, 'open'>
  readonly options: ClientOptions
}

/** What clients of the same features share: a hub has one of each host, and a function a method of each would be most of it. */
const shared = new WeakMap<Readonly<Record<string, Contract>>, object>()

function clientsOf(features: Readonly<Record<string, Contract>>): object {
  const found = shared.get(features)
  if (found !== undefined) return found
  const clients = {}
  for (const [feature, contract] of Object.entries(features)) {
    const methods = {}
    for (const [name, method] of Object.entries(contract)) {
      const wireName = `${feature}.${name}`
      // Bound when it is asked for: a method may be taken out of its client.
      const get = function (this: { made: Made }) {
        return caller(this.made.session, wireName, method, this.made.options)
      }
      Object.defineProperty(methods, name, { get, enumerable: true })
    }
    const get = function (this: { made: Made }): unknown {
      return Object.create(methods, { made: { value: this.made } })
    }
    Object.defineProperty(clients, feature, { get, enumerable: true })
  }
  shared.set(features, clients)
  return clients
}

function caller(session: () => Pick<Session, 'open'>, name: string, method: Method, options: ClientOptions): unknown {
  const open = (input: unknown, given: CallOptions, meta: OpenMeta = {}) => {
    const stream = session().open(name, { ...(input as object), ...options.params }, { ...metaFor(method, given, options), ...meta })
    given.signal?.addEventListener('abort', () => stream.reset('canceled'), { once: true })
    if (given.signal?.aborted === true) stream.reset('canceled')
    return stream
  }
  if (method.kind === 'call') return async (input: unknown, given: CallOptions = {}) => finishCall(open(input, given), method, options)
  if (method.kind === 'duplex') return (input: unknown, given: CallOptions = {}) => duplexEnd((meta) => open(input, given, meta), method)
  return (input: unknown, given: CallOptions = {}) => ({
    [wireOf]: (meta: OpenMeta) => open(input, given, meta),
    [Symbol.asyncIterator]: () => new ItemReader(() => open(input, given), method.down.decode, given.lent === true),
    each: (take: Listener<unknown>['take'], ended: Listener<unknown>['ended']) => {
      let stream: WireStream
      try {
        stream = open(input, given)
      } catch (error) {
        return ended(error)
      }
      stream.listen({ decode: method.down.decode, take, ended })
    },
  })
}

/** Decodes what comes. No generator: a hub waits on three of these for every idle host. */
class ItemReader implements AsyncIterator<unknown> {
  readonly #open: () => WireStream
  readonly #decode: (payload: Uint8Array) => unknown
  readonly #lent: boolean
  #stream: WireStream | undefined
  #payloads: AsyncIterator<Uint8Array> | undefined
  #left = false

  constructor(open: () => WireStream, decode: (payload: Uint8Array) => unknown, lent: boolean) {
    this.#open = open
    this.#decode = decode
    this.#lent = lent
  }

  next(): Promise<IteratorResult<unknown>> {
    if (this.#left) return Promise.resolve({ done: true, value: undefined })
    try {
      this.#stream ??= this.#open()
      this.#payloads ??= this.#lent ? this.#stream.lent() : this.#stream[Symbol.asyncIterator]()
      return this.#payloads.next().then(this.#result)
    } catch (error) {
      return Promise.reject(error as Error)
    }
  }

  readonly #result = ({ done, value }: IteratorResult<Uint8Array>): IteratorResult<unknown> => {
    if (done === true) return { done, value: this.#stream?.trailer }
    try {
      return { done: false, value: this.#decode(value) }
    } catch (error) {
      void this.return()
      throw error
    }
  }

  async return(): Promise<IteratorResult<unknown>> {
    this.#left = true
    await this.#payloads?.return?.()
    return { done: true, value: undefined }
  }
}

function metaFor(method: Method, given: CallOptions, { randomBytes }: ClientOptions): OpenMeta {
  const { priority, mutates, resumeForMs, packs } = method.options
  const deadlineMs = given.deadlineMs ?? method.options.deadlineMs ?? (method.kind === 'call' ? 30_000 : 0)
  return {
    ...(priority === undefined ? {} : { priority }),
    ...(deadlineMs > 0 ? { deadlineMs } : {}),
    ...(mutates === true ? { idempotencyKey: given.idempotencyKey ?? randomBytes(16) } : {}),
    ...(resumeForMs === undefined ? {} : { resumeKey: randomBytes(16) }),
    ...(packs === true ? { takesPacked: true } : {}),
    ...(given.trace === undefined ? {} : { trace: given.trace }),
    ...(priority === 1 ? { windowBytes: limits.terminalWindowBytes } : {}),
  }
}

async function finishCall(stream: WireStream, method: Call, options: ClientOptions): Promise<unknown> {
  const answer = await stream.answered()
  const value = 'reply' in answer ? answer.reply : options.decodeReply(await gather(stream))
  if (options.parse === false) return value
  const result = method.output.safeParse(value)
  if (!result.success)
    throw new FairleadError(
      'bad_upstream',
      `The answer to ${stream.method} does not fit its contract; the host's agent may be too old or too new.`,
    )
  return result.data
}

async function gather(stream: WireStream): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let total = 0
  for await (const part of stream) {
    parts.push(part)
    total += part.length
    if (total > limits.largeReply.bytes) throw new FairleadError('too_large', 'The answer is larger than 64 MiB.')
  }
  return concat(parts)
}

/** Opened at the first use, so that a relay can open it with the key of whoever watches. */
function duplexEnd(open: (meta?: OpenMeta) => WireStream, method: Duplex) {
  let opened: WireStream | undefined
  const stream = () => (opened ??= open())
  return {
    [wireOf]: (meta: OpenMeta) => (opened ??= open(meta)),
    [Symbol.asyncIterator]: () => decodeAll(stream(), method.down.decode),
    send: (item: unknown) => stream().write(method.up.encode(item)),
    signal: (kind: string, value: unknown) => stream().sendSignal(kind, value),
    onSignal: (listener: (signal: { kind: string; value: unknown }) => void) =>
      void (stream().onSignal = (kind, value) => listener({ kind, value })),
    end: () => stream().end(),
    close: () => stream().reset('canceled'),
  }
}

/** A client without any wire: calls go straight to the handlers, parsed on both hops as on a real link. */
export function loopback<C extends Contract>(contract: C, handlers: Handlers<C>): Client<C> {
  const methods: Record<string, unknown> = {}
  for (const [name, method] of Object.entries(contract) as [string, Method][]) {
    const handler = handlers[name] as (input: unknown, context: unknown) => unknown
    methods[name] = (input: unknown, { signal = new AbortController().signal, trace = '' }: CallOptions = {}) => {
      const context = { signal, trace }
      if (method.kind === 'call') return (async () => method.output.parse(await handler(parseInput(method, input), context)))()
      return overItems(passItems(method as Stream, handler(parseInput(method, input), context) as AsyncIterable<unknown>))
    }
  }
  return methods as Client<C>
}

function overItems(items: AsyncIterable<unknown>): Items<unknown> {
  return {
    [Symbol.asyncIterator]: () => items[Symbol.asyncIterator](),
    each: (take, ended) => void hearAll(items, take).then(ended, ended),
  }
}

async function hearAll(items: AsyncIterable<unknown>, take: Listener<unknown>['take']): Promise<void> {
  for await (const item of items) await take(item)
}

async function* passItems(method: Stream, items: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  for await (const item of items) yield method.down.decode(method.down.encode(item))
}
