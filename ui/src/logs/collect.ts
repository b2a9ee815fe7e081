import type { Choice } from './rows.ts'
import type { LogStore, Order } from './store.ts'

/** Fills `into` with what is shown, and answers how many lines fit. Notices are always shown. */
export function collect(store: LogStore, choice: Choice, into: Order): number {
  return choice.around > 0 && !choice.highlight ? collectAround(store, choice, into) : collectPlain(store, choice, into)
}

/** A million lines are gone through while a frame waits: columns only, no call for each. */
function collectPlain(store: LogStore, { filter, highlight, hidden }: Choice, into: Order): number {
  const { ids, length } = store.order
  const shut = new Uint8Array(64)
  for (const source of hidden) shut[source] = 1
  const all = filter === ''
  const out = into.ids
  let chunk = store.chunks[0]!
  let hits = 0
  let count = 0
  for (let i = 0; i < length; i++) {
    const id = ids[i]!
    if (id < chunk.firstId || id >= chunk.firstId + chunk.count) chunk = store.chunkOf(id)
    const at = id - chunk.firstId
    const origin = chunk.origins[at]!
    if (shut[origin >> 2] === 1) continue
    const notice = (origin & 3) === 2
    const hit = !notice && (all || chunk.marks[at] === 1)
    if (hit) hits++
    if (hit || highlight || notice) out[count++] = id
  }
  into.length = count
  return hits
}

function collectAround(store: LogStore, { filter, around, hidden }: Choice, into: Order): number {
  const { ids, length } = store.order
  let hits = 0
  let out = 0
  let after = 0
  // The lines before, not shown so far: at most `around` of them.
  const before: number[] = []
  for (let i = 0; i < length; i++) {
    const id = ids[i]!
    if (hidden.size > 0 && hidden.has(store.source(id))) continue
    const notice = store.stream(id) === 2
    const hit = !notice && (filter === '' || store.marked(id))
    if (hit) hits++
    if (hit || notice || after > 0) {
      if (hit) {
        for (const earlier of before) into.ids[out++] = earlier
        after = around
      } else after--
      before.length = 0
      into.ids[out++] = id
    } else {
      if (before.length === around) before.shift()
      before.push(id)
    }
  }
  into.length = out
  return hits
}
