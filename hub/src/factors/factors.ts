import type { Factor } from '@fairlead/protocol/api.ts'
import type { Challenge, Given } from '@fairlead/protocol/features/factors.ts'
import type { Through } from '../base/access.ts'
import type { Database, Db, Within } from '../base/db.ts'
import type { Rights } from '../base/rights.ts'
import type { Seal } from '../base/seal.ts'
import { createDevices } from './devices.ts'
import { createNotices, type Tell } from './notices.ts'
export { createNotices } from './notices.ts'
import { createPasskeys, type PasskeyPlace } from './passkeys.ts'
import { createPasskeyShelf, type PasskeyShelf } from './passkey-shelf.ts'
import { createRecovery } from './recovery.ts'
import { createTickets, type Tickets } from './tickets.ts'
import { createTotp } from './totp.ts'

interface Who {
  readonly organization: string
  readonly account: string
}

/** A transaction that sees the organization and the account, and what was read of them there. */
export interface Known {
  readonly within: Within
  readonly rights: Rights
}

export interface FactorsDeps {
  readonly db: Database
  readonly seal: Seal
  readonly place: PasskeyPlace
  /** Whether an account manages others in an organization: of such ones a policy may ask more. */
  readonly isAdmin: (who: Who, known?: Known) => Promise<boolean>
  /** What an account is told about itself goes out by this too. */
  readonly tell?: Tell
  readonly wallMs?: () => number
  /** Steady ms. */
  readonly now?: () => number
}

/** By what an account can prove itself, and whether it must get more. */
export interface Standing {
  /** The strongest first. Of an account without a second factor: its password. */
  readonly accepts: readonly Factor[]
  readonly hasSecond: boolean
  /** The organization asks this account for a second factor. */
  readonly required: boolean
}

export interface Factors {
  standing(who: Who, known?: Known): Promise<Standing>
  /** Whether it proves this account, for this scope and holder. A password is not looked at here. */
  check(given: Given, account: string, scope: string, holder: string): Promise<boolean>
  challenge(scope: string, holder: string, account?: string): Promise<Challenge>
  readonly passkeys: ReturnType<typeof createPasskeys> & Pick<PasskeyShelf, 'rename' | 'remove' | 'list'>
  readonly totp: ReturnType<typeof createTotp>
  readonly recovery: ReturnType<typeof createRecovery>
  readonly devices: ReturnType<typeof createDevices>
  readonly notices: ReturnType<typeof createNotices>
  readonly tickets: Tickets
  readonly host: string
}

/** An account without a password proves itself where it came from; what the provider asks for is not asked here again. */
export function standingThrough(standing: Standing, through: Through | undefined): Standing {
  if (through === undefined) return standing
  const accepts = through.own && !standing.hasSecond ? (['provider'] as const) : standing.accepts
  return { ...standing, accepts, required: standing.required && through.secondFactor === 'here' }
}

/** What people prove themselves by, beside the password. */
export function openFactors({ db, seal, place, isAdmin, tell = async () => undefined, wallMs = Date.now, now }: FactorsDeps): Factors {
  const tickets = createTickets(now)
  const shelf = createPasskeyShelf(db)
  const passkeys = { ...createPasskeys({ db, tickets, shelf, place }), rename: shelf.rename, remove: shelf.remove, list: shelf.list }
  const totp = createTotp({ db, seal, tickets, wallMs })
  const recovery = createRecovery(db)
  return {
    async standing(who, known) {
      const { organization, account } = who
      const read = (sql: Db) => readStanding(sql, account)
      const { policy, codes, ...has } = await (known === undefined ? db.tx({ organization, account }, read) : read(known.within.sql))
      const hasSecond = has.passkeys || has.totp
      const second = (['passkey', 'totp', 'recovery'] as const).filter(
        (one) => ({ passkey: has.passkeys, totp: has.totp, recovery: codes })[one],
      )
      return {
        accepts: hasSecond ? second : ['password'],
        hasSecond,
        required: policy === 'everyone' || (policy === 'admins' && (await isAdmin(who, known))),
      }
    },
    async check(given, account, scope, holder) {
      if (given.factor === 'totp') return totp.check(account, given.code)
      if (given.factor === 'recovery') return recovery.take(account, given.code)
      return given.factor === 'passkey' && (await passkeys.check(given.answer, scope, holder)) === account
    },
    challenge: passkeys.challenge,
    passkeys,
    totp,
    recovery,
    devices: createDevices(db),
    notices: createNotices(db, tell),
    tickets,
    host: place.host,
  }
}

/** Of an account in an organization that the transaction sees both. */
async function readStanding(sql: Db, account: string) {
  const [row] = await sql<{ totp: boolean; codes: boolean; passkeys: boolean; policy: string }[]>`SELECT
    EXISTS (SELECT 1 FROM totp WHERE account_id = ${account}) AS totp,
    EXISTS (SELECT 1 FROM recovery_codes WHERE account_id = ${account}) AS codes,
    EXISTS (SELECT 1 FROM passkeys WHERE account_id = ${account}) AS passkeys,
    coalesce((SELECT second_factor FROM organizations WHERE organization_id = own_organization()), 'optional') AS policy`
  return row!
}
