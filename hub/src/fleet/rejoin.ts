import { closeCodes, type Hello } from '@fairlead/protocol/hello.ts'
import type { Db } from '../base/db.ts'
import { and, eq, type Orm } from '../base/drizzle.ts'
import { hosts, invitations, replacedKeys } from '../base/tables.ts'
import { tellCutOff } from './cut-offs.ts'
import { hexOf, refusal, replacedWords, type Known } from './known.ts'
import { isOpen, now, refusals, whyRefused, type JoinDeps, type Refused } from './line.ts'

interface Rejoin {
  readonly organization: string
  /** Whose place the line gives. */
  readonly host: string
  readonly hello: Hello
  readonly key: Uint8Array
  readonly ip: string
}

type Taken =
  | { readonly is: 'replaced'; readonly name: string; readonly before: string }
  | { readonly is: 'here'; readonly name: string }
  | { readonly is: 'own key' }
  | { readonly is: 'refused'; readonly why: Refused['why'] }

/**
 * A machine takes the place of a host, under a key of its own: what is known of that host stays, and its key before is over in the same
 * transaction, with whatever is open by it. A person chose so by making the line, so a quarantine ends as well.
 */
export async function rejoinHost(deps: JoinDeps, asked: Rejoin): Promise<Known> {
  const { db, fleet, onStep } = deps
  const { organization, host, hello, key, ip } = asked
  const { tokenId } = hello.join!
  const known = { id: host, organization, key: hexOf(key), quarantined: false, pinned: null }
  const taken = await db.tx({ organization }, async (sql, orm) => {
    const done = await takePlace(sql, orm, asked)
    if (done.is === 'replaced') await tellCutOff(sql, { what: 'replaced', organization, host, key: done.before })
    return done
  })
  if (taken.is === 'refused') {
    deps.onRefused(tokenId, { why: taken.why, ip })
    throw refusal(closeCodes.notWelcome, refusals[taken.why])
  }
  // The agent draws another key at these words, and the line is still good.
  if (taken.is === 'own key') throw refusal(closeCodes.notWelcome, 'this line replaces the key of this host; a new one is needed')
  onStep(tokenId, { step: 'contacted', state: 'ok', detail: ip })
  onStep(tokenId, { step: 'identity', state: 'ok', detail: taken.name, host, hostName: taken.name })
  if (taken.is === 'here') return { ...known, name: taken.name }
  fleet.retire(host, taken.before, closeCodes.revoked, replacedWords)
  await deps.onHost(organization, host)
  const who = { organization, actor: host, actorName: taken.name, host, hostName: taken.name }
  await deps.audits.write({ ...who, verb: 'host.rejoin', outcome: 'ok', target: tokenId, code: '', ip, userAgent: '', trace: '' })
  return { ...known, name: taken.name }
}

async function takePlace(sql: Db, orm: Orm, { organization, host, hello, key }: Rejoin): Promise<Taken> {
  const [row] = await orm
    .select({ name: hosts.name, publicKey: hosts.publicKey, revokedAt: hosts.revokedAt })
    .from(hosts)
    .where(eq(hosts.id, host))
    // Of two that come at once, the second sees what the first did.
    .for('update')
  if (row === undefined || row.revokedAt !== null) return { is: 'refused', why: 'gone' }
  const line = and(eq(invitations.id, hello.join!.tokenId), eq(invitations.rejoins, host))
  if (hexOf(row.publicKey) === hexOf(key)) {
    const [used] = await orm.select({ usedAt: invitations.usedAt }).from(invitations).where(line)
    // Its welcome was lost on the way.
    return used?.usedAt == null ? { is: 'own key' } : { is: 'here', name: row.name }
  }
  const whose = await ownerOf(orm, key)
  if (whose === host) return { is: 'own key' }
  if (whose !== undefined || (hello.join!.host ?? host) !== host) return { is: 'refused', why: 'host' }
  const [won] = await orm
    .update(invitations)
    .set({ usedAt: now, hostId: host })
    .where(and(line, isOpen(hello)))
    .returning({ id: invitations.id })
  if (won === undefined) return { is: 'refused', why: await whyRefused(orm, hello.join!.tokenId) }
  await orm.insert(replacedKeys).values({ organizationId: organization, publicKey: row.publicKey, hostId: host })
  await orm.update(hosts).set({ publicKey: key, quarantinedAt: null, hubKey: null, lastSeenAt: now }).where(eq(hosts.id, host))
  // The new key begins with no generation.
  await sql`DELETE FROM generations WHERE host_id = ${host}`
  return { is: 'replaced', name: row.name, before: hexOf(row.publicKey) }
}

/** The host that has this key, or had it before: it is good for one, once. */
async function ownerOf(orm: Orm, key: Uint8Array): Promise<string | undefined> {
  const [own] = await orm.select({ id: hosts.id }).from(hosts).where(eq(hosts.publicKey, key))
  const [before] = await orm.select({ id: replacedKeys.hostId }).from(replacedKeys).where(eq(replacedKeys.publicKey, key))
  return own?.id ?? before?.id
}
