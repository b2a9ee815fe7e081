import type { Row } from '@fairlead/protocol/features/inventory.ts'
import type { InventorySource } from '../inventory/source.ts'

/** Why the hub may change nothing of a container: it is protected, or what takes that away from all of them. */
export interface HeldOnes {
  why(container: { readonly id: string; readonly name: string }): 'protected' | 'mode' | 'file' | 'hub' | 'lock' | undefined
  onChange(listener: () => void): () => void
}

/** The same rows, those that are held with a fact that says why: a console shows what would be refused before it is asked for. */
export function markHeld({ kind, snapshot, watch }: InventorySource, held: HeldOnes): InventorySource {
  const mark = (row: Row): Row => {
    const why = held.why(row)
    return why === undefined ? row : { ...row, facts: { ...row.facts, held: why } }
  }
  return {
    kind,
    snapshot: async () => (await snapshot()).map(mark),
    watch(onChange, onReset) {
      const stops = [watch((set, unset) => onChange(set.map(mark), unset), onReset), held.onChange(onReset)]
      return () => stops.forEach((stop) => stop())
    },
  }
}
