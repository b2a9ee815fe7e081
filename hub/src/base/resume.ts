/** How a stream goes on over SSE after a break: each item has an id, and the last one seen says where to begin. */
export interface Resume {
  idOf(item: never): string
  /** What to ask for instead, or undefined when the id says nothing to this hub: the stream begins anew, with a reset. */
  after(
    params: Readonly<Record<string, unknown>>,
    id: string,
  ): { readonly params: Record<string, unknown>; skip?(item: never): boolean } | undefined
}

/** Rows of the audit trail have numbers without holes. */
export const bySeq: Resume = {
  idOf: ({ seq }: { seq: number }) => String(seq),
  after: (params, id) => (/^\d{1,15}$/.test(id) ? { params: { ...params, afterSeq: Number(id) } } : undefined),
}

/** Events have times only: of those of one very millisecond, as many are left out as were seen. */
export function byTime(): Resume {
  const last = { timeMs: Number.NaN, count: 0 }
  const note = (timeMs: number) => {
    if (timeMs === last.timeMs) last.count++
    else Object.assign(last, { timeMs, count: 1 })
  }
  return {
    idOf({ timeMs }: { timeMs: number }) {
      note(timeMs)
      return `${timeMs}-${last.count}`
    },
    after(params, id) {
      const place = readPlace(id)
      if (place === undefined) return undefined
      let left = place.lines
      const skip = ({ timeMs }: { timeMs: number }) => {
        if (timeMs !== place.timeMs || left-- <= 0) return false
        note(timeMs)
        return true
      }
      return { params: { ...params, sinceMs: place.timeMs - 0.001 }, skip }
    },
  }
}

/** Lines of a log: the agent itself leaves out those that were seen, and says a hole. */
export function byLine(): Resume {
  const { idOf } = byTime()
  let begin: { timeMs: number; lines: number } | undefined
  return {
    idOf(line: never) {
      const id = idOf(line)
      const place = readPlace(id)!
      return begin?.timeMs === place.timeMs ? `${place.timeMs}-${place.lines + begin.lines}` : id
    },
    after(params, id) {
      begin = readPlace(id)
      return begin === undefined ? undefined : { params: { ...params, after: begin } }
    },
  }
}

function readPlace(id: string): { timeMs: number; lines: number } | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,9})?)-(\d{1,9})$/.exec(id)
  return match === null ? undefined : { timeMs: Number(match[1]), lines: Number(match[2]) }
}
