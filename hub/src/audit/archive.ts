import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { Readable, Transform } from 'node:stream'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Database, Db } from '../base/db.ts'
import type { Log } from '../base/log.ts'
import { checkpointAt, checkpointBefore, organizationsOf, type Stored } from './checkpoints.ts'
import { writeLines, type ExportDeps } from './export.ts'
import { verifyFiles } from './verify-file.ts'

interface ArchiveDeps extends ExportDeps {
  readonly log: Log
  readonly now?: () => number
  /** Rows of one archive; it ends at the next checkpoint. */
  readonly segmentRows?: number
  readonly everyMs?: number
}

export interface Archives {
  /** Archives what is due now. Resolves with the count of archives made. */
  tend(): Promise<number>
  keepDays(organization: string): Promise<number | null>
  setKeepDays(organization: string, keepDays: number | null): Promise<void>
  close(): Promise<void>
}

/** Moves rows that are older than their organization keeps them into files, whole parts of the trail at a time. */
export function openArchives(deps: ArchiveDeps): Archives {
  const { db, log, everyMs = 3_600_000 } = deps
  let closed = false
  let round: Promise<number> | undefined

  async function goThrough(): Promise<number> {
    let made = 0
    const failed: unknown[] = []
    for (const organization of await organizationsOf(db))
      await alone(db, organization, async () => {
        await sweep(deps, organization)
        while (!closed && (await archiveNext(deps, organization))) made++
      }).catch((error: unknown) => failed.push(error))
    // What is wrong with one trail keeps no other from being archived.
    if (failed.length > 0) throw failed[0]
    return made
  }
  const tend = () => (round ??= goThrough().finally(() => (round = undefined)))
  const timer = setInterval(
    () =>
      void tend().catch((error: unknown) =>
        log('warn', 'rows of the trail were not archived; tried again in an hour', { error: String(error) }),
      ),
    everyMs,
  ).unref()

  return {
    tend,
    async keepDays(organization) {
      const [row] = await db.tx({ organization }, (sql) => sql<{ keep_days: number | null }[]>`SELECT keep_days FROM audit_settings`)
      return row?.keep_days ?? null
    },
    async setKeepDays(organization, keepDays) {
      await db.tx(
        { organization },
        (sql) => sql`INSERT INTO audit_settings (organization_id, keep_days) VALUES (${organization}, ${keepDays})
          ON CONFLICT (organization_id) DO UPDATE SET keep_days = excluded.keep_days`,
      )
    },
    async close() {
      closed = true
      clearInterval(timer)
      await round?.catch(() => undefined)
    },
  }
}

const dayMs = 86_400_000

/** One hub at a time: another one would take a file that is not noted yet for one that was left. Nothing, while another is at it. */
async function alone(db: Database, organization: string, run: () => Promise<void>): Promise<void> {
  await db.tx({ organization }, async (sql) => {
    // A lock of nobody's rows: whoever changes or removes them waits for no file.
    const [row] = await sql<{ mine: boolean }[]>`SELECT pg_try_advisory_xact_lock(hashtext(${`archive ${organization}`})) AS mine`
    if (row?.mine === true) await run()
  })
}

/** False: nothing is due. */
async function archiveNext(deps: ArchiveDeps, organization: string): Promise<boolean> {
  const { db, archiveDir, now = Date.now, segmentRows = 50_000 } = deps
  const due = await db.tx({ organization }, (sql) => dueOf(sql, now(), segmentRows))
  if (due === undefined) return false
  const folder = join(archiveDir, organization)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const [from, to] = [(due.start?.size ?? 0) + 1, due.end.size]
  const name = `${String(from).padStart(12, '0')}-${String(to).padStart(12, '0')}.ndjson.gz`
  const path = join(folder, name)
  const sha256 = await write(deps, organization, path, due)
  // Rows go only for a file that was read again and is them.
  const [report] = await verifyFiles([path], {})
  if (report?.ok !== true || report.rows !== to - from + 1 || report.signed !== to) {
    await rm(path, { force: true })
    const why = report?.problems[0]?.message ?? 'it does not hold all of them'
    throw new FairleadError('internal', `Rows ${from} to ${to} of the trail were not archived: ${why}`)
  }
  await take(db, organization, { from, to, name, sha256 })
  return true
}

