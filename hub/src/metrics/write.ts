import type { Database, Db } from '../base/db.ts'
import type { HostBatch, Row } from './gather.ts'
import { steps } from './steps.ts'

/** Batches of one organization, together about so many rows: one transaction. */
const rowsPerWrite = 2000

export function splitBatches(batches: Iterable<HostBatch>): HostBatch[][] {
  const open = new Map<string, { batches: HostBatch[]; rows: number }>()
  const writes: HostBatch[][] = []
  for (const batch of batches) {
    const own = open.get(batch.organization) ?? { batches: [], rows: 0 }
    own.batches.push(batch)
    own.rows += batch.rows.size
    open.set(batch.organization, own)
    if (own.rows < rowsPerWrite) continue
    writes.push(own.batches)
    open.delete(batch.organization)
  }
  return [...writes, ...[...open.values()].map(({ batches }) => batches)]
}

/**
 * Figures and positions, whole or not at all. A batch whose position is there already was written by an attempt whose answer got
 * lost, and is not counted again. `place` is rising from batch to batch.
 */
export async function writeBatches(db: Database, batches: readonly HostBatch[], place: number, nowMs: number): Promise<void> {
  const organization = batches[0]!.organization
  await db.tx({ organization }, async (sql) => {
    const fresh = await writePositions(sql, organization, batches, place)
    const rows = batches
      .filter(({ host }) => fresh.has(host))
      .flatMap(({ host, rows }) => [...rows.values()].filter((row) => isKept(row, nowMs)).map((row) => ({ host, row })))
    for (let at = 0; at < rows.length; at += rowsPerWrite) await writeRows(sql, organization, rows.slice(at, at + rowsPerWrite))
  })
}

/** A batch may have waited for the database longer than its partitions live. */
function isKept({ step, atMs }: Row, nowMs: number): boolean {
  const { keepMs } = steps.find((one) => one.step === step)!
  return nowMs - atMs < keepMs + step * 1000
}

/** Boots of one host whose positions are kept. */
export const mostBoots = 64

/** Hosts whose batch was not written before. */
async function writePositions(sql: Db, organization: string, batches: readonly HostBatch[], place: number): Promise<Set<string>> {
  const positions = batches.flatMap(({ host, positions }) => [...positions].map(([boot, seq], index) => ({ host, boot, seq, index })))
  const moved = await sql<{ host: string }[]>`
    INSERT INTO metric_positions (organization_id, host_id, boot_id, seq, place)
    SELECT ${organization}, * FROM unnest(${positions.map(({ host }) => host)}::uuid[], ${positions.map(({ boot }) => boot)}::text[],
      ${positions.map(({ seq }) => seq)}::bigint[], ${positions.map(({ index }) => place + index)}::bigint[])
    ON CONFLICT (organization_id, host_id, boot_id) DO UPDATE SET seq = EXCLUDED.seq, place = EXCLUDED.place
      WHERE metric_positions.seq < EXCLUDED.seq
    RETURNING host_id AS host`
  // A boot that is not among the last ones is not in any ring of 24 h, unless somebody makes boots up.
  await sql`
    DELETE FROM metric_positions WHERE (host_id, boot_id) IN (
      SELECT host_id, boot_id FROM (
        SELECT host_id, boot_id, row_number() OVER (PARTITION BY host_id ORDER BY place DESC) AS nth
        FROM metric_positions WHERE host_id = ANY(${batches.map(({ host }) => host)}::uuid[])) AS ranked
      WHERE nth > ${mostBoots})`
  return new Set(moved.map(({ host }) => host))
}

async function writeRows(sql: Db, organization: string, rows: readonly { host: string; row: Row }[]): Promise<void> {
  const column = <T>(pick: (row: Row) => T) => rows.map(({ row }) => pick(row))
  const list = (values: readonly (number | null)[]) => `{${values.map((value) => value ?? 'NULL').join(',')}}`
  await sql`
    INSERT INTO metrics AS kept (organization_id, step, host_id, kind, subject, at, counts, sums, maxima)
    SELECT ${organization}, step, host, kind, subject, to_timestamp(at_ms / 1000), counts::int[], sums::double precision[], maxima::double precision[]
    FROM unnest(${column(({ step }) => step)}::int[], ${rows.map(({ host }) => host)}::uuid[], ${column(({ kind }) => kind)}::text[],
      ${column(({ subject }) => subject)}::text[], ${column(({ atMs }) => atMs)}::double precision[], ${column(({ counts }) => list(counts))}::text[],
      ${column(({ sums }) => list(sums))}::text[], ${column(({ maxima }) => list(maxima))}::text[])
      AS given (step, host, kind, subject, at_ms, counts, sums, maxima)
    ON CONFLICT (organization_id, step, host_id, kind, subject, at) DO UPDATE SET
      counts = metric_counts(kept.counts, EXCLUDED.counts), sums = metric_sums(kept.sums, EXCLUDED.sums),
      maxima = metric_maxima(kept.maxima, EXCLUDED.maxima)`
}

export interface Position {
  readonly bootId: string
  readonly seq: number
}

/** Up to where a host's boots are counted, the latest one last. */
export async function readPositions(db: Database, organization: string, host: string): Promise<Position[]> {
  const rows = await db.tx(
    { organization },
    (sql) => sql<{ boot: string; seq: string }[]>`
      SELECT boot_id AS boot, seq FROM metric_positions WHERE host_id = ${host} ORDER BY place`,
  )
  return rows.map(({ boot, seq }) => ({ bootId: boot, seq: Number(seq) }))
}
