import { randomUUID } from 'node:crypto'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { EnrolProgress } from '@fairlead/protocol/features/enrolment.ts'
import { closeCodes, type Hello } from '@fairlead/protocol/hello.ts'
import { fromBase64Url } from '@fairlead/protocol/join.ts'
import type { Audits } from '../base/audit.ts'
import { batched } from '../base/batched.ts'
import type { Database } from '../base/db.ts'
import { and, eq, gt, inArray, isNull, or, sql, type Orm } from '../base/drizzle.ts'
import { digestOf, secretOf } from '../base/secret.ts'
import { hosts, invitations } from '../base/tables.ts'

/** A host whose key is enrolled. */
export interface Known {
  readonly id: string
  readonly organization: string
  readonly name: string
  /** A second copy of its key was seen. */
  readonly quarantined: boolean
  /** Which key of the hub it pinned, as far as was written down; null: none that it could follow from. */
  readonly pinned: number | null
}

interface JoinStep {
  readonly step: 'contacted' | 'identity' | 'clock'
  readonly state: 'ok' | 'warn' | 'failed'
  readonly detail: string
  readonly host?: string
  readonly hostName?: string
}

type Refused = Pick<NonNullable<EnrolProgress['refused']>, 'why' | 'ip'>

export interface JoinDeps {
  readonly db: Database
  readonly audits: Audits
  /** Told of each step of an invitation, for the live checklist. */
  readonly onStep: (invitation: string, step: JoinStep) => void
  /** A host showed the secret of an invitation and was not let in. */
  readonly onRefused: (invitation: string, refused: Refused) => void
  /** A new host is stored. */
  readonly onHost: (organization: string, host: string) => Promise<void>
}

const now = sql<Date>`now()`
/** How far a host's clock may be off before its owner hears of it. */
const skewMs = 5000

/** The host that holds a key. Throws with a close code for a stranger's key and a revoked one. */
export function createHostFinder(db: Database): (key: Uint8Array) => Promise<Known> {
  const { id, organizationId, name, publicKey, revokedAt, quarantinedAt, hubKey } = hosts
  const find = batched(async (keys: readonly Uint8Array[]) => {
    const rows = await db.tx({ hostKeys: keys }, (_sql, orm) =>
      orm
        .select({ id, organizationId, name, publicKey, revokedAt, quarantinedAt, hubKey })
        .from(hosts)
        .where(inArray(publicKey, [...keys])),
    )
    const byKey = new Map(rows.map((row) => [hexOf(row.publicKey), row]))
    return keys.map((key) => byKey.get(hexOf(key)))
  })
  return async (key) => {
    const row = await find(key)
    if (row === undefined) throw refusal(closeCodes.notWelcome, 'this host is not enrolled here')
    if (row.revokedAt !== null) throw refusal(closeCodes.revoked, 'revoked')
    return { id: row.id, organization: row.organizationId, name: row.name, quarantined: row.quarantinedAt !== null, pinned: row.hubKey }
  }
}

const hexOf = (key: Uint8Array) => Buffer.from(key).toString('hex')

/** Lets a host in by its join string: one statement decides who wins it, and the key is stored in the same transaction. */
export async function joinHost(deps: JoinDeps, hello: Hello, key: Uint8Array, ip: string): Promise<Known> {
  const { db, onStep } = deps
  const { tokenId, secret } = hello.join!
  const organization = await findInvitation(db, tokenId, secret)
  const again = await findEnrolled(db, organization, tokenId, key)
  if (again !== undefined) {
    onStep(tokenId, { step: 'contacted', state: 'ok', detail: ip })
    onStep(tokenId, { step: 'identity', state: 'ok', detail: again.name, host: again.id, hostName: again.name })
    return again
  }
  const won = await db.tx({ organization }, (_sql, orm) => takeInvitation(orm, organization, hello, key))
  if (won === undefined) {
    const why = await db.tx({ organization }, (_sql, orm) => whyRefused(orm, tokenId))
    deps.onRefused(tokenId, { why, ip })
    throw refusal(closeCodes.notWelcome, refusals[why])
  }
  onStep(tokenId, { step: 'contacted', state: 'ok', detail: ip })
  await deps.onHost(organization, won.id)
  const offMs = hello.clockMs - Date.now()
  onStep(tokenId, { step: 'identity', state: 'ok', detail: won.name, host: won.id, hostName: won.name })
  onStep(tokenId, { step: 'clock', state: Math.abs(offMs) > skewMs ? 'warn' : 'ok', detail: `${Math.round(offMs)} ms` })
  const { id: host, name: hostName } = won
  const who = { organization, actor: host, actorName: hostName, host, hostName }
  await deps.audits.write({ ...who, verb: 'host.enrol', outcome: 'ok', target: tokenId, code: '', ip, userAgent: '', trace: '' })
  return { ...won, organization, quarantined: false, pinned: null }
}

