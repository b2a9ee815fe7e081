import { createHash } from 'node:crypto'
import type { AuditRow } from '@fairlead/protocol/features/audit.ts'
import type { Database, Db } from './db.ts'
import { desc } from './drizzle.ts'
import { audit } from './tables.ts'

export type AuditEntry = Omit<AuditRow, 'seq' | 'timeMs'> & { readonly organization: string }

/** The trail of one hub: rows are appended in order by one writer, each hashed together with the one before. */
export interface Audits {
  /** Resolves when the row is on disk. `once` is asked in the same transaction: false, and the row is there already. */
  write(entry: AuditEntry, once?: Once): Promise<void>
  onRow(organization: string, listener: (row: AuditRow) => void): () => void
  /** Of every organization: rows were written, up to this one. */
  onAppend(listener: (organization: string, seq: number) => void): () => void
}

export type Once = (sql: Db) => Promise<boolean>

interface Waiting {
  readonly entry: AuditEntry
  readonly once: Once | undefined
  readonly done: () => void
  readonly failed: (error: unknown) => void
}

/** The hash before the first row. */
export const genesis: Uint8Array = Buffer.alloc(32)

export function openAudits(db: Database): Audits {
  const queue: Waiting[] = []
  const listeners = new Map<string, Set<(row: AuditRow) => void>>()
  const appended = new Set<(organization: string, seq: number) => void>()
  let writing = false

  async function drain(): Promise<void> {
    if (writing) return
    writing = true
    while (queue.length > 0) {
      const { organization } = queue[0]!.entry
      const batch = queue.filter(({ entry }) => entry.organization === organization).slice(0, 500)
      for (const waiting of batch) queue.splice(queue.indexOf(waiting), 1)
      try {
        const rows = await append(db, organization, batch)
        for (const { done } of batch) done()
        for (const row of rows) for (const listener of listeners.get(organization) ?? []) listener(row)
        if (rows.length > 0) for (const listener of appended) listener(organization, rows.at(-1)!.seq)
      } catch (error) {
        for (const { failed } of batch) failed(error)
      }
    }
    writing = false
  }

  return {
    write: (entry, once) =>
      new Promise((done, failed) => {
        queue.push({ entry, once, done, failed })
        void drain()
      }),
    onRow(organization, listener) {
      const set = listeners.get(organization) ?? new Set()
      listeners.set(organization, set.add(listener))
      return () => set.delete(listener)
    },
    onAppend(listener) {
      appended.add(listener)
      return () => appended.delete(listener)
    },
  }
}

async function append(db: Database, organization: string, batch: readonly Waiting[]): Promise<AuditRow[]> {
  return db.tx({ organization }, async (sql, orm) => {
    // A second hub on the same database would fork the chain: it waits here.
    await sql`SELECT pg_advisory_xact_lock(hashtext(${organization}))`
    const [last] = await orm.select({ seq: audit.seq, hash: audit.hash }).from(audit).orderBy(desc(audit.seq)).limit(1)
    let seq = last?.seq ?? 0
    let previous: Uint8Array = last?.hash ?? genesis
    const rows: AuditRow[] = []
    const inserts: (typeof audit.$inferInsert)[] = []
    for (const { entry, once } of batch) {
      if (once !== undefined && !(await once(sql))) continue
      const { organization: _own, ...fields } = entry
      const row: AuditRow = { seq: ++seq, timeMs: Date.now(), ...fields }
      const body = canonical(row)
      previous = chain(previous, body)
      rows.push(row)
      inserts.push({ organizationId: organization, seq, at: new Date(row.timeMs), body, hash: previous })
    }
    if (inserts.length > 0) await orm.insert(audit).values(inserts)
    return rows
  })
}

/** The hash of a row: of the one before and its own text. */
export function chain(previous: Uint8Array, body: string): Buffer {
  return createHash('sha256').update(previous).update(body).digest()
}

/** The same row is the same text, whatever the order of its fields. */
function canonical(row: AuditRow): string {
  return JSON.stringify(Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1))))
}
