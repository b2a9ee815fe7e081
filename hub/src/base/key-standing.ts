import type { Database } from './db.ts'
import type { SealedColumn } from './reseal.ts'

/** How far a change of the data key of an organization is. */
export interface KeyStanding {
  /** Since when the key seals that seals now; undefined: nothing was sealed yet. */
  readonly sinceMs: number | undefined
  readonly values: number
  /** Still under an older key. */
  readonly left: number
  /** Under a key that is kept by values that could not be opened. */
  readonly stuck: number
}

/** `told`: keys of which it is known that damaged values keep them. */
export function readKeyStanding(
  db: Database,
  organization: string,
  { columns, told }: { readonly columns: readonly SealedColumn[]; readonly told: ReadonlySet<string> },
): Promise<KeyStanding> {
  return db.tx({ organization }, async (sql) => {
    const [sealing] = await sql<{ id: string; created_at: Date }[]>`SELECT id, created_at FROM data_keys
      WHERE organization_id = ${organization} AND retired_at IS NULL`
    const counts = new Map<string, number>()
    for (const { table, column, of } of columns) {
      if (of === 'hub') continue
      const key = `${column}_key`
      const rows = await sql<{ id: string; n: number }[]>`SELECT ${sql(key)}::text AS id, count(*)::int AS n FROM ${sql(table)}
        WHERE organization_id = ${organization} GROUP BY 1`
      for (const { id, n } of rows) counts.set(id, (counts.get(id) ?? 0) + n)
    }
    const sum = (which: (id: string) => boolean) => [...counts].reduce((total, [id, n]) => total + (which(id) ? n : 0), 0)
    const isOld = (id: string) => id !== sealing?.id
    return {
      sinceMs: sealing?.created_at.getTime(),
      values: sum(() => true),
      left: sum(isOld),
      stuck: sum((id) => isOld(id) && told.has(id)),
    }
  })
}