interface Due {
  readonly start: Stored | undefined
  readonly end: Stored
}

/** The next part: what was signed long enough ago. The last row that was signed stays: on it the trail goes on. */
async function dueOf(sql: Db, nowMs: number, segmentRows: number): Promise<Due | undefined> {
  const [row] = await sql<{ keep_days: number | null }[]>`SELECT keep_days FROM audit_settings`
  if (typeof row?.keep_days !== 'number') return undefined
  const old = await checkpointBefore(sql, { at: new Date(nowMs - row.keep_days * dayMs) })
  const [ends] = await sql<{ cut: string | null; newest: string | null }[]>`
    SELECT (SELECT max(to_seq) FROM audit_archives) AS cut, (SELECT max(size) FROM audit_checkpoints) AS newest`
  const cut = Number(ends?.cut ?? 0)
  if (old === undefined || old.size <= cut) return undefined
  const most = Math.min(old.size, Number(ends?.newest) - 1)
  const [first] = await sql<{ size: string }[]>`
    SELECT coalesce((SELECT max(size) FROM audit_checkpoints WHERE size > ${cut} AND size <= ${Math.min(most, cut + segmentRows)}),
      (SELECT min(size) FROM audit_checkpoints WHERE size > ${cut} AND size <= ${most})) AS size`
  const end = first?.size === null || first === undefined ? undefined : await checkpointAt(sql, Number(first.size))
  return end === undefined ? undefined : { start: cut === 0 ? undefined : await checkpointAt(sql, cut), end }
}

/** Beside its place, on the disk, then at its place: a file that has the name is whole. */
async function write(deps: ArchiveDeps, organization: string, path: string, { start, end }: Due): Promise<Buffer> {
  const sha256 = createHash('sha256')
  const lines = writeLines(deps, organization, { start, to: end.size, wanted: () => true, untilMs: Infinity, whole: true })
  const seen = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sha256.update(chunk)
      done(null, chunk)
    },
  })
  await pipeline(Readable.from(lines), createGzip(), seen, createWriteStream(`${path}.new`, { mode: 0o600, flush: true }))
  await rename(`${path}.new`, path)
  const folder = await open(join(path, '..'), 'r')
  await folder.sync().finally(() => folder.close())
  return sha256.digest()
}

interface Part {
  readonly from: number
  readonly to: number
  readonly name: string
  readonly sha256: Buffer
}

/**
 * Only the owner of the tables may take rows out, and only together with the note of where they are: one transaction. Whoever else
 * archived them meanwhile was first.
 */
async function take(db: Database, organization: string, { from, to, name, sha256 }: Part): Promise<void> {
  await db.owner((owner) =>
    owner.begin(async (sql) => {
      await sql`SELECT set_config('app.organization', ${organization}, true)`
      const made = await sql`INSERT INTO audit_archives (organization_id, from_seq, to_seq, file, sha256)
        VALUES (${organization}, ${from}, ${to}, ${name}, ${sha256}) ON CONFLICT DO NOTHING RETURNING to_seq`
      if (made.length > 0) await sql`DELETE FROM audit WHERE organization_id = ${organization} AND seq <= ${to}`
    }),
  )
}

/** Files that no row names were begun and not ended: their rows are all in the table. */
async function sweep({ db, archiveDir }: ArchiveDeps, organization: string): Promise<void> {
  const folder = join(archiveDir, organization)
  const files = await readdir(folder).catch(() => [])
  if (files.length === 0) return
  const rows = await db.tx({ organization }, (sql) => sql<{ file: string }[]>`SELECT file FROM audit_archives`)
  const known = new Set(rows.map(({ file }) => file))
  for (const file of files)
    if (/^\d{12}-\d{12}\.ndjson\.gz(\.new)?$/.test(file) && !known.has(file)) await rm(join(folder, file), { force: true })
}
