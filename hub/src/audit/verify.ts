import { join } from 'node:path'
import { keyText, type NoteKey } from '@fairlead/protocol/trail/note.ts'
import type { Database, Db } from '../base/db.ts'
import { checkTrail, type Problem, type TrailCheck, type Witnessed } from './check.ts'
import { checkpointAt } from './checkpoints.ts'
import { segmentsOf, wrongWith, type Kept } from './segments.ts'
import { tools, type TrailKey } from './trail-key.ts'
import { verifyFiles } from './verify-file.ts'

interface Verified {
  /** Rows that are in the table and were looked at. */
  readonly rows: number
  /** Rows before them, which are in archives. */
  readonly archived: number
  readonly ok: boolean
  /** The first row that does not fit. */
  readonly brokenAt?: number
  readonly why?: Problem['kind']
  /** Up to which row a signature holds. */
  readonly signed: number
}

const pageRows = 5000

/** Every row of the table against its hash, and all of them against what was signed, and what hosts saw. */
export async function verifyTable(
  db: Database,
  key: Pick<TrailKey, 'of'>,
  organization: string,
  seen: readonly Witnessed[] = [],
  kept?: Kept,
): Promise<Verified> {
  const check = checkTrail(key.of(organization), seen)
  const archived = await db.tx({ organization }, (sql) => begin(sql, check))
  if (kept !== undefined) await checkSegments(kept, key.of(organization), organization, check)
  let more = true
  while (more)
    more = await db.tx({ organization }, async (sql) => {
      const rows = await sql<{ seq: string; body: string; hash: Buffer }[]>`
        SELECT seq, body, hash FROM audit WHERE seq > ${check.size} ORDER BY seq LIMIT ${pageRows}`
      const last = Number(rows.at(-1)?.seq ?? check.size)
      const notes = await sql<{ size: string; note: string }[]>`
        SELECT size, note FROM audit_checkpoints WHERE size > ${archived} AND size > ${check.size} AND size <= ${last} ORDER BY size`
      let next = 0
      for (const { seq, body, hash } of rows) {
        check.row(Number(seq), body, hash)
        while (Number(notes[next]?.size ?? Infinity) <= check.size) check.checkpoint(notes[next++]!.note)
      }
      return rows.length > 0
    })
  const [newest] = await db.tx({ organization }, (sql) => sql<{ size: string | null }[]>`SELECT max(size) AS size FROM audit_checkpoints`)
  const most = Number(newest?.size ?? 0)
  if (most > check.size) check.wrong({ kind: 'missing', seq: check.size + 1, message: `Rows ${check.size + 1} to ${most} are missing.` })
  for (const { size, who } of seen)
    if (size > check.size) check.wrong({ kind: 'witness', seq: check.size + 1, message: `${who} saw ${size} rows.` })
  const first = check.problems.toSorted((a, b) => a.seq - b.seq)[0]
  const found = { rows: check.rows, archived, signed: check.signed }
  return first === undefined ? { ...found, ok: true } : { ...found, ok: false, brokenAt: first.seq, why: first.kind }
}

/** Each archive: the very file that was written, whole, signed, and after the one before it. */
async function checkSegments(kept: Kept, key: NoteKey, organization: string, check: TrailCheck): Promise<void> {
  let next = 1
  for (const segment of await segmentsOf(kept.db, organization)) {
    const { from, to, file } = segment
    if (from !== next) check.wrong({ kind: 'missing', seq: next, message: `No archive has the rows ${next} to ${from - 1}.` })
    next = to + 1
    const wrong = await wrongWith(kept, organization, segment)
    if (wrong !== undefined) {
      kept.onWrong?.(organization, wrong)
      check.wrong({ kind: 'archive', seq: from, message: wrong.message })
      continue
    }
    const [report] = await verifyFiles([join(kept.archiveDir, organization, file)], { key: keyText(tools.digest, key) })
    if (report?.ok === true && report.from === from && report.to === to) continue
    const message = report?.problems[0]?.message ?? `The archive ${file} does not hold rows ${from} to ${to}.`
    kept.onWrong?.(organization, { from, file, message })
    check.wrong({ kind: 'archive', seq: from, message })
  }
}

/** Rows that are archived are passed by: what was signed of them is where the rest begins. */
async function begin(sql: Db, check: TrailCheck): Promise<number> {
  const [cut] = await sql<{ to: string | null }[]>`SELECT max(to_seq) AS to FROM audit_archives`
  const archived = Number(cut?.to ?? 0)
  if (archived === 0) return 0
  const start = await checkpointAt(sql, archived)
  if (start === undefined) {
    check.wrong({
      kind: 'missing',
      seq: archived,
      message: `The checkpoint at row ${archived}, up to which rows are archived, is missing.`,
    })
    return 0
  }
  check.omitted(start.tree, start.head)
  check.checkpoint(start.note)
  return archived
}
