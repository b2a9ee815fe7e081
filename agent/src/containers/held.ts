import type { Row } from '@fairlead/protocol/features/inventory.ts'
import type { InventorySource } from '../inventory/source.ts'

interface Named {
  readonly id: string
  readonly name: string
}
type Why = 'protected' | 'mode' | 'file' | 'hub' | 'lock' | undefined

/** Why the hub may change nothing of a container, or open no terminal in it: it is protected, or what takes that away from all of them. */
export interface HeldOnes {
  why(container: Named): Why
  shut(container: Named): Why
  onChange(listener: () => void): () => void
}

/** The same rows, those that are held with a fact that says why: a console shows what would be refused before it is asked for. */
export function markHeld({ kind, snapshot, watch }: InventorySource, held: HeldOnes): InventorySource {
  const mark = (row: Row): Row => {
    const [why, shut] = [held.why(row), held.shut(row)]
    if (why === undefined && shut === undefined) return row
    return { ...row, facts: { ...row.facts, ...(why && { held: why }), ...(shut && { shut }) } }
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
