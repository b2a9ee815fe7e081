import { readSegment, segmentsOf, type Kept, type TrailRow } from './segments.ts'

const pageRows = 1000

/** Rows after a place up to another one, in order, page by page; also those that are archived. */
export async function* readTrail(kept: Kept, organization: string, after: number, to: number): AsyncGenerator<readonly TrailRow[]> {
  const { db } = kept
  let last = after
  let gaps = 0
  while (last < to) {
    for (const segment of await segmentsOf(db, organization, last))
      for await (const page of readSegment(kept, organization, segment)) {
        const rows = page.filter(({ seq }) => seq > last && seq <= to)
        if (rows.length > 0) yield rows
        last = rows.at(-1)?.seq ?? last
        if (last >= to) return
      }
    const rows = await db.tx(
      { organization },
      (sql) => sql<{ seq: string; body: string; hash: Buffer }[]>`
        SELECT seq, body, hash FROM audit WHERE seq > ${last} AND seq <= ${to} ORDER BY seq LIMIT ${pageRows}`,
    )
    if (rows.length === 0) return
    // Archived between the two looks: looked for there again.
    if (Number(rows[0]!.seq) !== last + 1 && ++gaps < 3) continue
    yield rows.map(({ seq, body, hash }) => ({ seq: Number(seq), body, hash }))
    last = Number(rows.at(-1)!.seq)
  }
}
