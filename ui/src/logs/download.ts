import { save } from '../kit/export.ts'
import { plainLine } from './ansi.ts'
import { levelNames } from './level.ts'
import type { LogStore, Order } from './store.ts'
import type { SourceRef } from './sources.ts'

const slice = 5000
export const streamNames = ['stdout', 'stderr', 'notice'] as const

/** One line with everything known of it. `text` is as the program wrote it, colours included. */
export function lineRecord(store: LogStore, id: number, sources: readonly SourceRef[]): object {
  const source = sources[store.source(id)]
  const timeMs = store.time(id)
  return {
    time: Number.isFinite(timeMs) ? new Date(timeMs).toISOString() : null,
    timeMs,
    container: source?.name ?? '',
    host: source?.hostName ?? '',
    stream: streamNames[store.stream(id)],
    level: levelNames[store.level(id)],
    text: store.text(id),
  }
}

export function lineText(store: LogStore, id: number, sources: readonly SourceRef[]): string {
  const name = sources.length > 1 ? `${sources[store.source(id)]?.name ?? ''} ` : ''
  return `${new Date(store.time(id)).toISOString()} ${name}${plainLine(store.text(id))}`
}

/** The name of a file with one line, from what it is of. */
function lineFile(store: LogStore, id: number, sources: readonly SourceRef[]): string {
  const timeMs = store.time(id)
  const time = Number.isFinite(timeMs) ? `.${new Date(timeMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z` : ''
  return `${(sources[store.source(id)]?.name ?? 'line').replaceAll(/[^\w.-]/g, '_')}${time}.txt`
}

/** Hands over a line as the program wrote it, however long. */
export function saveLine(store: LogStore, id: number, sources: readonly SourceRef[]): void {
  save(lineFile(store, id, sources), 'text/plain;charset=utf-8', `${store.text(id)}\n`)
}

/** What is shown, as a file in pieces; the page breathes in between. */
export async function makeFile(store: LogStore, rows: Order, sources: readonly SourceRef[], format: 'text' | 'ndjson'): Promise<Blob> {
  // The log goes on meanwhile; the file holds what was shown when it was asked for.
  const ids = rows.ids.slice(0, rows.length)
  const parts: string[] = []
  for (let from = 0; from < ids.length; from += slice) {
    let part = ''
    for (let i = from; i < Math.min(ids.length, from + slice); i++) {
      const id = ids[i]!
      if (store.has(id)) part += `${format === 'text' ? lineText(store, id, sources) : JSON.stringify(lineRecord(store, id, sources))}\n`
    }
    parts.push(part)
    await new Promise((resolve) => setTimeout(resolve, 0))
  }
  return new Blob(parts, { type: format === 'text' ? 'text/plain;charset=utf-8' : 'application/x-ndjson' })
}
