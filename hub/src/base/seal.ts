import { createDataKeys, type DataKeyTimes } from './data-keys.ts'
import type { Database } from './db.ts'
import type { Kek } from './kek.ts'
import { openKeyring, type KeyringDeps } from './keyring.ts'
import { readKeyStanding, type KeyStanding } from './key-standing.ts'
import type { Log } from './log.ts'
import { reseal, type SealedColumn } from './reseal.ts'
import { keyIdOf, openRecord, sealRecord, unreadable, type SealPlace } from './seal-record.ts'

/** Encrypts what nobody with a copy of the database may read. */
export interface Seal {
  /** At most 64 KiB. Call it before the transaction that writes the value, not inside: it may need one of its own; and write within a minute. */
  seal(place: SealPlace, plain: Uint8Array): Promise<Uint8Array>
  /** Throws FairleadError('internal', ...) on anything that is not exactly what was sealed there: never falls through to plain text. */
  open(place: SealPlace, sealed: Uint8Array): Promise<Uint8Array>
}

export interface OpenSeal extends Seal {
  /** New values of this organization ('': the hub's) are sealed under a new key at once; the others follow in the background. */
  rotate(organization: string): Promise<void>
  /** Seals all data keys under another key encryption key, in one transaction, while all goes on. Resolves with their count. */
  rotateKek(next: Kek): Promise<number>
  /** Of an organization that is gone: nothing of its keys stays in memory. */
  forget(organization: string): void
  /** How far a change of the key of an organization is. */
  standing(organization: string): Promise<KeyStanding>
  /** One round of the background work now; resolves with the count of old keys that are still needed. */
  tend(): Promise<number>
  close(): Promise<void>
}

interface SealDeps extends KeyringDeps {
  readonly db: Database
  readonly log: Log
  /** All of them, of every feature: a data key is destroyed once nothing in these is under it. */
  readonly columns: readonly SealedColumn[]
  readonly times?: Partial<SealTimes>
}

export interface SealTimes extends DataKeyTimes {
  /** Between rounds of the background work. */
  readonly tendMs: number
  /** A data key older than this gives way to a new one. */
  readonly oldMs: number
  readonly batchRows: number
}

const usual: SealTimes = { leaseMs: 60_000, settleMs: 60_000, tendMs: 60_000, oldMs: 365 * 86_400_000, batchRows: 500 }

/** Refuses with `invalid_input` when the key encryption key is not the one of this database. */
export async function openSeal(deps: SealDeps): Promise<OpenSeal> {
  const { db, log, columns } = deps
  const times = { ...usual, ...deps.times }
  const ring = await openKeyring(deps)
  const keys = createDataKeys(db, ring, times)
  const ended = new AbortController()

  const seal: Seal = {
    async seal(place, plain) {
      const { id, key } = await keys.toSeal(place.organization)
      return sealRecord(key, id, place, plain)
    },
    async open(place, sealed) {
      const key = await keys.toOpen({ organization: place.organization, id: keyIdOf(place, sealed) })
      if (key === undefined) throw unreadable(place, 'is sealed under a key that is not its organization’s')
      return openRecord(key, place, sealed)
    },
  }

  const told = new Set<string>()
  let round: Promise<number> | undefined
  const tend = () =>
    (round ??= reseal({ db, seal, keys, columns, log, signal: ended.signal, rows: times.batchRows, told }, times.oldMs).finally(
      () => (round = undefined),
    ))
  const tendQuietly = () =>
    void tend().catch((error: unknown) => {
      if (!ended.signal.aborted) log('warn', 'sealed values were not gone through; tried again soon', { error: String(error) })
    })
  const timer = setInterval(tendQuietly, times.tendMs).unref()
  tendQuietly()

  return {
    ...seal,
    async rotate(organization) {
      await keys.retire(organization)
      tendQuietly()
    },
    forget: keys.forget,
    standing: (organization) => readKeyStanding(db, organization, { columns, told }),
    rotateKek: ring.rotate,
    tend,
    async close() {
      clearInterval(timer)
      ended.abort()
      await round?.catch(() => undefined)
    },
  }
}
