import { lineText } from './download.ts'
import type { Logs } from './logs.ts'
import type { LogStore } from './store.ts'

/** What is copied at most; a file takes the rest. */
const mostCopied = 100_000

/**
 * Whether anything is selected anywhere in the page. The page tells when that changes; asked within a drawing, it would lay out
 * what was drawn so far before it answers.
 */
export function watchSelection(): { readonly any: () => boolean; readonly stop: () => void } {
  const look = () => getSelection()?.isCollapsed === false
  let any = look()
  const changed = () => void (any = look())
  document.addEventListener('selectionchange', changed)
  return { any: () => any, stop: () => document.removeEventListener('selectionchange', changed) }
}

interface Ends {
  readonly first: number
  readonly last: number
}

/**
 * Rows at the ends of a selection stay in the page although they are no longer seen: those that belong before what is drawn,
 * and those that belong after it. Taken out, the selection would go with them.
 */
export function pinnedRows(block: HTMLElement, drawn: readonly number[], store: LogStore): readonly [number[], number[]] {
  const ends = selectedRows(block)
  const before: number[] = []
  const after: number[] = []
  if (ends === undefined) return [before, after]
  const here = new Set(drawn)
  const standing = [...block.children].map((row) => Number((row as HTMLElement).dataset['id']))
  const middle = standing.findIndex((id) => here.has(id))
  for (const id of new Set([ends.first, ends.last])) {
    if (here.has(id) || !store.has(id)) continue
    const at = standing.indexOf(id)
    const earlier = middle < 0 ? (drawn[0] === undefined ? true : store.time(id) <= store.time(drawn[0])) : at < middle
    ;(earlier ? before : after).push(id)
  }
  return [before, after]
}

function selectedRows(block: HTMLElement): Ends | undefined {
  const selection = getSelection()
  if (selection === null || selection.isCollapsed || selection.rangeCount === 0) return undefined
  const { startContainer, endContainer } = selection.getRangeAt(0)
  const first = rowOf(startContainer, block)
  const last = rowOf(endContainer, block)
  return first === undefined || last === undefined ? undefined : { first, last }
}

function rowOf(node: Node, block: HTMLElement): number | undefined {
  if (!block.contains(node)) return undefined
  const row = (node instanceof Element ? node : node.parentElement)?.closest<HTMLElement>('.line')
  return row?.dataset['id'] === undefined ? undefined : Number(row.dataset['id'])
}

/** A selection over rows that are not all drawn is copied from the lines themselves. */
export function copySelected(event: ClipboardEvent, block: HTMLElement, { store, rows, sources }: Logs): void {
  const ends = selectedRows(block)
  if (ends === undefined || ends.first === ends.last) return
  const { ids, length } = rows.order
  const from = ids.subarray(0, length).indexOf(ends.first)
  const to = ids.subarray(0, length).indexOf(ends.last)
  if (from < 0 || to < from) return
  const refs = sources.map(({ ref }) => ref)
  const lines: string[] = []
  for (let i = from; i <= Math.min(to, from + mostCopied); i++) lines.push(lineText(store, ids[i]!, refs))
  event.clipboardData?.setData('text/plain', `${lines.join('\n')}\n`)
  event.preventDefault()
}
