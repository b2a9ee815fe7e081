import { open, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { assert, FairleadError } from '@fairlead/protocol/errors.ts'
import type { Database } from '../base/db.ts'

export interface RemovalDeps {
  readonly db: Database
  /** Below it each organization has a folder of its own, by id. */
  readonly fileDirs: readonly string[]
  /** Cuts off every agent of it; none comes back. */
  readonly endHosts: (organization: string) => Promise<void>
  /** Ends every login and token of it, with what is open by them. */
  readonly endPeople: (organization: string) => Promise<void>
  /** Writes what waits to be written: it must not come after the rest is gone. */
  readonly settle: () => Promise<void>
  /** What is in memory of its keys. */
  readonly forgetKeys: (organization: string) => void
}

/**
 * Where whoever runs the hub sees that an organization is gone: in the first other one of theirs. Throws `conflict` when there is none,
 * for then nobody could run the hub any more.
 */
export async function homeOfRunner(db: Database, organization: string): Promise<string> {
  const runners = await db.tx({}, (sql) => sql<{ id: string }[]>`SELECT id FROM accounts WHERE runs_hub ORDER BY created_at`)
  const homes: (string | undefined)[] = []
  for (const { id: account } of runners) {
    // As that account, which sees its own: neither the hub's role nor the owner of the tables sees anybody else's.
    const [home] = await db.tx(
      { account },
      (sql) => sql<{ id: string }[]>`SELECT organization_id AS id FROM memberships
        WHERE account_id = ${account} AND organization_id <> ${organization} ORDER BY created_at, organization_id LIMIT 1`,
    )
    homes.push(home?.id)
  }
  const [first] = homes
  if (first !== undefined && !homes.includes(undefined)) return first
  throw new FairleadError(
    'conflict',
    'This is the last organization of whoever runs this hub, and stays; make another one first, or end the hub itself.',
  )
}

/** Beside an organization's folder, from before its rows go until its files have gone: says what a hub that was killed in between left. */
const leaving = (dir: string, organization: string) => join(dir, `${organization}.leaving`)

/**
 * What is left of organizations whose removal was cut off, at the start of a hub. Only what was said to go: a hub beside another database
 * than it was, where nothing of a folder is known, takes no file away.
 */
export async function sweepLeft(db: Database, fileDirs: readonly string[]): Promise<string[]> {
  const gone: string[] = []
  for (const dir of fileDirs) {
    const names = await readdir(dir).catch(() => [])
    for (const name of names) {
      const [, organization] = /^([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})\.leaving$/.exec(name) ?? []
      if (organization === undefined) continue
      const rows = await db.tx({}, (sql) => sql`SELECT 1 FROM organization_ids WHERE id = ${organization}`)
      // Its rows are there: it was not removed.
      if (rows.length === 0) {
        await rm(join(dir, organization), { recursive: true, force: true })
        gone.push(organization)
      }
      await rm(join(dir, name), { force: true })
    }
  }
  return gone
}

async function note(dir: string, organization: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const file = await open(leaving(dir, organization), 'w', 0o600)
  await file.sync().finally(() => file.close())
  const folder = await open(dir, 'r')
  await folder.sync().finally(() => folder.close())
}

/** All of an organization goes: who is in, its agents, its rows in every table, its files, and the keys under which its secrets were. */
export async function removeOrganization(deps: RemovalDeps, organization: string): Promise<void> {
  assert(/^[\da-f-]{36}$/.test(organization), 'An organization has an id.')
  const { db, fileDirs, endHosts, endPeople, settle, forgetKeys } = deps
  for (const dir of fileDirs) await note(dir, organization)
  await endHosts(organization)
  await endPeople(organization)
  // Twice: what was on its way when the agents were cut off is written by now, where no other row holds it back.
  for (let round = 0; round < 2; round++) {
    await settle().catch(() => undefined)
    await removeRows(db, organization)
  }
  forgetKeys(organization)
  for (const dir of fileDirs) {
    await rm(join(dir, organization), { recursive: true, force: true })
    await rm(leaving(dir, organization), { force: true })
  }
}

interface Held {
  readonly name: string
  /** Those that refer to it. */
  readonly by: string[]
}

/** In one transaction, as the owner of the tables: the hub itself may not take a row out of a trail. What the catalogue has is what goes. */
async function removeRows(db: Database, organization: string): Promise<void> {
  await db.owner((owner) =>
    owner.begin(async (sql) => {
      await sql`SELECT set_config('app.organization', ${organization}, true)`
      const tables = await sql<Held[]>`SELECT c.relname AS name, coalesce((SELECT array_agg(DISTINCT r.relname) FROM pg_constraint k
          JOIN pg_class r ON r.oid = k.conrelid WHERE k.contype = 'f' AND k.confrelid = c.oid AND k.conrelid <> c.oid), '{}') AS by
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organization_id' AND NOT a.attisdropped
        WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace`
      for (const name of inOrder(tables)) await sql`DELETE FROM ${sql(name)} WHERE organization_id = ${organization}`
      await sql`DELETE FROM organization_ids WHERE id = ${organization}`
    }),
  )
}

/** What refers to another table before that one. */
export function inOrder(tables: readonly Held[]): string[] {
  const left = new Map(tables.map((table) => [table.name, table]))
  const order: string[] = []
  while (left.size > 0) {
    const free = [...left.values()].filter(({ by }) => by.every((name) => !left.has(name)))
    assert(free.length > 0, 'Tables refer to one another in a circle.')
    for (const { name } of free) {
      order.push(name)
      left.delete(name)
    }
  }
  return order
}