/** Of a line that let nobody in: what was so first. A person mends each in another way. */
async function whyRefused(orm: Orm, id: string): Promise<Refused['why']> {
  const [row] = await orm
    .select({ usedAt: invitations.usedAt, canceledAt: invitations.canceledAt, isOver: sql<boolean>`expires_at <= now()` })
    .from(invitations)
    .where(eq(invitations.id, id))
  if (row === undefined || row.canceledAt !== null) return 'canceled'
  if (row.usedAt !== null) return 'used'
  return row.isOver ? 'expired' : 'hostname'
}

/** What the person at the host reads; a close reason holds 120 bytes. */
const refusals: Readonly<Record<Refused['why'], string>> = {
  used: 'this line was used by another host; each host needs its own, make one in the console',
  canceled: 'this line was canceled in the console; make another one there',
  expired: 'this line has expired; make another one in the console',
  hostname: 'this line is for a host of another name; make one for this host in the console',
}

/** Found by the digest of the whole secret, never compared with it: there is nothing to time. */
async function findInvitation(db: Database, id: string, shown: string): Promise<string> {
  const secret = digestOf(secretOf(fromBase64Url(shown)))
  const shownOne = and(eq(invitations.secretHash, secret), eq(invitations.id, id))
  const [found] = await db.tx({ secret }, (_sql, orm) => orm.select().from(invitations).where(shownOne))
  if (found === undefined)
    throw refusal(closeCodes.notWelcome, 'this line is unknown to this hub; copy all of it again, or make another one in the console')
  return found.organizationId
}

/**
 * A host that is here already needs no invitation: its welcome was lost on the way, or somebody pasted a line again to repair
 * it. It stays who it is, and the line is used up all the same.
 */
async function findEnrolled(db: Database, organization: string, invitation: string, key: Uint8Array): Promise<Known | undefined> {
  return db.tx({ organization }, async (_sql, orm) => {
    const same = and(eq(hosts.publicKey, key), isNull(hosts.revokedAt))
    const [row] = await orm
      .select({ id: hosts.id, name: hosts.name, quarantinedAt: hosts.quarantinedAt, hubKey: hosts.hubKey })
      .from(hosts)
      .where(same)
    if (row === undefined) return undefined
    // The line is for whichever of the two a person chose: it comes again with a key of its own.
    if (row.quarantinedAt !== null) throw refusal(closeCodes.notWelcome, 'a second machine holds this key; a new one is needed')
    const unused = and(eq(invitations.id, invitation), isNull(invitations.usedAt))
    await orm.update(invitations).set({ usedAt: now, hostId: row.id }).where(unused)
    return { id: row.id, name: row.name, organization, quarantined: false, pinned: row.hubKey }
  })
}

async function takeInvitation(
  orm: Orm,
  organization: string,
  { join, hostname }: Hello,
  key: Uint8Array,
): Promise<{ id: string; name: string } | undefined> {
  if ((await orm.select({ id: hosts.id }).from(hosts).where(eq(hosts.publicKey, key))).length > 0)
    throw refusal(closeCodes.notWelcome, 'this key was revoked here, or belongs to another organization; a new one is needed')
  const id = randomUUID()
  const open = and(
    eq(invitations.id, join!.tokenId),
    isNull(invitations.usedAt),
    isNull(invitations.canceledAt),
    gt(invitations.expiresAt, now),
    or(isNull(invitations.hostname), eq(invitations.hostname, hostname)),
  )
  const [won] = await orm.update(invitations).set({ usedAt: now, hostId: id }).where(open).returning()
  if (won === undefined) return undefined
  const { environmentId, tags } = won
  const base = hostname.replaceAll(/[^\p{L}\p{N} ._-]/gu, '-').slice(0, 60) || 'host'
  for (let n = 1; ; n++) {
    const name = n === 1 ? base : `${base}-${n}`
    const [row] = await orm
      .insert(hosts)
      .values({ organizationId: organization, id, environmentId, publicKey: key, name, tags, lastSeenAt: now })
      .onConflictDoNothing({ target: [hosts.organizationId, hosts.name], where: isNull(hosts.revokedAt) })
      .returning({ id: hosts.id })
    if (row !== undefined) return { id, name }
  }
}

/** Ends the handshake with a close code and a sentence for the person who reads the agent's log. */
export function refusal(closeCode: number, message: string): FairleadError {
  return new FairleadError('unauthenticated', message, { details: { closeCode } })
}
