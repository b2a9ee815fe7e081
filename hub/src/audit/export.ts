import type { AuditFits, AuditRow } from '@fairlead/protocol/features/audit.ts'
import { keyText } from '@fairlead/protocol/trail/note.ts'
import { growFrom, noLeaves } from '@fairlead/protocol/trail/tree.ts'
import { genesis } from '../base/audit.ts'
import type { Database } from '../base/db.ts'
import { checkpointBefore, type Checkpoints, type Stored } from './checkpoints.ts'
import { csvHead, csvLine } from './csv.ts'
import { fitsRow, isEverything } from './fits.ts'
import { checkpointLine, endLine, headerLine, omittedLine, rowLine } from './lines.ts'
import { readTrail } from './pages.ts'
import type { Kept } from './segments.ts'
import { tools, type TrailKey } from './trail-key.ts'

export interface ExportDeps extends Kept {
  readonly key: TrailKey
  readonly checkpoints: Checkpoints
}

/** The lines of an export, some at a time; every row that is in it is covered by a signature that is in it too. */
export async function* exportRows(deps: ExportDeps, organization: string, fits: Partial<AuditFits>): AsyncGenerator<Uint8Array> {
  const newest = await deps.checkpoints.take(organization)
  const start = fits.sinceMs === undefined ? undefined : await startOf(deps, organization, fits.sinceMs)
  yield* writeLines(deps, organization, {
    start,
    to: newest?.size ?? 0,
    wanted: fitsRow(fits),
    untilMs: fits.untilMs ?? Infinity,
    whole: isEverything(fits),
  })
}

interface Part {
  /** The checkpoint after which it begins. */
  readonly start: Stored | undefined
  readonly to: number
  readonly wanted: (body: string, timeMs: number) => boolean
  readonly untilMs: number
  /** Nothing is left out: every checkpoint is in it. */
  readonly whole: boolean
}

/** A part of the trail that ends at a checkpoint, as lines. */
export async function* writeLines(
  deps: ExportDeps,
  organization: string,
  { start, to, wanted, untilMs, whole }: Part,
): AsyncGenerator<Uint8Array> {
  const out = createLines()
  out.add(headerLine({ organization, key: keyText(tools.digest, deps.key.of(organization)), madeMs: Date.now() }))
  if (start !== undefined) out.add(omittedLine(start.tree, start.head) + checkpointLine(start.note))
  const notes = createNotes(deps.db, organization, to)
  let skipped = growFrom(tools.digest, noLeaves(start?.size ?? 0))
  let [head, last, count, fresh, over] = [start?.head ?? genesis, start?.size ?? 0, 0, false, false]
  const flush = () => {
    const range = skipped.range()
    if (range.to > range.from) out.add(omittedLine(range, head))
    skipped = growFrom(tools.digest, noLeaves(last))
  }
  for await (const rows of readTrail(deps, organization, last, to)) {
    for (const { seq, body, hash } of rows) {
      const { timeMs } = JSON.parse(body) as AuditRow
      over ||= timeMs >= untilMs
      if (over && !fresh) break
      if (wanted(body, timeMs)) {
        flush()
        out.add(rowLine(hash, body))
        skipped = growFrom(tools.digest, noLeaves(seq))
        fresh = true
        count++
      } else skipped.leaf(hash)
      head = hash
      last = seq
      // What was left out since the last row needs a checkpoint only if a row before it has none yet.
      const note = fresh || whole || seq === to ? await notes.at(seq) : undefined
      if (note === undefined) continue
      flush()
      out.add(checkpointLine(note))
      fresh = false
    }
    if (out.length > pieceBytes) yield out.take()
    if (over && !fresh) break
  }
  out.add(endLine(count))
  yield out.take()
}

/** The same rows for a spreadsheet. */
export async function* exportCsv(deps: ExportDeps, organization: string, fits: Partial<AuditFits>): AsyncGenerator<Uint8Array> {
  const newest = await deps.checkpoints.take(organization)
  const start = fits.sinceMs === undefined ? undefined : await startOf(deps, organization, fits.sinceMs)
  const wanted = fitsRow(fits)
  const out = createLines()
  out.add(csvHead)
  for await (const rows of readTrail(deps, organization, start?.size ?? 0, newest?.size ?? 0)) {
    for (const { body } of rows) {
      const row = JSON.parse(body) as AuditRow
      if (wanted(body, row.timeMs)) out.add(csvLine(row))
    }
    if (out.length > pieceBytes) yield out.take()
  }
  yield out.take()
}

const pieceBytes = 64 * 1024

function createLines() {
  let text = ''
  return {
    add: (line: string) => void (text += line),
    get length() {
      return text.length
    },
    take(): Uint8Array {
      const bytes = Buffer.from(text)
      text = ''
      return bytes
    },
  }
}

/** Rows of before a moment need not be read: a checkpoint that was signed before it has none after it. */
function startOf({ db }: ExportDeps, organization: string, sinceMs: number): Promise<Stored | undefined> {
  return db.tx({ organization }, (sql) => checkpointBefore(sql, { at: new Date(sinceMs) }))
}

/** The notes of a trail, asked for by size in rising order. */
function createNotes(db: Database, organization: string, to: number) {
  let [page, known]: [Map<number, string>, number] = [new Map(), -1]
  return {
    async at(size: number): Promise<string | undefined> {
      if (size > known) {
        const rows = await db.tx(
          { organization },
          (sql) => sql<{ size: string; note: string }[]>`
            SELECT size, note FROM audit_checkpoints WHERE size >= ${size} AND size <= ${to} ORDER BY size LIMIT 1000`,
        )
        page = new Map(rows.map((row) => [Number(row.size), row.note]))
        known = Number(rows.at(-1)?.size ?? to)
      }
      return page.get(size)
    },
  }
}
