import type { Span } from './ansi.ts'

export interface Piece extends Span {
  readonly hit: boolean
}

/** Cuts spans where a found text begins and ends. `marks`: start, end, start, end, in the plain text of the line. */
export function markSpans(spans: readonly Span[], marks: readonly number[]): Piece[] {
  const pieces: Piece[] = []
  let at = 0
  for (const span of spans) {
    const end = at + span.text.length
    let from = at
    for (let i = 0; i < marks.length; i += 2) {
      const start = Math.max(from, marks[i]!)
      const stop = Math.min(end, marks[i + 1]!)
      if (start >= stop) continue
      if (start > from) pieces.push({ ...span, text: span.text.slice(from - at, start - at), hit: false })
      pieces.push({ ...span, text: span.text.slice(start - at, stop - at), hit: true })
      from = stop
    }
    if (from < end) pieces.push({ ...span, text: span.text.slice(from - at), hit: false })
    at = end
  }
  return pieces
}
