import { parseNote, same } from '@fairlead/protocol/trail/note.ts'
import { growFrom, noLeaves, packHashes, rootOf, unpackHashes, type Range } from '@fairlead/protocol/trail/tree.ts'
import { chain, genesis, type Audits } from '../base/audit.ts'
import type { Database, Db } from '../base/db.ts'
import type { Log } from '../base/log.ts'
import { tools, type TrailKey } from './trail-key.ts'

/** What was signed of a trail. */
export interface Stored {
  readonly size: number
  readonly atMs: number
  readonly root: Uint8Array
  /** The hash of the last row. */
  readonly head: Uint8Array
  /** The tree over all rows so far. */
  readonly tree: Range
  readonly note: string
}

export interface Checkpoints {
  newest(organization: string): Promise<Stored | undefined>
  /** Signs what is not signed yet. Resolves with the newest one. */
  take(organization: string): Promise<Stored | undefined>
  /** The part of the tree from a checkpoint of this trail to another one. Undefined: there is no such checkpoint. */
  between(organization: string, from: { readonly size: number; readonly root: Uint8Array }, to: Stored): Promise<Range | undefined>
  onCheckpoint(listener: (organization: string) => void): void
  /** Where the trail does not fit what was signed of it: nothing more is signed from there on. */
  brokenAt(organization: string): number | undefined
  /** Trails of which that is so. */
  readonly broken: number
  /** Signs what it can, then no more. */
  close(): Promise<void>
}

interface CheckpointDeps {
  readonly db: Database
  readonly audits: Audits
  readonly key: TrailKey
  readonly log: Log
  readonly everyMs?: number
  readonly everyRows?: number
}

interface Row {
  readonly size: string
  readonly at: Date
  readonly frontier: Buffer
  readonly note: string
}

/** Signs each trail every 1,000 rows, or 60 s after a row that is not signed yet. */
export function openCheckpoints(deps: CheckpointDeps): Checkpoints {
  const { db, audits, log, everyMs = 60_000, everyRows = 1000 } = deps
  const waiting = new Map<string, { readonly timer: NodeJS.Timeout; readonly from: number }>()
  const running = new Map<string, Promise<unknown>>()
  const broken = new Map<string, number>()
  const listeners: ((organization: string) => void)[] = []
  const parts = createParts(db)

  async function take(organization: string): Promise<Stored | undefined> {
    clear(organization)
    for (;;) {
      const made = await db.tx({ organization }, (sql) => takeOne(deps, sql, organization, everyRows))
      if ('brokenAt' in made) {
        if (!broken.has(organization))
          log('error', 'the audit trail is not what was signed of it: look at it in the console, and compare with what hosts keep', {
            organization,
            row: made.brokenAt,
          })
        broken.set(organization, made.brokenAt)
        return made.newest
      }
      broken.delete(organization)
      if (made.fresh) for (const listener of listeners) listener(organization)
      if (!made.more) return made.newest
    }
  }

  function takeSoon(organization: string): void {
    clear(organization)
    const under = running.get(organization)
    // What came meanwhile may not be in it.
    if (under !== undefined) return void under.finally(() => wait(organization, 0))
    const run = take(organization)
      .catch((error: unknown) => {
        log('warn', 'a checkpoint of the trail was not made; tried again soon', { organization, error: String(error) })
        wait(organization, 0)
      })
      .finally(() => running.delete(organization))
    running.set(organization, run)
  }
  function wait(organization: string, from: number): void {
    if (!waiting.has(organization)) waiting.set(organization, { timer: setTimeout(() => takeSoon(organization), everyMs).unref(), from })
  }
  function clear(organization: string): void {
    clearTimeout(waiting.get(organization)?.timer)
    waiting.delete(organization)
  }

  const stop = audits.onAppend((organization, seq) => {
    wait(organization, seq)
    if (seq - waiting.get(organization)!.from >= everyRows - 1) takeSoon(organization)
  })
  // What was written and not signed before the last end.
  void organizationsOf(db)
    .then((all) => all.forEach((organization) => wait(organization, 0)))
    .catch(() => undefined)

  return {
    newest: (organization) => db.tx({ organization }, newestOf),
    take,
    between: parts.between,
    onCheckpoint: (listener) => void listeners.push(listener),
    brokenAt: (organization) => broken.get(organization),
    get broken() {
      return broken.size
    },
    async close() {
      stop()
      const left = [...waiting.keys()]
      for (const organization of left) clear(organization)
      await Promise.allSettled([...running.values(), ...left.map((organization) => take(organization))])
    },
  }
}

/** Every organization of this hub. */
export async function organizationsOf(db: Database): Promise<string[]> {
  const rows = await db.tx({}, (sql) => sql<{ id: string }[]>`SELECT id FROM organization_ids`)
  return rows.map(({ id }) => id)
}

type Taken =
  | { readonly newest: Stored | undefined; readonly fresh: boolean; readonly more: boolean }
  | { readonly newest: Stored | undefined; readonly brokenAt: number }

