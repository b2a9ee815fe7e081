import { createHash } from 'node:crypto'
import type { CallContext, Contract, Handlers, Method } from '@fairlead/protocol/contract.ts'
import { assert, codeOf, FairleadError, isCanceled } from '@fairlead/protocol/errors.ts'
import type { Capability } from '@fairlead/protocol/features/policy.ts'
import type { InTime } from '@fairlead/protocol/wire/hub-time.ts'
import type { Asked } from '../journal/entry.ts'
import type { Journal } from '../journal/journal.ts'
import type { Need } from './needs.ts'
import { judge, refuseProtected, type InForce, type Policy } from './policy.ts'
import type { ContainerNames } from './protect.ts'
import { rootOf } from './roots.ts'
import type { Why } from './rules.ts'

type Features = Readonly<Record<string, Contract>>
type AnyNeeds = Readonly<Record<string, Readonly<Record<string, Need>>>>
type AnyHandlers = Readonly<Record<string, (input: never, context: never) => unknown>>
export type HandlersOf<F extends Features> = { readonly [Name in keyof F]: Handlers<F[Name]> }

export interface GuardDeps {
  readonly policy: Pick<Policy, 'inForce' | 'onChange'>
  readonly journal: Pick<Journal, 'begin' | 'refuse' | 'keys'>
  /** The container of this id, beginning of an id, or name. */
  readonly container: (ref: string) => Promise<ContainerNames>
  /** The id of the container that a terminal is in; undefined: there is no such terminal. */
  readonly containerOfTerminal: (id: string) => Promise<string | undefined>
}

/** What the wire says of a request that changes something, beside its input. */
export interface Command {
  readonly inTime: InTime
  /** Absent from duplexes, which are opened anew. */
  readonly key?: string
}

/** One request, as it is judged: before it begins, and as long as it goes on. */
interface Request {
  readonly name: string
  readonly capabilities: readonly Capability[]
  container: ContainerNames | undefined
  /** What is to be read. */
  readonly path?: string
  /** Nothing was protected when it began: asked once something is. */
  readonly find?: () => Promise<ContainerNames | undefined>
}

const words: Readonly<Record<Why, string>> = {
  lock: 'it is locked. On the host: fairlead-agent unlock.',
  file: 'its policy denies it. On the host: fairlead-agent policy.',
  mode: 'it is more than the mode of its policy allows. On the host: fairlead-agent policy.',
  hub: 'the hub gave it away here. On the host: fairlead-agent policy widen.',
}

/**
 * Stands before everything that this host serves: local policy AND what the hub left itself AND lock, then the protected containers. What
 * changes something is in the journal before it begins and after it ended; what is refused, too. What goes on ends with the right to it.
 */
export function guardHandlers<F extends Features>(features: F, needs: AnyNeeds, handlers: HandlersOf<F>, deps: GuardDeps): HandlersOf<F> {
  const open = new Map<Request, AbortController>()
  deps.policy.onChange((now) => {
    for (const [request, controller] of open) void admitAgain(now, request, deps).catch((error: unknown) => controller.abort(error))
  })
  const guarded = Object.entries(features).map(([feature, contract]) => {
    const methods = Object.entries(contract).map(([name, method]) => {
      const handler = (handlers as Readonly<Record<string, AnyHandlers>>)[feature]![name]!
      const need = needs[feature]?.[name]
      const again = againOf(need, (handlers as Readonly<Record<string, AnyHandlers>>)[feature]!, handler as Guarded['handler'])
      const own = { name: `${feature}.${name}`, method, need, handler: handler as Guarded['handler'], again, open, deps }
      return [name, method.kind === 'call' ? guardCall(own) : guardStream(own)]
    })
    return [feature, Object.fromEntries(methods)]
  })
  return Object.fromEntries(guarded) as HandlersOf<F>
}

