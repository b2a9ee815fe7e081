import type { Row } from '@fairlead/protocol/features/inventory.ts'
import type { InventorySource } from '../inventory/source.ts'

/** Those that nothing of the hub changes. */
export interface ProtectedOnes {
  has(container: { readonly id: string; readonly name: string }): boolean
  onChange(listener: () => void): () => void
}

/** The same rows, those that are protected with a fact that says so. */
export function markProtected({ kind, snapshot, watch }: InventorySource, protectedOnes: ProtectedOnes): InventorySource {
  const mark = (row: Row): Row => (protectedOnes.has(row) ? { ...row, facts: { ...row.facts, protected: true } } : row)
  return {
    kind,
    snapshot: async () => (await snapshot()).map(mark),
    watch(onChange, onReset) {
      const stops = [watch((set, unset) => onChange(set.map(mark), unset), onReset), protectedOnes.onChange(onReset)]
      return () => stops.forEach((stop) => stop())
    },
  }
}
