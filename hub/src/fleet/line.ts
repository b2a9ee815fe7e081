import type { EnrolProgress } from '@fairlead/protocol/features/enrolment.ts'
import { closeCodes, type Hello } from '@fairlead/protocol/hello.ts'
import { fromBase64Url } from '@fairlead/protocol/join.ts'
import type { Audits } from '../base/audit.ts'
import type { Database } from '../base/db.ts'
import { and, eq, gt, isNull, or, sql, type Orm, type SQL } from '../base/drizzle.ts'
import { digestOf, secretOf } from '../base/secret.ts'
import { invitations } from '../base/tables.ts'
import type { Fleet } from './fleet.ts'
import { refusal } from './known.ts'

interface JoinStep {
  readonly step: 'contacted' | 'identity' | 'clock'
  readonly state: 'ok' | 'warn' | 'failed'
  readonly detail: string
  readonly host?: string
  readonly hostName?: string
}

export type Refused = Pick<NonNullable<EnrolProgress['refused']>, 'why' | 'ip'>

export interface JoinDeps {
  readonly db: Database
  readonly audits: Audits
  /** Told of each step of an invitation, for the live checklist. */
  readonly onStep: (invitation: string, step: JoinStep) => void
  /** A host showed the secret of an invitation and was not let in. */
  readonly onRefused: (invitation: string, refused: Refused) => void
  /** A new host is stored. */
  readonly onHost: (organization: string, host: string) => Promise<void>
  readonly fleet: Pick<Fleet, 'retire'>
}

export const now = sql<Date>`now()`

/** A line that still lets this host in. */
export function isOpen({ join, hostname }: Hello): SQL | undefined {
  return and(
    eq(invitations.id, join!.tokenId),
    isNull(invitations.usedAt),
    isNull(invitations.canceledAt),
    gt(invitations.expiresAt, now),
    or(isNull(invitations.hostname), eq(invitations.hostname, hostname)),
  )
}

/** Of a line that let nobody in: what was so first. A person mends each in another way. */
export async function whyRefused(orm: Orm, id: string): Promise<Refused['why']> {
  const [row] = await orm
    .select({ usedAt: invitations.usedAt, canceledAt: invitations.canceledAt, isOver: sql<boolean>`expires_at <= now()` })
    .from(invitations)
    .where(eq(invitations.id, id))
  if (row === undefined || row.canceledAt !== null) return 'canceled'
  if (row.usedAt !== null) return 'used'
  return row.isOver ? 'expired' : 'hostname'
}

/** What the person at the host reads; a close reason holds 120 bytes. */
export const refusals: Readonly<Record<Refused['why'], string>> = {
  used: 'this line was used by another host; each host needs its own, make one in the console',
  canceled: 'this line was canceled in the console; make another one there',
  expired: 'this line has expired; make another one in the console',
  hostname: 'this line is for a host of another name; make one for this host in the console',
  host: 'this line is for another host; make one in the console, on the page of this very host',
  gone: 'the host that this line is for was removed; enrol this machine with a line of its own',
}

/** Found by the digest of the whole secret, never compared with it: there is nothing to time. */
export async function findInvitation(
  db: Database,
  id: string,
  shown: string,
): Promise<{ readonly organization: string; readonly rejoins: string | null }> {
  const secret = digestOf(secretOf(fromBase64Url(shown)))
  const shownOne = and(eq(invitations.secretHash, secret), eq(invitations.id, id))
  const [found] = await db.tx({ secret }, (_sql, orm) => orm.select().from(invitations).where(shownOne))
  if (found === undefined)
    throw refusal(closeCodes.notWelcome, 'this line is unknown to this hub; copy all of it again, or make another one in the console')
  return { organization: found.organizationId, rejoins: found.rejoins }
}
