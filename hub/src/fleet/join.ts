import { randomUUID } from 'node:crypto'
import { closeCodes, type Hello } from '@fairlead/protocol/hello.ts'
import type { Database } from '../base/db.ts'
import { and, eq, isNull, type Orm } from '../base/drizzle.ts'
import { hosts, invitations, replacedKeys } from '../base/tables.ts'
import { hexOf, refusal, type Known } from './known.ts'
import { findInvitation, isOpen, now, refusals, whyRefused, type JoinDeps } from './line.ts'
import { rejoinHost } from './rejoin.ts'

/** How far a host's clock may be off before its owner hears of it. */
const skewMs = 5000

/** Lets a host in by its join string: one statement decides who wins it, and the key is stored in the same transaction. */
export async function joinHost(deps: JoinDeps, hello: Hello, key: Uint8Array, ip: string): Promise<Known> {
  const { db, onStep } = deps
  const { tokenId, secret } = hello.join!
  const { organization, rejoins } = await findInvitation(db, tokenId, secret)
  if (rejoins !== null) return rejoinHost(deps, { organization, host: rejoins, hello, key, ip })
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
  return { ...won, organization, key: hexOf(key), quarantined: false, pinned: null }
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
    return { id: row.id, name: row.name, organization, key: hexOf(key), quarantined: false, pinned: row.hubKey }
  })
}

async function takeInvitation(
  orm: Orm,
  organization: string,
  hello: Hello,
  key: Uint8Array,
): Promise<{ id: string; name: string } | undefined> {
  const taken = await orm.select({ id: hosts.id }).from(hosts).where(eq(hosts.publicKey, key))
  const replaced = await orm.select({ id: replacedKeys.hostId }).from(replacedKeys).where(eq(replacedKeys.publicKey, key))
  if (taken.length + replaced.length > 0)
    throw refusal(closeCodes.notWelcome, 'this key was revoked here, or belongs to another organization; a new one is needed')
  const id = randomUUID()
  const [won] = await orm.update(invitations).set({ usedAt: now, hostId: id }).where(isOpen(hello)).returning()
  if (won === undefined) return undefined
  const { environmentId, tags } = won
  const base = hello.hostname.replaceAll(/[^\p{L}\p{N} ._-]/gu, '-').slice(0, 60) || 'host'
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
