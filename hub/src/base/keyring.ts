import { join } from 'node:path'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Database, Db } from './db.ts'
import { describe, makeKekFile, readKek, type Kek, type KekSource } from './kek.ts'
import { endChange } from './kek-files.ts'
import type { Log } from './log.ts'
import { unwrapKey, wrapKey } from './seal-record.ts'

/** The key encryption keys of this process: the one of the database, and the one before it while both are about. */
export interface Keyring {
  /** By its fingerprint; throws `internal` for one that this hub was not given. */
  get(id: Uint8Array): Kek
  /** The one that data keys of this transaction are sealed under. To be asked for before any data key is changed: else two wait for each other. */
  current(sql: Db): Promise<Kek>
  /** Seals all data keys under another one, in one transaction; what is sealed under them does not change. Resolves with their count. */
  rotate(next: Kek): Promise<number>
  /** Fingerprints: what finds data keys of whatever organization. */
  readonly ids: readonly Buffer[]
}

export interface KeyringDeps {
  readonly db: Database
  readonly dataDir: string
  readonly log: Log
  readonly kek: KekSource | undefined
  /** The one before, while the database is still under it. */
  readonly kekOld: KekSource | undefined
}

const lockId = 7_231_909

/** Finds the key that this database is under, or refuses. Without one in the settings it is a file in the data folder, made at the first start. */
export async function openKeyring({ db, dataDir, log, kek, kekOld }: KeyringDeps): Promise<Keyring> {
  const path = join(dataDir, 'kek')
  const source = kek ?? { kind: 'file', path }
  const known = await db.tx({}, async (sql) => {
    // Two hubs that start together on an empty database: the second one finds the key of the first, and takes it or refuses.
    await sql`SELECT pg_advisory_xact_lock(${lockId})`
    const [found] = await sql<Pick<Kek, 'id' | 'salt'>[]>`SELECT id, salt FROM keks`
    if (found !== undefined) return found
    if (kek === undefined) makeKekFile(path)
    const first = await readKek(source)
    await sql`INSERT INTO keks (id, salt) VALUES (${first.id}, ${first.salt})`
    if (kek === undefined)
      log(
        'info',
        `Secrets are sealed with the key in ${path}. Keep a copy of it elsewhere: without it no backup of the database can be read.`,
      )
    return { id: first.id, salt: first.salt }
  })
  if (kek === undefined) await endChange(path, known.id)
  const given = await match(source, known)
  if (given !== undefined) return keyring(db, [given, ...(await overlap(kekOld, log))])
  const old = kekOld === undefined ? undefined : await match(kekOld, known)
  if (old === undefined) throw wrong(source, kekOld, path)
  const ring = keyring(db, [old])
  const keys = await ring.rotate(await readKek(source))
  log('info', 'the key encryption key was changed; take the old one out of the settings', { keys })
  return ring
}

/** The old key too, while it is in the settings: another hub on this database may not have changed over yet. */
async function overlap(source: KekSource | undefined, log: Log): Promise<Kek[]> {
  // A passphrase says nothing without the salt that went with it when it was given up.
  if (source === undefined || source.kind === 'passphrase') return []
  try {
    return [await readKek(source)]
  } catch (error) {
    log('warn', 'the old key encryption key cannot be read, and is not needed any more: take it out of the settings', {
      error: String(error),
    })
    return []
  }
}

/** The key of this source, when it is the one that the database knows. */
async function match(source: KekSource, known: Pick<Kek, 'id' | 'salt'>): Promise<Kek | undefined> {
  if (source.kind === 'passphrase' && known.salt === null) return undefined
  const kek = await readKek(source, known.salt ?? undefined)
  return kek.id.equals(known.id) ? { ...kek, salt: known.salt } : undefined
}

function wrong(source: KekSource, old: KekSource | undefined, path: string): FairleadError {
  const neither = old === undefined ? '' : `, and neither is ${describe(old)} (the old one)`
  return new FairleadError(
    'invalid_input',
    `The secrets in this database are sealed with another key encryption key: ${describe(source)} is not the one${neither}. Put the right key back (at first it is the file ${path}, else what FAIRLEAD_KEK_FILE, FAIRLEAD_KEK_COMMAND or FAIRLEAD_KEK_PASSPHRASE says); to change keys, name the one before with FAIRLEAD_KEK_OLD_FILE, _COMMAND or _PASSPHRASE as well.`,
  )
}

interface KeyRow {
  readonly organization: string
  readonly id: string
  readonly wrapped: Buffer
}

function keyring(db: Database, keks: Kek[]): Keyring {
  const find = (id: Uint8Array) => keks.find((kek) => kek.id.equals(id))
  const get = (id: Uint8Array) => {
    const kek = find(id)
    if (kek !== undefined) return kek
    throw new FairleadError(
      'internal',
      'The key encryption key was changed by another hub on this database; start this one with the new key.',
    )
  }
  const current = async (sql: Db) => {
    // Locked until the end of the transaction: a rotation waits for whoever makes a data key, or is waited for, and then has taken the row away.
    for (let tries = 0; tries < 3; tries++) {
      const [row] = await sql<{ id: Buffer }[]>`SELECT id FROM keks FOR KEY SHARE`
      if (row !== undefined) return get(row.id)
    }
    throw new FairleadError('refused', 'The key encryption key is being changed; try again in a moment.')
  }
  return {
    get,
    current,
    get ids() {
      return keks.map(({ id }) => id)
    },
    async rotate(next) {
      // Before, not after: others may have sealed under it by the time that this is told so.
      if (find(next.id) === undefined) keks.push(next)
      const from = await db.tx({}, current)
      if (from.id.equals(next.id)) return 0
      return db.tx({ kek: from.id }, (sql) => rewrap(sql, from, next))
    },
  }
}

/** All or nothing. Whoever makes a data key meanwhile refers to the row that is locked here: it waits, and then finds the new one. */
async function rewrap(sql: Db, from: Kek, next: Kek): Promise<number> {
  const locked = await sql`SELECT 1 FROM keks WHERE id = ${from.id} FOR UPDATE`
  if (locked.length === 0) throw new FairleadError('conflict', 'The key encryption key was changed by another hub just now; try again.')
  await sql`INSERT INTO keks (id, salt) VALUES (${next.id}, ${next.salt})`
  const own = await sql<KeyRow[]>`SELECT '' AS organization, id, wrapped FROM hub_keys WHERE kek = ${from.id}`
  const theirs = await sql<KeyRow[]>`SELECT organization_id AS organization, id, wrapped FROM data_keys WHERE kek = ${from.id}`
  for (const { organization, id, wrapped } of [...own, ...theirs]) {
    const again = wrapKey(next.key, organization, id, unwrapKey(from.key, organization, id, wrapped))
    await sql`SELECT set_config('app.organization', ${organization}, true)`
    const table = organization === '' ? 'hub_keys' : 'data_keys'
    await sql`UPDATE ${sql(table)} SET kek = ${next.id}, wrapped = ${again} WHERE id = ${id}`
  }
  await sql`DELETE FROM keks WHERE id = ${from.id}`
  return own.length + theirs.length
}
