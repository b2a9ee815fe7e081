import type { Row } from '@fairlead/protocol/features/inventory.ts'

/** Where rows of one kind come from. */
export interface InventorySource {
  readonly kind: string
  snapshot(): Promise<Row[]>
  /** `onReset`: what is known is no longer certain; ask for a snapshot again. The answer stops watching. */
  watch(onChange: (set: Row[], unset: string[]) => void, onReset: () => void): () => void
}
