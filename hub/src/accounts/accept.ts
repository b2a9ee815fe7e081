import { codeOf, FairleadError } from '@fairlead/protocol/errors.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { accountsApi } from '@fairlead/protocol/features/accounts.ts'
import type { Me } from '@fairlead/protocol/features/logins.ts'
import type { Database } from '../base/db.ts'
import { and, eq, gt, sql } from '../base/drizzle.ts'
import { digestOf, secretOf } from '../base/secret.ts'
import { accounts, memberships, organizations } from '../base/tables.ts'
import type { LoginContext } from '../logins/logins.ts'
import type { AccountsDeps } from './accounts.ts'
import { accountInvitations as invitations } from './tables.ts'

type Accept = Parameters<Handlers<typeof accountsApi>['accept']>[0]

/** Unknown, used, canceled and expired are alike. */
const gone = () =>
  new FairleadError('not_found', 'This invitation is not open: it was used or canceled, or it ran out. Ask for another one.')

export async function invited({ db, logins: { delays } }: AccountsDeps, secret: string, { caller: { ip } }: LoginContext) {
  const { organizationId: organization, email } = await findOpen(db, secret, () => delays.begin('invited', ip))
  delays.succeeded('invited', ip)
  const [row] = await db.tx({ organization }, (_sql, orm) => orm.select({ name: organizations.name }).from(organizations))
  const known = await db.tx({}, (_sql, orm) => orm.select({ id: accounts.id }).from(accounts).where(eq(accounts.email, email)))
  return { organization: row!.name, email, known: known.length > 0 }
}

/** One use: of two at once, the second finds it gone. */
export async function accept({ db, audits, roles, logins }: AccountsDeps, input: Accept, context: LoginContext): Promise<Me> {
  const { ip, userAgent, trace } = context.caller
  if (!context.door.secure) throw new FairleadError('forbidden', context.door.insecureReason)
  const invitation = await findOpen(db, input.secret, () => logins.delays.begin('invited', ip))
  logins.delays.succeeded('invited', ip)
  const { organizationId: organization, id, email, role, reach } = invitation
  const person = await logins.personOf(email, input, ip)
  const rights = await roles.rightsOf({ organization, account: invitation.invitedBy })
  await db.tx({ organization }, async (_sql, orm) => {
    // As it is now: who invited may have lost what they promised, and a role or a place may be gone.
    await roles.refuseGiving(orm, { rights }, { role, reach }).catch((error: unknown) => {
      throw ['forbidden', 'not_found'].includes(codeOf(error)) ? gone() : error
    })
    const used = await orm.delete(invitations).where(eq(invitations.id, id)).returning({ id: invitations.id })
    if (used.length === 0) throw gone()
    if (person.made !== undefined) await orm.insert(accounts).values(person.made)
    await orm.insert(memberships).values({ organizationId: organization, accountId: person.id })
    await roles.give(orm, { organization, account: person.id, role, reach })
  })
  roles.changed(organization)
  const what = { verb: 'account.join', outcome: 'ok', host: '', hostName: '', target: person.id, targetName: email, code: '' } as const
  await audits.write({ ...what, organization, actor: person.id, actorName: person.name, ip, userAgent: userAgent.slice(0, 200), trace })
  return logins.begin(person.id, organization, context)
}

/** `count`: each guess is one more try. */
async function findOpen(db: Database, secret: string, count: () => void) {
  count()
  const digest = digestOf(secretOf(secret))
  const open = and(eq(invitations.secretHash, digest), gt(invitations.expiresAt, sql<Date>`now()`))
  const [found] = await db.tx({ secret: digest }, (_sql, orm) => orm.select().from(invitations).where(open))
  if (found === undefined) throw gone()
  return found
}
