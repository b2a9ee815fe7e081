import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Sql } from 'postgres'
import type { Database } from '../base/db.ts'
import type { KekSource } from '../base/kek.ts'
import type { Log } from '../base/log.ts'
import { hubVersion, makeBackup } from './make.ts'
import { lastBackup, noteBackup, type LastBackup } from './notes.ts'
import { writeWhole } from './whole-file.ts'

/** What the hub does by itself. */
export interface BackupSettings {
  readonly dir: string
  readonly everyMs: number
  /** So many are kept, the others go. */
  readonly keep: number
  /** A function: neither JSON nor a log line shows it. Undefined: backups open with the key of the secrets. */
  readonly passphrase: (() => string) | undefined
}

interface BackupState {
  readonly last: LastBackup | undefined
  /** Why the last try made none; '' when it did. */
  readonly failure: string
}

export interface Schedule {
  readonly state: BackupState
  close(): Promise<void>
}

interface ScheduleDeps {
  readonly db: Database
  readonly log: Log
  readonly dataDir: string
  readonly kek: KekSource | undefined
  readonly settings: BackupSettings | undefined
  readonly said: Readonly<Record<string, string>>
  readonly certificate: { readonly cert: string | undefined; readonly key: string | undefined }
  /** Between looks; a minute unless said. */
  readonly lookMs?: number
}

const againMs = 600_000
const nameOf = (at: Date) => `fairlead-${at.toISOString().replaceAll(/[:.]/g, '-')}.backup`
const isName = /^fairlead-\d{4}-\d\d-\d\dT[\d-]+Z\.backup$/

/** Makes a backup when the last one is old enough, also of one that somebody made by hand; keeps the latest. */
export function openSchedule({ db, log, settings, lookMs = 60_000, ...own }: ScheduleDeps): Schedule {
  let state: BackupState = { last: undefined, failure: '' }
  let running: Promise<void> | undefined
  let notBeforeMs = 0
  const ended = new AbortController()

  async function look(): Promise<void> {
    const { made, failed } = await lastBackup(db)
    state = { last: made, failure: failed?.why ?? '' }
    const age = Date.now() - (made?.atMs ?? 0)
    if (settings === undefined || age < settings.everyMs || performance.now() < notBeforeMs) return
    notBeforeMs = performance.now() + againMs
    const file = join(settings.dir, nameOf(new Date()))
    try {
      const bytes = await db.owner((sql) => make(sql, { ...own, settings, signal: ended.signal }, file))
      await db.owner((sql) => noteBackup(sql, { place: file, bytes }))
      log('info', 'a backup was made', { file, bytes })
      drop(settings)
    } catch (error) {
      if (ended.signal.aborted) return
      const why = String((error as Error).message ?? error).slice(0, 500)
      log('error', 'the backup was not made; it is tried again in ten minutes', { file, why })
      await db.owner((sql) => noteBackup(sql, { place: file, bytes: 0, failure: why }))
    }
    const now = await lastBackup(db)
    state = { last: now.made, failure: now.failed?.why ?? '' }
  }
  const turn = () => {
    running ??= look()
      .catch((error: unknown) => {
        if (!ended.signal.aborted) log('warn', 'the time of the last backup is not known right now', { error: String(error) })
      })
      .finally(() => (running = undefined))
  }
  const timer = setInterval(turn, lookMs).unref()
  turn()
  return {
    get state() {
      return state
    },
    async close() {
      clearInterval(timer)
      ended.abort()
      await running
    },
  }
}

type Own = Pick<ScheduleDeps, 'dataDir' | 'kek' | 'said' | 'certificate'> & {
  readonly settings: BackupSettings
  readonly signal: AbortSignal
}

async function make(owner: Sql, { settings, said, signal, ...own }: Own, file: string): Promise<number> {
  mkdirSync(settings.dir, { recursive: true, mode: 0o700 })
  const input = { ...own, owner, hub: hubVersion(), passphrase: settings.passphrase?.(), withKey: false, settings: said, signal }
  const { bytes } = await writeWhole(file, (out) => makeBackup(input, out))
  return bytes
}

/** Of its own making only: nothing else in that folder is touched. One that a killed hub began goes after a day. */
function drop({ dir, keep }: BackupSettings): void {
  const begun = readdirSync(dir).filter((name) => name.endsWith('.part') && isName.test(name.slice(0, -'.part'.length)))
  for (const name of begun) if (statSync(join(dir, name)).mtimeMs < Date.now() - 86_400_000) rmSync(join(dir, name), { force: true })
  const own = readdirSync(dir).filter((name) => isName.test(name) && statSync(join(dir, name)).isFile())
  for (const name of own.sort().slice(0, Math.max(0, own.length - keep))) rmSync(join(dir, name), { force: true })
}