async function takeOne({ key }: CheckpointDeps, sql: Db, organization: string, most: number): Promise<Taken> {
  // A second hub on the same database would sign the same rows.
  await sql`SELECT pg_advisory_xact_lock(hashtext(${`checkpoint ${organization}`}))`
  const newest = await newestOf(sql)
  const size = newest?.size ?? 0
  const rows = await sql<{ seq: string; body: string; hash: Buffer }[]>`
    SELECT seq, body, hash FROM audit WHERE seq >= ${size} ORDER BY seq LIMIT ${most + 1}`
  // The last row that was signed stays in the table, whatever is archived: without it the end was cut off.
  const anchor = size === 0 ? undefined : rows.shift()
  if (newest !== undefined && (Number(anchor?.seq) !== size || !same(anchor!.hash, newest.head))) return { newest, brokenAt: size }
  if (rows.length === 0) return { newest, fresh: false, more: false }
  const piece = growFrom(tools.digest, noLeaves(size))
  let head = newest?.head ?? genesis
  for (const { seq, body, hash } of rows.slice(0, most)) {
    // What was changed before it was signed is not signed.
    if (Number(seq) !== piece.to + 1 || !same(chain(head, body), hash)) return { newest, brokenAt: piece.to + 1 }
    piece.leaf(hash)
    head = hash
  }
  const tree = growFrom(tools.digest, newest?.tree ?? noLeaves())
  tree.add(piece.range())
  const root = rootOf(tools.digest, tree.range())
  const at = new Date()
  const note = key.sign({ size: tree.to, root, head }, organization)
  const hashes = packHashes(tree.range().hashes)
  await sql`INSERT INTO audit_checkpoints (organization_id, size, at, before, piece, frontier, note)
    VALUES (${organization}, ${tree.to}, ${at}, ${size}, ${packHashes(piece.range().hashes)}, ${hashes}, ${note})`
  const made = { size: tree.to, atMs: at.getTime(), root, head, tree: tree.range(), note }
  return { newest: made, fresh: true, more: rows.length > most || rows.length === most }
}

async function newestOf(sql: Db): Promise<Stored | undefined> {
  const [row] = await sql<Row[]>`SELECT size, at, frontier, note FROM audit_checkpoints ORDER BY size DESC LIMIT 1`
  return row === undefined ? undefined : storedOf(row)
}

/** A checkpoint at exactly this size. */
export async function checkpointAt(sql: Db, size: number): Promise<Stored | undefined> {
  const [row] = await sql<Row[]>`SELECT size, at, frontier, note FROM audit_checkpoints WHERE size = ${size}`
  return row === undefined ? undefined : storedOf(row)
}

/** The last checkpoint of at most so many rows, at the latest at that moment. */
export async function checkpointBefore(sql: Db, { size, at }: { readonly size?: number; readonly at?: Date }): Promise<Stored | undefined> {
  const [row] = await sql<Row[]>`SELECT size, at, frontier, note FROM audit_checkpoints
    WHERE size <= ${size ?? Number.MAX_SAFE_INTEGER} AND at <= ${at ?? new Date(8.64e15 / 1000)} ORDER BY size DESC LIMIT 1`
  return row === undefined ? undefined : storedOf(row)
}

function storedOf({ size, at, frontier, note }: Row): Stored {
  const parsed = parseNote(note)
  const tree = { from: 0, to: Number(size), hashes: unpackHashes(frontier) }
  // A note that somebody put there is looked at by whoever verifies; here it is only not believed.
  return { size: Number(size), atMs: at.getTime(), root: parsed?.root ?? genesis, head: parsed?.head ?? genesis, tree, note }
}

const mostParts = 200

/** A fleet that comes back asks for the same few parts: each is read once. */
function createParts(db: Database): Pick<Checkpoints, 'between'> {
  const known = new Map<string, Promise<Range | undefined>>()
  return {
    between(organization, from, to) {
      const name = `${organization} ${from.size} ${Buffer.from(from.root).toString('hex')} ${to.note}`
      const found = known.get(name) ?? read(db, organization, from, to)
      found.catch(() => known.delete(name))
      if (known.size >= mostParts) known.delete(known.keys().next().value!)
      known.set(name, found)
      return found
    },
  }
}

async function read(db: Database, organization: string, from: { size: number; root: Uint8Array }, to: Stored): Promise<Range | undefined> {
  const part = growFrom(tools.digest, noLeaves(from.size))
  if (from.size > 0) {
    const start = await db.tx({ organization }, (sql) => checkpointAt(sql, from.size))
    if (start === undefined || !same(start.root, from.root)) return undefined
  }
  while (part.to < to.size) {
    const rows = await db.tx(
      { organization },
      (sql) => sql<{ size: string; before: string; piece: Buffer }[]>`
        SELECT size, before, piece FROM audit_checkpoints WHERE size > ${part.to} AND size <= ${to.size} ORDER BY size LIMIT 5000`,
    )
    if (rows.length === 0) return undefined
    for (const { size, before, piece } of rows) {
      if (Number(before) !== part.to) return undefined
      part.add({ from: Number(before), to: Number(size), hashes: unpackHashes(piece) })
    }
  }
  return part.range()
}