function againOf(need: Need | undefined, handlers: AnyHandlers, handler: Guarded['handler']): Guarded['again'] {
  if (need?.again === 'id') return ({ id }) => ({ id })
  if (need?.again === 'get') return ({ id }, context) => (handlers['get'] as Guarded['handler'])({ id }, context)
  return need?.again === 'self' ? handler : undefined
}

interface Guarded {
  readonly name: string
  readonly method: Method
  readonly need: Need | undefined
  readonly handler: (input: unknown, context: CallContext) => unknown
  readonly again: ((input: Input, context: CallContext) => unknown) | undefined
  readonly open: Map<Request, AbortController>
  readonly deps: GuardDeps
}

type Input = Readonly<Record<string, unknown>>

function guardCall(guarded: Guarded) {
  return async (input: Input, context: CallContext) => {
    const { input: own, asked } = await enter(guarded, input, context)
    const command = changes(guarded.method) ? claim(guarded, asked, context) : undefined
    if (command?.was === 'done') return answerAgain(guarded, own, context)
    const end = await begin(guarded, asked, command)
    try {
      const answer = await guarded.handler(own, context)
      await end(undefined)
      return answer
    } catch (error) {
      await end(error)
      throw error
    }
  }
}

function guardStream(guarded: Guarded) {
  const { open } = guarded
  return async function* (input: Input, context: CallContext): AsyncGenerator<unknown, unknown> {
    const { input: own, asked, request } = await enter(guarded, input, context)
    const controller = new AbortController()
    const stop = () => controller.abort()
    context.signal.addEventListener('abort', stop)
    if (context.signal.aborted) stop()
    open.set(request, controller)
    // Leaving is how a duplex ends. Of a command that was left nobody knows how far it came.
    let failure: unknown = guarded.method.kind === 'stream' ? new FairleadError('canceled', 'It was left.') : undefined
    let end: ((error: unknown) => Promise<void>) | undefined
    try {
      // It was allowed a moment ago; what came since then counts.
      admit(guarded.deps.policy.inForce(), request)
      const command = changes(guarded.method) ? claim(guarded, asked, context) : undefined
      if (command?.was === 'done') throw gone()
      end = await begin(guarded, asked, command)
      const items = guarded.handler(own, withSignal(context, controller.signal)) as AsyncGenerator<unknown, unknown>
      const trailer = yield* items
      refuseEnded(controller.signal)
      failure = undefined
      return trailer
    } catch (error) {
      failure = refusalOf(controller.signal) ?? error
      throw failure
    } finally {
      open.delete(request)
      context.signal.removeEventListener('abort', stop)
      await end?.(failure)
    }
  }
}

function changes({ kind, options }: Method): boolean {
  return kind === 'duplex' || options.mutates === true
}

interface Claimed extends Command {
  readonly was: 'fresh' | 'done'
}

/** In time, and under a key of its own. What is not is written down, and nothing of it is done. */
function claim({ deps: { journal } }: Guarded, asked: Asked, context: CallContext): Claimed {
  const { inTime, key } = context as CallContext & Partial<Command>
  try {
    // Whoever calls past the wire has no clock to be late by; on the wire each request has one.
    assert(inTime !== undefined, 'A request that changes something came without its time.')
    inTime.check()
    return { inTime, ...(key === undefined ? {} : { key }), was: key === undefined ? 'fresh' : journal.keys.claim(key, asked) }
  } catch (error) {
    journal.refuse(asked, (error as Error).message)
    throw error
  }
}

/** It was done before this agent started: the answer of then is gone, and what there is now is read. */
async function answerAgain({ again }: Guarded, input: Input, context: CallContext): Promise<unknown> {
  if (again === undefined) throw gone()
  return again(input, context)
}

const gone = () =>
  new FairleadError('conflict', 'This was done before under the same key, and is not done again; what it answered is no longer known.')

/** What others added to the context is on its prototype or in getters: it stays what it is. */
function withSignal(context: CallContext, signal: AbortSignal): CallContext {
  return Object.create(context, { signal: { value: signal, enumerable: true } }) as CallContext
}

