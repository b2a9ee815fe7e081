import { createSecretKey, randomBytes, randomUUID, type KeyObject } from 'node:crypto'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Database, Db } from './db.ts'
import type { Keyring } from './keyring.ts'
import { unwrapKey, wrapKey } from './seal-record.ts'

/** Of an organization; '' is the hub. */
export interface DataKeyName {
  readonly organization: string
  readonly id: string
}

export interface DataKeys {
  /** The key that seals now, counted. Made at the first value of an organization. */
  toSeal(organization: string): Promise<{ readonly id: string; readonly key: KeyObject }>
  /** Undefined: there is no such key of this organization. */
  toOpen(name: DataKeyName): Promise<KeyObject | undefined>
  /** Another key seals from now on. */
  retire(organization: string): Promise<void>
  /** Of an organization that is gone: nothing of its keys stays in memory. */
  forget(organization: string): void
  /** Those that open only. Also retires what has sealed for `oldMs`. */
  retired(oldMs: number): Promise<DataKeyName[]>
  /** Ends a retired key under which `isLeft` finds nothing, once nobody may seal with it any more. False: not yet. */
  destroy(name: DataKeyName, isLeft: (sql: Db) => Promise<boolean>): Promise<boolean>
}

export interface DataKeyTimes {
  /** How long a hub may seal with a key without asking the database again. */
  readonly leaseMs: number
  /** How long what was sealed may take until it is committed, and what was read until it is opened. Where the database holds the column (`hold_sealed`), a later commit is an error and no loss. */
  readonly settleMs: number
}

/** Values for which leave is taken at once; what is not used of it counts as used. */
const block = 1024
/** With random nonces a key is good for 2^32 values; a quarter of 2^30 is far from that. */
const mostSealed = 2 ** 28
const mostKept = 10_000

interface Lease {
  readonly id: string
  readonly key: KeyObject
  left: number
  readonly untilMs: number
}

const tableOf = (organization: string) => (organization === '' ? 'hub_keys' : 'data_keys')

export function createDataKeys(db: Database, ring: Keyring, { leaseMs, settleMs }: DataKeyTimes): DataKeys {
  const opened = new Map<string, KeyObject>()
  const leases = new Map<string, Lease>()
  const taking = new Map<string, Promise<Lease>>()

  function keep({ organization, id }: DataKeyName, row: { readonly kek: Buffer; readonly wrapped: Buffer }): KeyObject {
    const name = `${organization}/${id}`
    const key = opened.get(name) ?? unwrapKey(ring.get(row.kek).key, organization, id, row.wrapped)
    if (opened.size >= mostKept) opened.delete(opened.keys().next().value!)
    opened.set(name, key)
    return key
  }

  async function take(organization: string): Promise<Lease> {
    // From before it was asked for: whatever the way took, the hub stops sooner than the database thinks.
    const untilMs = performance.now() + leaseMs
    const row = await db.tx({ organization }, (sql) => lease(sql, ring, organization, leaseMs))
    const taken = { id: row.id, key: keep({ organization, id: row.id }, row), left: block, untilMs }
    if (leases.size >= mostKept) leases.delete(leases.keys().next().value!)
    leases.set(organization, taken)
    return taken
  }

  async function retire(organization: string): Promise<void> {
    await db.tx({ organization }, (sql) => replace(sql, ring, organization, 0))
    leases.delete(organization)
  }

  return {
    async toSeal(organization) {
      for (let tries = 0; tries < 5; tries++) {
        const held = leases.get(organization)
        if (held !== undefined && held.left > 0 && performance.now() < held.untilMs) {
          held.left--
          return held
        }
        const under = taking.get(organization) ?? take(organization).finally(() => taking.delete(organization))
        taking.set(organization, under)
        await under
      }
      throw new FairleadError('refused', 'The hub’s database is too slow to seal a value; try again in a moment.')
    },
    async toOpen(name) {
      const known = opened.get(`${name.organization}/${name.id}`)
      if (known !== undefined) return known
      const [row] = await db.tx(
        name,
        (sql) => sql<{ kek: Buffer; wrapped: Buffer }[]>`SELECT kek, wrapped
        FROM ${sql(tableOf(name.organization))} WHERE id = ${name.id}`,
      )
      return row === undefined ? undefined : keep(name, row)
    },
    retire,
    forget(organization) {
      leases.delete(organization)
      for (const name of opened.keys()) if (name.startsWith(`${organization}/`)) opened.delete(name)
    },
    async retired(oldMs) {
      const all = await findRetired(db, ring, oldMs)
      for (const { organization, old } of all) if (old) await retire(organization)
      return all.map(({ organization, id }) => ({ organization, id }))
    },
    async destroy(name, isLeft) {
      const done = await destroy(db, name, settleMs, isLeft)
      if (done) opened.delete(`${name.organization}/${name.id}`)
      return done
    },
  }
}

