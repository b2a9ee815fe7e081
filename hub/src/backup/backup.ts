import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { constants, createGzip } from 'node:zlib'
import type { Sql, TransactionSql } from 'postgres'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Kek, KekSource } from '../base/kek.ts'
import { checkOf, fileKey, format, sealArchive, type Head, type Opener } from './archive.ts'
import { dumpTables, inOneState, kekIn, migrationsIn, partitionsOf } from './dump.ts'
import { writeEntries, type Manifest, type Source } from './entries.ts'
import { fileSource, filesOf } from './files.ts'
import { readKnownKek } from './key.ts'

export { refuseHalfRestored } from './files.ts'
export { inOneState } from './dump.ts'
export { lastBackup, noteBackup } from './notes.ts'
export { checkBackup, restoreBackup, type Restored } from './restore.ts'

export interface BackupInput {
  readonly owner: Sql
  readonly dataDir: string
  /** Version of this hub. */
  readonly hub: string
  /** Undefined: the file `kek` in the data folder. */
  readonly kek: KekSource | undefined
  /** What it opens with; undefined: the key encryption key. */
  readonly passphrase: string | undefined
  /** The key of the secrets goes along. */
  readonly withKey: boolean
  /** A certificate of the hub's that lies elsewhere. */
  readonly certificate?: { readonly cert: string | undefined; readonly key: string | undefined }
  readonly settings?: Readonly<Record<string, string>>
  readonly onProgress?: (progress: { readonly table: string; readonly rows: number; readonly bytes: number }) => void
  readonly signal?: AbortSignal
}

export interface BackupMade {
  readonly madeMs: number
  readonly rows: number
  readonly tables: number
  readonly files: number
  readonly bytes: number
  readonly under: 'passphrase' | 'kek'
  readonly withKey: boolean
}

/** All that a hub is, written to `out` as it is read: one state of the database, the data folder's files, not the key unless asked for. */
export async function makeBackup(input: BackupInput, out: Writable): Promise<BackupMade> {
  const { owner, withKey, passphrase } = input
  if (withKey && passphrase === undefined)
    throw new FairleadError(
      'invalid_input',
      'A backup that has the key of the secrets in it cannot be closed with that very key; give it a passphrase.',
    )
  const told = { rows: 0, tables: 0, files: 0, bytes: 0 }
  const madeMs = Date.now()
  await inOneState(owner, async (db) => {
    const kekId = await kekIn(db)
    const kek = withKey || passphrase === undefined ? await kekOf(input, kekId) : undefined
    const opener: Opener = passphrase === undefined ? { kind: 'kek', key: kek!.key } : { kind: 'passphrase', passphrase }
    const salt = randomBytes(32).toString('hex')
    const key = await fileKey(opener, salt)
    const under: Head['under'] = passphrase === undefined ? { kind: 'kek', ...kekId! } : { kind: 'passphrase' }
    const head: Head = { format, madeMs, hub: input.hub, salt, under, check: checkOf(key) }
    const gzip = createGzip({ level: constants.Z_BEST_SPEED })
    const count = async function* (parts: AsyncIterable<Buffer>) {
      for await (const part of parts) {
        told.bytes += part.length
        yield part
      }
    }
    await pipeline(
      Readable.from(writeEntries(sources(db, input, { madeMs, kekId, kek, told }))),
      gzip,
      (packed: AsyncIterable<Buffer>) => sealArchive(head, key, packed),
      count,
      out,
      { signal: input.signal },
    )
  })
  return { madeMs, ...told, under: passphrase === undefined ? 'kek' : 'passphrase', withKey }
}

interface Progress {
  readonly madeMs: number
  readonly kekId: Manifest['kek']
  readonly kek: Kek | undefined
  readonly told: { rows: number; tables: number; files: number; bytes: number }
}

async function* sources(db: TransactionSql, input: BackupInput, { madeMs, kekId, kek, told }: Progress): AsyncGenerator<Source> {
  const { dataDir, hub, withKey, certificate, settings = {} } = input
  const [migrations, partitions] = [await migrationsIn(db), await partitionsOf(db)]
  yield { head: { kind: 'manifest', madeMs, hub, migrations, kek: kekId, partitions, settings }, bytes: [] }
  // First: whoever changes one of them meanwhile keeps what the database knows of it.
  for (const path of filesOf(dataDir)) {
    told.files++
    yield fileSource(join(dataDir, path), path)
  }
  for (const [as, path] of [
    ['given-tls.crt', certificate?.cert],
    ['given-tls.key', certificate?.key],
  ] as const)
    if (path !== undefined && existsSync(path)) yield fileSource(path, as)
  if (withKey) yield { head: { kind: 'file', path: 'kek', mode: 0o600 }, bytes: [Buffer.from(`${kek!.key.export().toString('base64')}\n`)] }
  let table = ''
  const onRows = (name: string, rows: number) => {
    if (name !== table) told.tables++
    table = name
    told.rows += rows
    input.onProgress?.({ table, rows: told.rows, bytes: told.bytes })
  }
  yield* dumpTables(db, onRows)
}

/** The key that this database is under, from where this hub has it. */
async function kekOf({ dataDir, kek }: Pick<BackupInput, 'dataDir' | 'kek'>, known: Manifest['kek']): Promise<Kek> {
  if (known === null)
    throw new FairleadError('invalid_input', 'This hub has no key encryption key yet; start it once, or give the backup a passphrase.')
  return readKnownKek(dataDir, kek, known)
}

/** Of this program. */
export function hubVersion(): string {
  return (JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string }).version
}
