import { createReadStream, existsSync, mkdirSync, rmSync } from 'node:fs'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { Sql, TransactionSql } from 'postgres'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { KekSource } from '../base/kek.ts'
import { lockTimeout, migrateIn } from '../base/migrate.ts'
import { holdRestored } from '../fleet/epoch.ts'
import { fileKey, opensWith, readArchive, type Head } from './archive.ts'
import { linesIn, type Table } from './dump.ts'
import { readEntries, type Entry, type Manifest } from './entries.ts'
import { placeFiles, stageFile, stagingOf } from './files.ts'
import { readKnownKek } from './key.ts'
import { countAccounts, loadTable, prepareTables, refuseForeign, refuseNewer, withoutRules } from './load.ts'

interface RestoreInput {
  readonly file: string
  readonly owner: Sql
  readonly dataDir: string
  readonly kek: KekSource | undefined
  /** Asked for only where the file opens with one. */
  readonly passphrase: () => Promise<string>
  /** What is here may go. */
  readonly replace: boolean
  readonly onProgress?: (progress: { readonly step: 'check' | 'load'; readonly bytes: number }) => void
}

export interface Restored {
  readonly madeMs: number
  readonly hub: string
  readonly rows: number
  readonly tables: number
  readonly files: number
  readonly withKey: boolean
  /** What the hub that made it was told by its environment. */
  readonly settings: Readonly<Record<string, string>>
}

interface Opened {
  readonly head: Head
  readonly key: Buffer
}

/** What a file says of itself once all of it was read and checked; touches nothing. */
export async function checkBackup(
  input: Pick<RestoreInput, 'file' | 'dataDir' | 'kek' | 'passphrase' | 'onProgress'>,
): Promise<Restored & Opened & { readonly manifest: Manifest }> {
  const opened = await openFile(input)
  let manifest: Manifest | undefined
  const told = { rows: 0, tables: 0, files: 0, withKey: false }
  for await (const { head, bytes } of entriesOf(input.file, opened, (count) => input.onProgress?.({ step: 'check', bytes: count }))) {
    if (head.kind === 'manifest') manifest = head
    else if (manifest === undefined) throw new FairleadError('invalid_input', 'The backup does not begin as one. Nothing was changed.')
    if (head.kind === 'file') told.files++
    if (head.kind === 'file' && head.path === 'kek') told.withKey = true
    if (head.kind === 'table') told.tables++
    for await (const part of bytes) if (head.kind === 'table') told.rows += linesIn(part)
  }
  if (manifest === undefined) throw new FairleadError('invalid_input', 'The backup is empty. Nothing was changed.')
  return { ...opened, ...told, manifest, madeMs: manifest.madeMs, hub: manifest.hub, settings: manifest.settings }
}

/** Checks all of a file, then puts it into an empty place; whole, or nothing of it. A restore that was cut off is run again. */
export async function restoreBackup(input: RestoreInput): Promise<Restored> {
  const { dataDir, owner, replace } = input
  const { head, key, manifest, ...told } = await checkBackup(input)
  refuseNewer(manifest)
  if (!told.withKey && manifest.kek !== null) await readKnownKek(dataDir, input.kek, manifest.kek).catch(missingKey)
  const staging = stagingOf(dataDir)
  // One that was cut off had leave for whatever is here.
  const again = existsSync(staging)
  await owner.begin(async (db) => {
    await db`SELECT set_config('lock_timeout', ${lockTimeout}, true)`
    const accounts = await countAccounts(db)
    if (accounts > 0 && !replace && !again)
      throw new FairleadError(
        'conflict',
        `This hub has ${accounts === 1 ? 'an account' : `${accounts} accounts`} already; restore into an empty data folder and database, or replace what is here with --replace. Nothing was changed.`,
      )
    await refuseForeign(db)
    rmSync(staging, { recursive: true, force: true })
    mkdirSync(staging, { mode: 0o700 })
    try {
      const tables = await prepareTables(db, manifest)
      await withoutRules(db, async () => {
        for await (const entry of entriesOf(input.file, { head, key }, (bytes) => input.onProgress?.({ step: 'load', bytes })))
          await put(db, dataDir, tables, entry)
      })
      await migrateIn(db)
      await holdRestored(db, manifest.madeMs)
    } catch (error) {
      // The mark of one that was cut off before stays: its rows may be here, and its files not.
      if (!again) rmSync(staging, { recursive: true, force: true })
      throw error
    }
  })
  placeFiles(dataDir)
  return {
    madeMs: told.madeMs,
    hub: told.hub,
    rows: told.rows,
    tables: told.tables,
    files: told.files,
    withKey: told.withKey,
    settings: told.settings,
  }
}

async function put(db: TransactionSql, dataDir: string, tables: ReadonlyMap<string, Table>, { head, bytes }: Entry): Promise<void> {
  if (head.kind === 'table') await loadTable(db, tables.get(head.name), head.columns, bytes)
  if (head.kind === 'file') await stageFile(dataDir, head.path, head.mode, bytes)
}

function missingKey(cause: unknown): never {
  throw new FairleadError(
    'invalid_input',
    'The key of the secrets is not in this backup and not here: put your copy of it into the data folder as "kek" (mode 0600), or say where it is with FAIRLEAD_KEK_FILE, _COMMAND or _PASSPHRASE. Nothing was changed.',
    { cause },
  )
}

async function openFile({
  file,
  dataDir,
  kek,
  passphrase,
}: Pick<RestoreInput, 'file' | 'dataDir' | 'kek' | 'passphrase'>): Promise<Opened> {
  const { head } = await readArchive(bytesOf(file))
  const { under } = head
  const opener =
    under.kind === 'passphrase'
      ? ({ kind: 'passphrase', passphrase: await passphrase() } as const)
      : ({ kind: 'kek', key: (await readKnownKek(dataDir, kek, under).catch(missingKey)).key } as const)
  const key = await fileKey(opener, head.salt)
  if (opensWith(head, key)) return { head, key }
  throw new FairleadError('forbidden', 'The passphrase does not open this backup. Nothing was changed.')
}

async function* bytesOf(file: string): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(file)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === undefined || !/^E[A-Z]+$/.test(code)) throw cause
    throw new FairleadError('not_found', `The backup ${file} cannot be read (${code}).`, { cause })
  }
}

async function* entriesOf(file: string, { key }: Opened, onBytes: (bytes: number) => void): AsyncGenerator<Entry> {
  const { plain } = await readArchive(bytesOf(file))
  let read = 0
  const checked = async function* () {
    for await (const piece of plain(key)) {
      onBytes((read += piece.length))
      yield piece
    }
  }
  const packed = Readable.from(checked())
  const unpacked = createGunzip()
  packed.on('error', (error) => unpacked.destroy(error))
  yield* readEntries(packed.pipe(unpacked))
}
