import * as crypto from 'node:crypto'
import type { TransactionSql } from 'postgres'
import { epochNumber, isEpochOf, makeEpoch, mayFollow } from '@fairlead/protocol/epoch.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { nodeSuite, type Identity } from '@fairlead/protocol/noise/suite.ts'
import type { Database } from '../base/db.ts'
import type { Log } from '../base/log.ts'
import type { HubKeys } from './identity.ts'

const suite = nodeSuite(crypto)

/** Why nothing may be changed on hosts, until somebody who runs the hub says that it is the one to act. */
type Hold = 'restored' | 'set back' | 'superseded'

export interface Held {
  readonly why: Hold
  /** Null: since just now. */
  readonly sinceMs: number | null
  /** When the backup was made that was restored. */
  readonly backupMs: number | null
}

export interface Epochs {
  /** What hosts are shown; '' for none. */
  readonly token: string
  readonly hold: Hold | undefined
  /** Another one after each restore, and after each confirmation; the same over restarts. */
  readonly mark: string
  /** The hold as a sentence for people. */
  readonly why: string | undefined
  /** The hold and its times, ms since the epoch; undefined: this hub acts. */
  readonly held: Held | undefined
  /** Hosts that were ahead of what this hub knew, since it started. */
  readonly ahead: number
  /** What a host keeps. `superseded`: a later hub of the same key, by that key's own signature. */
  judge(shown: string, host: { readonly id: string }): 'ok' | 'superseded'
  /** A host that shows this epoch is ahead of what this hub knows; of so many in all organizations. */
  onAhead(host: { readonly id: string }, shown: string, enrolled: number): void
  /** The hub goes on with another key: what it shows is signed with that one, and hosts take it for a later one. */
  resign(): Promise<void>
  /** It was confirmed: hosts must hear of its epoch. */
  onLift(listener: () => void): void
  close(): void
}

interface Row {
  readonly number: string
  readonly token: string
  readonly hold: Hold | ''
  readonly held_at: Date | null
  readonly backup_at: Date | null
  readonly seen: string
}

const pollMs = 1000

async function readRow(db: Database): Promise<Row> {
  const [row] = await db.tx({}, (sql) => sql<Row[]>`SELECT number, token, hold, held_at, backup_at, seen FROM hub_epoch`)
  return row!
}

export async function openEpochs(db: Database, keys: Pick<HubKeys, 'current'>, log: Log): Promise<Epochs> {
  let row = await readRow(db)
  let [seen, signed] = [Number(row.seen), isSigned(row, keys)]
  const ahead = new Set<string>()
  const lifted: (() => void)[] = []
  if (row.hold !== '') log('warn', sentence(row)!)
  const resign = async () => {
    signed = isSigned(row, keys)
    row = await resigned(db, keys, row, seen)
    signed = isSigned(row, keys)
  }
  await resign()

  /** Kept, so that a restart forgets nothing; confirmed by a command beside the hub, which is seen here. */
  function holdNow(hold: Hold): void {
    if (row.hold === hold || row.hold === 'superseded') return
    row = { ...row, hold }
    log('warn', sentence(row)!)
    writeHold(db, hold, seen).catch((error: unknown) =>
      log('error', 'a hold was not written down; it ends with this run of the hub', { error: String(error) }),
    )
  }

  const stopReading = everySecond(async () => {
    if (row.hold === '') return signed ? undefined : resign()
    const now = await readRow(db)
    // Not before it was written down itself.
    if (now.token === row.token || now.hold !== '') return
    row = now
    signed = isSigned(row, keys)
    ahead.clear()
    log('info', 'this hub was confirmed as the one that acts')
    for (const listener of lifted) listener()
  })

  return {
    get token() {
      // Hosts would take what another key signed for a lie.
      return signed ? row.token : ''
    },
    get hold() {
      return row.hold === '' ? undefined : row.hold
    },
    get mark() {
      return markOf(row)
    },
    get why() {
      return sentence(row)
    },
    get held() {
      return heldOf(row)
    },
    get ahead() {
      return ahead.size
    },
    judge(shown, { id }) {
      if (shown === '' || mayFollow(shown, row.token)) return 'ok'
      // A host may say what it likes; only the hub's key can have signed a later one.
      if (!keysOf(keys).some((key) => isEpochOf(suite, key, shown))) return 'ok'
      seen = Math.max(seen, epochNumber(shown))
      if (epochNumber(shown) >= Number(row.number)) {
        if (row.hold !== 'superseded') log('warn', 'a host goes on with another hub of this key', { host: id })
        holdNow('superseded')
      }
      return 'superseded'
    },
    onAhead({ id }, shown, enrolled) {
      if (!ahead.has(id)) log('warn', 'a host is ahead of what this hub knows: the hub was set back', { host: id })
      ahead.add(id)
      // A host that comes over from another hub may well be ahead: that this one goes on was confirmed by a person.
      if (shown !== row.token) return
      // A host may say what it likes: it takes more than half of all that the hub has, whosever they are, to hold it.
      if (ahead.size * 2 > enrolled && row.hold === '') holdNow('set back')
    },
    resign,
    onLift: (listener) => void lifted.push(listener),
    close: stopReading,
  }
}