function refusalOf({ aborted, reason }: AbortSignal): FairleadError | undefined {
  return aborted && reason instanceof FairleadError ? reason : undefined
}

function refuseEnded(signal: AbortSignal): void {
  const refusal = refusalOf(signal)
  if (refusal !== undefined) throw refusal
}

/** Throws `forbidden`, and writes that down. */
async function enter({ name, need, deps }: Guarded, input: Input, { trace }: CallContext) {
  const field = need?.container ?? need?.terminal ?? need?.path
  const asked: Asked = { method: name, trace, target: field === undefined ? '' : String(input[field]).slice(0, 256), hash: hashOf(input) }
  try {
    if (need === undefined) throw new FairleadError('forbidden', `Nobody said what "${name}" takes on a host, so nobody may ask for it.`)
    const capabilities = [need.can, (need as Need<Input>).also?.(input)].filter(
      (one) => one !== undefined && one !== 'link',
    ) as Capability[]
    const now = deps.policy.inForce()
    const path = need.path === undefined ? {} : { path: String(input[need.path]) }
    admit(now, { name, capabilities, container: undefined, ...path })
    const container = await find(now, need, input, deps)
    const request: Request = { name, capabilities, container, ...path, find: () => find(deps.policy.inForce(), need, input, deps) }
    admit(deps.policy.inForce(), request)
    // By the id that was judged: a name may be another one's by now.
    const own = need.container === undefined || container === undefined ? input : { ...input, [need.container]: container.id }
    return { request, asked, input: own }
  } catch (error) {
    if (codeOf(error) === 'forbidden') deps.journal.refuse(asked, (error as Error).message)
    throw error
  }
}

async function admitAgain(now: InForce, request: Request, { policy }: GuardDeps): Promise<void> {
  admit(now, request)
  if (now.guarded?.length === 0 || request.container !== undefined) return
  request.container = await request.find?.()
  admit(policy.inForce(), request)
}

/** The engine is asked only where something is protected. */
async function find({ guarded }: InForce, need: Need, input: Input, deps: GuardDeps): Promise<ContainerNames | undefined> {
  if (guarded?.length === 0) return undefined
  if (need.container !== undefined) return deps.container(String(input[need.container]))
  if (need.terminal === undefined) return undefined
  const id = await deps.containerOfTerminal(String(input[need.terminal]))
  return id === undefined ? undefined : deps.container(id).catch(() => ({ id, name: '' }))
}

function admit(now: InForce, { name, capabilities, container, path }: Request): void {
  for (const capability of capabilities) {
    const verdict = judge(now, capability)
    if (verdict !== 'yes')
      throw new FairleadError('forbidden', `This host does not let its hub do this (${name}, ${capability}): ${words[verdict]}`)
  }
  if (path !== undefined && rootOf(now.rules.files.read, path) === undefined)
    throw new FairleadError(
      'forbidden',
      `This host does not let its hub do this (${name}): that lies in no folder of files.read in its policy. On the host: fairlead-agent policy.`,
    )
  if (container !== undefined) refuseProtected(now, container)
}

async function begin({ method, deps }: Guarded, asked: Asked, command: Claimed | undefined): Promise<(error: unknown) => Promise<void>> {
  if (command === undefined) return async () => undefined
  const begun = await deps.journal.begin(asked, command.key)
  const startMs = performance.now()
  const end = (code: string) => begun.done(code, performance.now() - startMs)
  try {
    // The disk may have taken its time.
    command.inTime.check()
  } catch (error) {
    await end('expired')
    if (command.key !== undefined) deps.journal.keys.release(command.key)
    throw error
  }
  return (error) => end(error === undefined || (method.kind === 'duplex' && isCanceled(error)) ? 'ok' : codeOf(error))
}

/** Of what was asked: the journal proves it to whoever has the request, and tells nobody a secret that was in it. */
function hashOf(input: unknown): string {
  return createHash('sha256').update(JSON.stringify(input)).digest('hex')
}
