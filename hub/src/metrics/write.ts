import type { Database, Db } from '../base/db.ts'
import { gather, type HostBatch, type Row, type Span } from './gather.ts'

/** Batches of one organization, together about so many points: one transaction. */
const pointsPerWrite = 1000
const rowsPerStatement = 2000

export function splitBatches(batches: Iterable<HostBatch>): HostBatch[][] {
  const open = new Map<string, { batches: HostBatch[]; points: number }>()
  const writes: HostBatch[][] = []
  for (const batch of batches) {
    const own = open.get(batch.organization) ?? { batches: [], points: 0 }
    own.batches.push(batch)
    own.points += pointsOf(batch)
    open.set(batch.organization, own)
    if (own.points < pointsPerWrite) continue
    writes.push(own.batches)
    open.delete(batch.organization)
  }
  return [...writes, ...[...open.values()].map(({ batches }) => batches)]
}

/** A sample without points counts as well. */
export function pointsOf(batch: HostBatch | undefined): number {
  return batch?.samples.reduce((sum, { points }) => sum + points.length + 1, 0) ?? 0
}

/**
 * Figures and positions, whole or not at all. A batch whose position is there already was written by an attempt whose answer got
 * lost, and is not counted again. Answers the hosts of which something else was counted meanwhile, whose batches are not written.
 * `place` is rising from batch to batch.
 */
export async function writeBatches(db: Database, batches: readonly HostBatch[], place: number, nowMs: number): Promise<string[]> {
  const organization = batches[0]!.organization
  return db.tx({ organization }, async (sql) => {
    // Another hub that is just ending, or just beginning, writes before or after this.
    await sql`SELECT pg_advisory_xact_lock(hashtext('metrics'), hashtext(${organization}))`
    const known = await readKnown(sql, batches)
    const fresh = batches.filter((batch) => isAt(batch, known, ({ after }) => after))
    await writePositions(sql, organization, fresh, place)
    const rows = fresh.flatMap((batch) => gather(batch, nowMs).map((row) => ({ ...row, ...sumUp(row), host: batch.host })))
    for (let at = 0; at < rows.length; at += rowsPerStatement) await writeRows(sql, organization, rows.slice(at, at + rowsPerStatement))
    return batches.filter((batch) => !fresh.includes(batch) && !isAt(batch, known, ({ to }) => to)).map(({ host }) => host)
  })
}

/** By host, then boot. */
async function readKnown(sql: Db, batches: readonly HostBatch[]): Promise<Map<string, number>> {
  const rows = await sql<{ host: string; boot: string; seq: string }[]>`
    SELECT host_id AS host, boot_id AS boot, seq FROM metric_positions WHERE host_id = ANY(${batches.map(({ host }) => host)}::uuid[])`
  return new Map(rows.map(({ host, boot, seq }) => [`${host} ${boot}`, Number(seq)]))
}

/** Whether every boot of a batch is counted up to one end of it. A boot that is not known, or no longer, is where the batch begins. */
function isAt({ host, positions }: HostBatch, known: ReadonlyMap<string, number>, end: (span: Span) => number): boolean {
  return [...positions].every(([boot, span]) => (known.get(`${host} ${boot}`) ?? span.after) === end(span))
}

/** A row of the table; lists as PostgreSQL writes them. */
interface Line extends Omit<Row, 'samples'> {
  readonly host: string
  readonly counts: string
  readonly sums: string
  readonly maxima: string
}

/** No maximum where no sample had the figure. Plain loops: this is most of what the hub does for metrics. */
function sumUp({ samples }: Row): Pick<Line, 'counts' | 'sums' | 'maxima'> {
  let [counts, sums, maxima] = ['', '', '']
  for (let index = 0; index < samples[0]!.length; index++) {
    let count = 0
    let sum = 0
    let most = Number.NaN
    for (const values of samples) {
      const value = values[index]!
      if (Number.isNaN(value)) continue
      count++
      sum += value
      most = most > value ? most : value
    }
    const comma = index === 0 ? '' : ','
    counts += `${comma}${count}`
    sums += `${comma}${sum}`
    maxima += `${comma}${count === 0 ? 'NULL' : most}`
  }
  return { counts: `{${counts}}`, sums: `{${sums}}`, maxima: `{${maxima}}` }
}

/** Boots of one host whose positions are kept. */
export const mostBoots = 64

async function writePositions(sql: Db, organization: string, batches: readonly HostBatch[], place: number): Promise<void> {
  if (batches.length === 0) return
  const positions = batches.flatMap(({ host, positions }) => [...positions].map(([boot, { to }], index) => ({ host, boot, to, index })))
  await sql`
    INSERT INTO metric_positions (organization_id, host_id, boot_id, seq, place)
    SELECT ${organization}, * FROM unnest(${positions.map(({ host }) => host)}::uuid[], ${positions.map(({ boot }) => boot)}::text[],
      ${positions.map(({ to }) => to)}::bigint[], ${positions.map(({ index }) => place + index)}::bigint[])
    ON CONFLICT (organization_id, host_id, boot_id) DO UPDATE SET seq = EXCLUDED.seq, place = EXCLUDED.place`
  // A boot that is not among the last ones is not in any ring of seven days, unless somebody makes boots up.
  await sql`
    DELETE FROM metric_positions WHERE (host_id, boot_id) IN (
      SELECT host_id, boot_id FROM (
        SELECT host_id, boot_id, row_number() OVER (PARTITION BY host_id ORDER BY place DESC) AS nth
        FROM metric_positions WHERE host_id = ANY(${batches.map(({ host }) => host)}::uuid[])) AS ranked
      WHERE nth > ${mostBoots})`
}

async function writeRows(sql: Db, organization: string, lines: readonly Line[]): Promise<void> {
  const column = <K extends keyof Line>(name: K) => lines.map((line) => line[name])
  await sql`
    INSERT INTO metrics AS kept (organization_id, step, host_id, kind, subject, at, counts, sums, maxima)
    SELECT ${organization}, step, host, kind, subject, to_timestamp(at_ms / 1000), counts::int[], sums::double precision[], maxima::double precision[]
    FROM unnest(${column('step')}::int[], ${column('host')}::uuid[], ${column('kind')}::text[], ${column('subject')}::text[],
      ${column('atMs')}::double precision[], ${column('counts')}::text[], ${column('sums')}::text[], ${column('maxima')}::text[])
      AS given (step, host, kind, subject, at_ms, counts, sums, maxima)
    ON CONFLICT (organization_id, step, host_id, kind, subject, at) DO UPDATE SET
      counts = metric_counts(kept.counts, EXCLUDED.counts), sums = metric_sums(kept.sums, EXCLUDED.sums),
      maxima = metric_maxima(kept.maxima, EXCLUDED.maxima)`
}

export interface Position {
  readonly bootId: string
  readonly seq: number
}

/** Up to where the boots of each host are counted, the latest one last. */
export async function readPositions(db: Database, organization: string, hosts: readonly string[]): Promise<Map<string, Position[]>> {
  const rows = await db.tx(
    { organization },
    (sql) => sql<{ host: string; boot: string; seq: string }[]>`
      SELECT host_id AS host, boot_id AS boot, seq FROM metric_positions WHERE host_id = ANY(${hosts}::uuid[]) ORDER BY place`,
  )
  const found = new Map<string, Position[]>(hosts.map((host) => [host, []]))
  for (const { host, boot, seq } of rows) found.get(host)?.push({ bootId: boot, seq: Number(seq) })
  return found
}
