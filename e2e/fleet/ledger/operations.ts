import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Person } from '../console.ts'

/** One change that somebody wants done once, whatever dies meanwhile. */
export interface Operation {
  readonly number: number
  readonly host: string
  /** How the engine of its host is asked for it: no other operation is asked for so. */
  readonly marks: string
  /** undefined: nobody said yet how it ended. */
  outcome: 'succeeded' | 'unknown' | 'failed' | undefined
  /** What was said last, and how often it was asked. */
  said: string
  tries: number
  /** What was said how often. */
  readonly heard: Record<string, number>
}

interface Kind {
  readonly verb: string
  readonly body: (number: number) => object
  readonly marks: (number: number) => string
  /** How many can be told apart. */
  readonly most: number
}

/** Each carries its number to the engine in a field of its own. */
const kinds: readonly Kind[] = [
  { verb: 'restart', body: (n) => ({ timeoutSeconds: n }), marks: (n) => `/restart?t=${n}`, most: 3600 },
  { verb: 'stop', body: (n) => ({ timeoutSeconds: n }), marks: (n) => `/stop?t=${n}`, most: 3600 },
  { verb: 'kill', body: (n) => ({ signal: `SIGOP${n}` }), marks: (n) => `/kill?signal=SIGOP${n}`, most: 1e8 },
  { verb: 'rename', body: (n) => ({ name: `op-${n}` }), marks: (n) => `/rename?name=op-${n}`, most: 1e8 },
]

/** Codes after which the same is asked again under the same key: nobody knows, or nothing was begun. */
const again = /^(?:host_offline|refused|draining|expired|lost|deadline_exceeded|busy|rate_limited|too_many|unreachable)$/

/** Asks until somebody says how it ended, or until it was asked for `mostMs`. */
export async function operate(
  owner: Person,
  operation: { readonly number: number; readonly host: string; readonly container: string },
  mostMs: number,
  onNew: (operation: Operation) => void,
): Promise<Operation> {
  const { number, host, container } = operation
  const usable = kinds.filter(({ most }) => number < most)
  const { verb, body, marks } = usable[number % usable.length]!
  const own: Operation = { number, host, marks: marks(number), outcome: undefined, said: '', tries: 0, heard: {} }
  onNew(own)
  const key = randomUUID()
  const startMs = performance.now()
  while (own.outcome === undefined && performance.now() - startMs < mostMs) {
    own.tries++
    own.said = await askOnce(owner, `/api/v1/hosts/${host}/containers/${container}/${verb}`, body(number), key)
    own.heard[own.said] = (own.heard[own.said] ?? 0) + 1
    if (own.said === 'ok') own.outcome = 'succeeded'
    else if (own.said === 'unknown') own.outcome = 'unknown'
    else if (!again.test(own.said)) own.outcome = 'failed'
    else await sleep(400)
  }
  return own
}

async function askOnce(owner: Person, path: string, body: object, key: string): Promise<string> {
  try {
    const answer = await owner.ask('POST', path, { body, headers: { 'Idempotency-Key': key } })
    return answer.status === 200 ? 'ok' : String((answer.body['error'] as { code?: string } | undefined)?.code ?? answer.status)
  } catch {
    // The hub died under it.
    return 'unreachable'
  }
}
