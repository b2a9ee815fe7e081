import { randomBytes, randomUUID } from 'node:crypto'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { AccountInvitation, accountsApi } from '@fairlead/protocol/features/accounts.ts'
import type { Caller } from '../base/access.ts'
import { asc, eq, gt, sql } from '../base/drizzle.ts'
import { canonical } from '../base/email.ts'
import { createHourly, refuseHourly } from '../base/hourly.ts'
import { digestOf, secretOf } from '../base/secret.ts'
import { accounts, memberships } from '../base/tables.ts'
import type { AccountsDeps } from './accounts.ts'
import { accountInvitations as invitations } from './tables.ts'

type Inviting = AccountsDeps & { readonly inviteLimits: InviteLimits }
type Invite = Parameters<Handlers<typeof accountsApi>['invite']>[0]

const mostOpen = 500

/** Invitations within an hour: of one person, of one organization, and to one address from it. Each may be a letter to a stranger. */
export const mostInvited = { person: 60, organization: 200, address: 5 } as const

interface InviteLimits {
  /** Counts one more. Throws `rate_limited`. */
  take(of: { readonly organization: string; readonly account: string; readonly email: string }): void
}

export function createInviteLimits(now?: () => number): InviteLimits {
  const [person, all, address] = (['person', 'organization', 'address'] as const).map((of) => createHourly(mostInvited[of], now))
  return {
    take({ organization, account, email }) {
      refuseHourly(address!.take(`${organization} ${email}`), `${email} was invited ${mostInvited.address} times`, 'email')
      refuseHourly(person!.take(`${organization} ${account}`), `You invited ${mostInvited.person} people`)
      refuseHourly(all!.take(organization), `${mostInvited.organization} people were invited into this organization`)
    },
  }
}

/** Asks somebody in, with a role that the caller has themselves. The link is in this answer, in the mail to them, and nowhere else. */
export async function invite({ db, roles, mail, address, inviteLimits }: Inviting, caller: Caller, input: Invite) {
  const { organization: organizationId, account: invitedBy } = caller
  const { role, reach, ttlHours } = input
  const email = canonical(input.email)
  const id = randomUUID()
  const secret = randomBytes(32).toString('base64url')
  const expiresAt = new Date(Date.now() + ttlHours * 3_600_000)
  await db.tx({ organization: organizationId }, async (_sql, orm) => {
    await roles.refuseGiving(orm, caller, { role, reach })
    const own = eq(accounts.id, memberships.accountId)
    const member = await orm.select({ id: accounts.id }).from(memberships).innerJoin(accounts, own).where(eq(accounts.email, email))
    if (member.length > 0)
      throw new FairleadError('conflict', `${email} belongs to this organization already; give that account a role.`, {
        details: { field: 'email' },
      })
    await orm.delete(invitations).where(sql`${invitations.expiresAt} <= now()`)
    const open = await orm.select({ id: invitations.id }).from(invitations)
    if (open.length >= mostOpen)
      throw new FairleadError('too_many', `There are ${mostOpen} open invitations, which is the most; cancel some first.`)
    inviteLimits.take({ organization: organizationId, account: invitedBy, email })
    const secretHash = digestOf(secretOf(secret))
    await orm.insert(invitations).values({ organizationId, id, secretHash, email, role, reach, invitedBy, expiresAt })
  })
  const link = `${address()}/join#${secret}`
  const mailed = await mail.invite({ organization: organizationId, by: invitedBy, to: email, link, expires: expiresAt })
  return { id, link, mailed, expiresMs: expiresAt.getTime() }
}

export async function listInvitations({ db, roles }: AccountsDeps, organization: string): Promise<AccountInvitation[]> {
  const rows = await db.tx({ organization }, (_sql, orm) =>
    orm
      .select({ invitation: invitations, by: accounts.name })
      .from(invitations)
      .innerJoin(accounts, eq(accounts.id, invitations.invitedBy))
      .where(gt(invitations.expiresAt, sql<Date>`now()`))
      .orderBy(asc(invitations.createdAt)),
  )
  const names = await roles.names(organization)
  return rows.map(({ invitation: { id, email, role, reach, createdAt, expiresAt }, by }) => ({
    id,
    email,
    role: names.role(role),
    reach: names.reach(reach),
    invitedBy: by,
    createdMs: createdAt.getTime(),
    expiresMs: expiresAt.getTime(),
  }))
}

export async function cancelInvitation({ db }: AccountsDeps, organization: string, id: string): Promise<{ id: string }> {
  const own = eq(sql`${invitations.id}::text`, id)
  const gone = await db.tx({ organization }, (_sql, orm) => orm.delete(invitations).where(own).returning({ id: invitations.id }))
  if (gone.length === 0) throw new FairleadError('not_found', 'There is no such open invitation: it was used, canceled, or ran out.')
  return { id }
}
