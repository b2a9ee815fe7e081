import { parseFilter, type Filter } from './filter.ts'
import { matchBlock, type Block } from './match.ts'

/** Asked of the worker: `n` comes back with the answer. */
export type MatchRequest =
  | { readonly n: number; readonly filter: string }
  | { readonly n: number; readonly block: Block }
  | { readonly n: number; readonly texts: readonly string[] }
export interface MatchAnswer {
  readonly n: number
  readonly fits?: Uint8Array
  readonly marks?: readonly (readonly number[])[]
}

/**
 * Where this very module lies: the page starts it a second time, as a worker, from the same file of its own origin. A
 * regular expression that never comes to an end can be stopped only there.
 */
export const workerUrl: string = import.meta.url

/** Answers requests, one after the other. */
export function makeAnswerer(): (request: MatchRequest) => MatchAnswer {
  let filter: Filter | undefined
  return (request) => {
    if ('filter' in request) {
      const parsed = parseFilter(request.filter)
      filter = 'why' in parsed ? undefined : parsed
      return { n: request.n }
    }
    if ('block' in request)
      return { n: request.n, fits: filter === undefined ? new Uint8Array(request.block.offsets.length) : matchBlock(filter, request.block) }
    return { n: request.n, marks: request.texts.map((text) => filter?.marks(text) ?? []) }
  }
}

const scope = globalThis as unknown as {
  readonly WorkerGlobalScope?: unknown
  addEventListener(type: 'message', listen: (event: { readonly data: MatchRequest }) => void): void
  postMessage(answer: MatchAnswer, move: readonly unknown[]): void
}
if (scope.WorkerGlobalScope !== undefined) {
  const answer = makeAnswerer()
  scope.addEventListener('message', ({ data }) => {
    const said = answer(data)
    scope.postMessage(said, said.fits === undefined ? [] : [said.fits.buffer])
  })
}
