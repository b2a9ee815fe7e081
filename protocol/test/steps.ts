import { codeOf } from '../src/errors.ts'
import type { Clients } from '../src/wire/rpc.ts'
import type { Contract } from '../src/contract.ts'

/** One question of a hub and all that was said on the link because of it. */
export interface Step {
  readonly method: string
  readonly input: object
  /** Of a stream without end: so many, then it is left. */
  readonly items?: number
  /** What is typed into a terminal. */
  readonly send?: string
  /** Messages in base64, in their order. */
  readonly hub: readonly string[]
  readonly agent: readonly string[]
  /** What the hub made of it, as `plain` writes it. */
  readonly came: unknown
}

export interface Recorded {
  readonly version: string
  readonly hello: string
  readonly welcome: string
  readonly steps: readonly Step[]
}

type Asking = Pick<Step, 'method' | 'input' | 'items' | 'send'>
type Made = AsyncIterable<unknown> & { send?(item: unknown): Promise<void>; end?(): void }

/** Asks as a hub does, and gathers what comes: a reply, items and how they ended, or the code of a refusal. */
export async function ask(clients: Clients<Readonly<Record<string, Contract>>>, { method, input, items, send }: Asking): Promise<unknown> {
  const [feature = '', name = ''] = method.split('.')
  const call = clients[feature]![name]! as (input: object, options: object) => Promise<unknown> | Made
  try {
    const made = call(input, {})
    if (made instanceof Promise) return { reply: await made }
    const came: unknown[] = []
    const iterator = made[Symbol.asyncIterator]()
    if (send !== undefined) void made.send?.(new TextEncoder().encode(send)).catch(() => undefined)
    while (came.length < (items ?? Infinity)) {
      const next = await iterator.next()
      if (next.done === true) return { items: join(came), trailer: next.value ?? null }
      came.push(next.value)
    }
    await iterator.return?.()
    return { items: join(came) }
  } catch (error) {
    return { refused: codeOf(error) }
  }
}

/** Bytes may be cut and joined anywhere. */
function join(items: readonly unknown[]): unknown {
  return items.every((item) => item instanceof Uint8Array) ? [Buffer.concat(items)] : items
}

/** As JSON holds it. */
export function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, one: unknown) => {
      if (one instanceof Uint8Array) return { base64: Buffer.from(one).toString('base64') }
      // A Buffer has become an object before it is shown here.
      if (typeof one === 'object' && one !== null && (one as { type?: unknown }).type === 'Buffer')
        return { base64: Buffer.from((one as unknown as { data: number[] }).data).toString('base64') }
      return one
    }) ?? 'null',
  )
}