type Aged = DataKeyName & { readonly old: boolean }

/** Of all organizations. `old`: it seals still, and should not. */
async function findRetired(db: Database, ring: Keyring, oldMs: number): Promise<Aged[]> {
  const all: Aged[] = []
  const wanted = (sql: Db) => sql`retired_at IS NOT NULL OR created_at < now() - ${oldMs} * interval '1 ms'`
  for (const kek of ring.ids)
    await db.tx({ kek }, async (sql) => {
      const found = await sql<
        Aged[]
      >`SELECT '' AS organization, id, retired_at IS NULL AS old FROM hub_keys WHERE kek = ${kek} AND (${wanted(sql)})
        UNION ALL SELECT organization_id::text, id, retired_at IS NULL FROM data_keys WHERE kek = ${kek} AND (${wanted(sql)})`
      all.push(...found)
    })
  return all
}

async function destroy(db: Database, name: DataKeyName, settleMs: number, isLeft: (sql: Db) => Promise<boolean>): Promise<boolean> {
  try {
    return await db.tx(name, async (sql) => {
      const table = sql(tableOf(name.organization))
      if (await isLeft(sql)) {
        await sql`UPDATE ${table} SET emptied_at = NULL WHERE id = ${name.id} AND emptied_at IS NOT NULL`
        return false
      }
      // Who read a value before it was sealed anew may be about to open it: a key goes some time after the last of its values.
      await sql`UPDATE ${table} SET emptied_at = clock_timestamp() WHERE id = ${name.id} AND emptied_at IS NULL`
      const gone = await sql`DELETE FROM ${table} WHERE id = ${name.id} AND retired_at IS NOT NULL
        AND greatest(emptied_at, leased_until) <= clock_timestamp() - ${settleMs} * interval '1 ms'`
      return gone.count === 1
    })
  } catch (error) {
    // The database knows of a value that was written just now.
    if ((error as { code?: unknown }).code === '23503') return false
    throw error
  }
}

interface LeaseRow {
  readonly id: string
  readonly kek: Buffer
  readonly wrapped: Buffer
}

/** Leave to seal `block` values with the key that seals now; the statement settles who was first. */
async function lease(sql: Db, ring: Keyring, organization: string, leaseMs: number): Promise<LeaseRow> {
  const table = sql(tableOf(organization))
  for (;;) {
    const [row] = await sql<LeaseRow[]>`UPDATE ${table} SET sealed = sealed + ${block},
      leased_until = greatest(leased_until, clock_timestamp() + ${leaseMs} * interval '1 ms')
      WHERE retired_at IS NULL AND sealed < ${mostSealed} RETURNING id, kek, wrapped`
    if (row !== undefined) return row
    await replace(sql, ring, organization, mostSealed)
  }
}

/** Retires the key that seals if it sealed that much, and makes the next one, unless another hub was quicker. */
async function replace(sql: Db, ring: Keyring, organization: string, atLeast: number): Promise<void> {
  const id = randomUUID()
  const kek = await ring.current(sql)
  await sql`UPDATE ${sql(tableOf(organization))} SET retired_at = clock_timestamp() WHERE retired_at IS NULL AND sealed >= ${atLeast}`
  const wrapped = wrapKey(kek.key, organization, id, createSecretKey(randomBytes(32)))
  if (organization === '') await sql`INSERT INTO hub_keys (id, kek, wrapped) VALUES (${id}, ${kek.id}, ${wrapped}) ON CONFLICT DO NOTHING`
  else
    await sql`INSERT INTO data_keys (organization_id, id, kek, wrapped) VALUES (${organization}, ${id}, ${kek.id}, ${wrapped})
      ON CONFLICT DO NOTHING`
}
