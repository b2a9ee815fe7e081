import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { inventory, InventoryChange, Row } from '@fairlead/protocol/features/inventory.ts'
import type { InventorySource } from './source.ts'

/** A piece of a snapshot stays well under the 32 KiB of one item. */
const pieceBytes = 20_000

/** Rows of every kind this host has: a snapshot of each, then what changes. */
export function serveInventory(sources: readonly InventorySource[]): Handlers<typeof inventory> {
  return {
    async *watch(_input, { signal }) {
      const pending = new Map<string, { set: Map<string, Row>; unset: Set<string>; reset: boolean }>()
      let wake = Promise.withResolvers<void>()
      const stops = sources.map((source) => {
        const changes = { set: new Map<string, Row>(), unset: new Set<string>(), reset: true }
        pending.set(source.kind, changes)
        const onChange = (set: Row[], unset: string[]) => {
          for (const row of set) {
            changes.set.set(row.id, row)
            changes.unset.delete(row.id)
          }
          for (const id of unset) {
            changes.unset.add(id)
            changes.set.delete(id)
          }
          wake.resolve()
        }
        return source.watch(onChange, () => {
          changes.reset = true
          wake.resolve()
        })
      })
      signal.addEventListener('abort', () => wake.resolve())
      try {
        while (!signal.aborted) {
          for (const source of sources) yield* drain(source, pending.get(source.kind)!)
          await wake.promise
          wake = Promise.withResolvers()
        }
      } finally {
        for (const stop of stops) stop()
      }
    },
  }
}

async function* drain(
  source: InventorySource,
  changes: { set: Map<string, Row>; unset: Set<string>; reset: boolean },
): AsyncGenerator<InventoryChange> {
  if (changes.reset) {
    changes.reset = false
    changes.set.clear()
    changes.unset.clear()
    // An engine that is down has nothing to say; it is asked again when the source says so.
    const rows = await source.snapshot().catch(() => undefined)
    if (rows === undefined) return
    const pieces = cut(rows)
    for (const [index, set] of pieces.entries())
      yield { kind: source.kind, reset: index === 0, done: index === pieces.length - 1, set, unset: [] }
  }
  if (changes.set.size === 0 && changes.unset.size === 0) return
  const pieces = cut([...changes.set.values()])
  const unset = [...changes.unset]
  changes.set.clear()
  changes.unset.clear()
  for (const [index, set] of pieces.entries()) yield { kind: source.kind, reset: false, done: false, set, unset: index === 0 ? unset : [] }
}

function cut(rows: readonly Row[]): Row[][] {
  const pieces: Row[][] = [[]]
  let bytes = 0
  for (const row of rows) {
    const size = JSON.stringify(row).length * 2
    if (bytes + size > pieceBytes && pieces.at(-1)!.length > 0) {
      pieces.push([])
      bytes = 0
    }
    pieces.at(-1)!.push(row)
    bytes += size
  }
  return pieces
}