async function writeHold(db: Database, hold: Hold, seen: number): Promise<void> {
  await db.tx({}, (sql) => sql`UPDATE hub_epoch SET hold = ${hold}, held_at = coalesce(held_at, now()), seen = greatest(seen, ${seen})`)
}

/** A hub that was restored has the number of the one it was: when that was tells them apart, until a confirmation draws another. */
function markOf({ hold, held_at: since, number }: Row): string {
  return String(hold === 'restored' ? (since?.getTime() ?? 0) : number)
}

/** Not twice at once; while the database is away it stays as it is. */
function everySecond(run: () => Promise<void>): () => void {
  let running = false
  const timer = setInterval(async () => {
    if (running) return
    running = true
    await run().catch(() => undefined)
    running = false
  }, pollMs).unref()
  return () => clearInterval(timer)
}

/** What another key signed than the hub holds is drawn anew, unless it is still to be said whether this hub acts. */
async function resigned(db: Database, keys: Pick<HubKeys, 'current'>, row: Row, seen: number): Promise<Row> {
  if (isSigned(row, keys) || row.hold !== '') return row
  const number = Math.max(Date.now(), Number(row.number) + 1, seen + 1)
  const token = makeEpoch(suite, keys.current.identity, number)
  await db.tx({}, (sql) => sql`UPDATE hub_epoch SET number = ${number}, token = ${token} WHERE hold = '' AND token = ${row.token}`)
  return readRow(db)
}

/** With the key that hosts follow, where there is something to sign. */
function isSigned({ token }: Pick<Row, 'token'>, { current }: Pick<HubKeys, 'current'>): boolean {
  return token === '' || isEpochOf(suite, current.identity.publicKey, token)
}

/** Of this hub, the one that it holds first. Those in whose place its owner put another may be in anybody's hands. */
function keysOf({ current }: Pick<HubKeys, 'current'>): Uint8Array[] {
  const { identity, statements, hub } = current
  const owned = statements.findLastIndex(({ by }) => by === 'owner')
  const since = statements.slice(Math.max(0, owned)).map(({ key }) => key)
  return [identity.publicKey, ...since, ...(owned < 0 ? [hub] : [])]
}

function heldOf({ hold, held_at: since, backup_at: backup }: Row): Held | undefined {
  if (hold === '') return undefined
  return { why: hold, sinceMs: since?.getTime() ?? null, backupMs: hold === 'restored' ? (backup?.getTime() ?? null) : null }
}

function sentence({ hold, backup_at: backup }: Pick<Row, 'hold' | 'backup_at'>): string | undefined {
  const end = 'Until then nothing can be changed on hosts.'
  if (hold === 'restored')
    return `This hub was restored from a backup${backup === null ? '' : ` of ${backup.toISOString()}`}. When no other hub with its key runs any more, confirm it with "fairlead-hub confirm" on its machine. ${end}`
  if (hold === 'set back')
    return `Hosts are ahead of what this hub knows: its database is older than they remember. If it was put back on purpose, confirm it with "fairlead-hub confirm" on its machine. ${end}`
  if (hold === 'superseded')
    return `Another hub with this hub’s key took over, and hosts go on with that one. Stop this hub; or, if it is the one that shall act, run "fairlead-hub confirm" on its machine. ${end}`
  return undefined
}

/** At the end of a restore, in its transaction: this hub acts when somebody said that it shall. */
export async function holdRestored(db: TransactionSql, madeMs: number): Promise<void> {
  await db`INSERT INTO hub_epoch DEFAULT VALUES ON CONFLICT DO NOTHING`
  await db`UPDATE hub_epoch SET hold = 'restored', held_at = now(), backup_at = ${new Date(madeMs)}`
}

/** This hub is the one that acts from now on: hosts that hear of it follow no earlier one. Throws `conflict` when nothing waits for that. */
export async function confirmEpoch(db: TransactionSql, identity: Identity): Promise<{ readonly was: Hold }> {
  const [row] = await db<Row[]>`SELECT number, token, hold, held_at, backup_at, seen FROM hub_epoch FOR UPDATE`
  if (row === undefined || row.hold === '') throw new FairleadError('conflict', 'Nothing waits for a confirmation: this hub acts already.')
  const number = Math.max(Date.now(), Number(row.number) + 1, Number(row.seen) + 1)
  await db`UPDATE hub_epoch SET number = ${number}, token = ${makeEpoch(suite, identity, number)}, hold = '', held_at = NULL`
  return { was: row.hold }
}
