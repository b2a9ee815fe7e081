import { randomUUID } from 'node:crypto'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { ScimAnswer, scimApi } from '@fairlead/protocol/features/scim.ts'
import type { Caller, HubContext } from '../base/access.ts'
import { and, asc, eq, sql, type Orm, type SQL } from '../base/drizzle.ts'
import { foldName, nameOf } from '../base/names.ts'
import { accounts, memberships } from '../base/tables.ts'
import { checkVersion, etagOf, fault, gone } from './fault.ts'
import { parseFilter, type Equal } from './filter.ts'
import { listOf, pageOf, pick } from './list.ts'
import { patch } from './patch.ts'
import { readResource, type Resource } from './read.ts'
import { urns, userAttributes } from './schema.ts'
import type { ScimDeps } from './scim.ts'
import { scimUsers } from './tables.ts'

type Users = Pick<Handlers<typeof scimApi, HubContext>, 'users' | 'user' | 'createUser' | 'replaceUser' | 'changeUser' | 'removeUser'>
type Row = typeof scimUsers.$inferSelect & { readonly active: boolean }

const mostUsers = 10_000

/** People that a directory made here. They have no password: they sign in through the directory itself. */
export function serveUsers(deps: ScimDeps): Users {
  const { db, roles, address } = deps
  const answer = (row: Row): ScimAnswer => {
    const location = `${address()}/scim/v2/Users/${row.accountId}`
    return { body: resourceOf(row, location), etag: etagOf(row.version), location }
  }

  return {
    async users({ filter, ...page }, { caller }) {
      const where = and(eq(scimUsers.provisioner, caller.account), ...conditionsOf(filter))
      const { offset, limit } = pageOf(page)
      const [rows, total] = await db.tx({ organization: caller.organization }, async (_sql, orm) => [
        await select(orm).where(where).orderBy(asc(scimUsers.createdAt), asc(scimUsers.accountId)).limit(limit).offset(offset),
        await orm
          .select({ count: sql<number>`count(*)::int` })
          .from(scimUsers)
          .innerJoin(memberships, own)
          .where(where),
      ])
      const resources = rows.map((row) => pick(answer(flat(row)).body, page))
      return { body: listOf(resources, total[0]!.count, page.startIndex) }
    },
    async user({ id, ...shown }, { caller }) {
      const row = await db.tx({ organization: caller.organization }, (_sql, orm) => find(orm, caller, id))
      const whole = answer(row)
      return { ...whole, body: pick(whole.body, shown) }
    },
    async createUser({ resource }, { caller, note }) {
      const wanted = readResource(userAttributes, resource)
      note(String(wanted['userName']))
      const row = await db.tx({ organization: caller.organization }, (_sql, orm) => insert(orm, caller, wanted))
      await after(deps, caller, undefined, row)
      return answer(row)
    },
    async replaceUser({ resource, ...which }, { caller, note }) {
      const row = await change(deps, caller, which, () => resource)
      note(row.userName)
      return answer(row)
    },
    async changeUser({ resource, ...which }, { caller, note }) {
      const row = await change(deps, caller, which, (before) => patch(userAttributes, contentOf(before), resource))
      note(row.userName)
      return answer(row)
    },
    async removeUser({ id, ifMatch }, { caller, note }) {
      const row = await db.tx({ organization: caller.organization }, async (_sql, orm) => {
        const row = await find(orm, caller, id)
        checkVersion(ifMatch, row.version)
        await roles.refuseLeaving(orm, row.accountId)
        // With their roles, teams and tokens. The account itself stays, as of everybody who is removed.
        await orm.delete(memberships).where(eq(memberships.accountId, row.accountId))
        return row
      })
      note(row.userName)
      await after(deps, caller, row, undefined)
      return { id }
    },
  }
}

/** Those who lose their right to come in lose at once what they have open. */
async function after({ roles, logins }: ScimDeps, { organization }: Caller, before: Row | undefined, now: Row | undefined): Promise<void> {
  if (before?.active === true && now?.active !== true) await logins.endOf(organization, before.accountId)
  if (before?.active !== now?.active) roles.changed(organization)
}

async function change(
  deps: ScimDeps,
  caller: Caller,
  { id, ifMatch }: { id: string; ifMatch?: string | undefined },
  make: (before: Row) => Resource,
): Promise<Row> {
  const { db, roles } = deps
  const { before, row } = await db.tx({ organization: caller.organization }, async (_sql, orm) => {
    const before = await find(orm, caller, id)
    checkVersion(ifMatch, before.version)
    const wanted = readResource(userAttributes, make(before))
    const active = wanted['active'] !== false
    if (JSON.stringify(documentOf(wanted)) === JSON.stringify(documentOf(contentOf(before))) && active === before.active)
      return { before, row: before }
    if (!active && before.active) await roles.refuseLeaving(orm, before.accountId)
    return { before, row: await save(orm, caller, before, wanted) }
  })
  await after(deps, caller, before, row)
  return row
}

const own = eq(memberships.accountId, scimUsers.accountId)

function select(orm: Orm) {
  return orm.select({ user: scimUsers, active: memberships.active }).from(scimUsers).innerJoin(memberships, own)
}

const flat = ({ user, active }: { readonly user: typeof scimUsers.$inferSelect; readonly active: boolean }): Row => ({ ...user, active })

async function find(orm: Orm, { account }: Caller, id: string): Promise<Row> {
  const mine = and(eq(scimUsers.provisioner, account), eq(sql`${scimUsers.accountId}::text`, id.toLowerCase()))
  const [row] = await select(orm).where(mine).for('update')
  if (row === undefined) throw gone('user')
  return flat(row)
}

async function insert(orm: Orm, caller: Caller, wanted: Resource): Promise<Row> {
  const { organization: organizationId, account: provisioner } = caller
  await refuseName(orm, caller, String(wanted['userName']))
  if ((await orm.$count(scimUsers)) >= mostUsers) throw fault('tooMany', `A directory makes ${mostUsers} people at most here.`)
  const id = randomUUID()
  // Nobody is found by an e-mail that a directory says: it may say anybody's.
  await orm.insert(accounts).values({ id, email: null, passwordHash: null, ...accountOf(wanted) })
  const active = wanted['active'] !== false
  await orm.insert(memberships).values({ organizationId, accountId: id, active })
  const [row] = await orm
    .insert(scimUsers)
    .values({ organizationId, accountId: id, provisioner, ...rowOf(wanted) })
    .returning()
  return { ...row!, active }
}

async function save(orm: Orm, caller: Caller, before: Row, wanted: Resource): Promise<Row> {
  const { accountId, version } = before
  const active = wanted['active'] !== false
  if (foldName(String(wanted['userName'])) !== before.nameKey) await refuseName(orm, caller, String(wanted['userName']))
  await orm.update(accounts).set(accountOf(wanted)).where(eq(accounts.id, accountId))
  await orm.update(memberships).set({ active }).where(eq(memberships.accountId, accountId))
  const [row] = await orm
    .update(scimUsers)
    .set({ ...rowOf(wanted), version: version + 1, updatedAt: sql`now()` })
    .where(eq(scimUsers.accountId, accountId))
    .returning()
  return { ...row!, active }
}

async function refuseName(orm: Orm, { account }: Caller, userName: string): Promise<void> {
  const same = and(eq(scimUsers.provisioner, account), eq(scimUsers.nameKey, foldName(userName)))
  const [taken] = await orm.select({ id: scimUsers.accountId }).from(scimUsers).where(same)
  if (taken !== undefined) throw fault('uniqueness', `Somebody has the userName ${userName} already.`, 'conflict')
}

/** What is kept as it was said; the rest is in columns of its own. */
function documentOf({ active: _active, userName, externalId, ...document }: Resource) {
  return { userName: String(userName), externalId: typeof externalId === 'string' ? externalId : null, document }
}

const rowOf = (wanted: Resource) => ({ ...documentOf(wanted), nameKey: foldName(String(wanted['userName'])) })

function accountOf(wanted: Resource): { readonly name: string; readonly language: 'en' | 'fr' } {
  const { formatted, givenName, familyName } = (wanted['name'] ?? {}) as Readonly<Record<string, string>>
  const both = [givenName, familyName].filter((part) => part !== undefined && part !== '').join(' ')
  const named = [wanted['displayName'], formatted, both, wanted['userName']].find((one) => typeof one === 'string' && one.trim() !== '')
  const language = String(wanted['preferredLanguage'] ?? wanted['locale'] ?? '')
  return { name: nameOf(String(named)), language: /^fr\b/i.test(language) ? 'fr' : 'en' }
}

/** The attributes alone: what a PATCH works on. */
function contentOf({ userName, externalId, document, active }: Row): Resource {
  return { userName, ...(externalId === null ? {} : { externalId }), ...document, active }
}

function resourceOf(row: Row, location: string): Resource {
  const extended = row.document[urns.enterprise] !== undefined
  return {
    schemas: [urns.user, ...(extended ? [urns.enterprise] : [])],
    id: row.accountId,
    ...contentOf(row),
    meta: {
      resourceType: 'User',
      created: row.createdAt.toISOString(),
      lastModified: row.updatedAt.toISOString(),
      location,
      version: etagOf(row.version),
    },
  }
}

function conditionsOf(filter: string | undefined): SQL[] {
  return filter === undefined ? [] : parseFilter(filter).map(conditionOf)
}

function conditionOf({ path, value }: Equal): SQL {
  const text = String(value)
  switch (path) {
    case 'id':
      return eq(sql`${scimUsers.accountId}::text`, text.toLowerCase())
    case 'username':
      return eq(scimUsers.nameKey, foldName(text))
    case 'externalid':
      return eq(scimUsers.externalId, text)
    case 'displayname':
      return eq(sql`lower(${scimUsers.document} ->> 'displayName')`, text.toLowerCase())
    case 'active':
      return eq(memberships.active, value === true || text.toLowerCase() === 'true')
    case 'emails':
    case 'emails.value':
      return hasEmail(text)
    case 'emails[type eq "work"].value':
      return hasEmail(text, 'work')
    default:
      throw fault(
        'invalidFilter',
        `Nobody is found by ${path.slice(0, 64)} here; by userName, externalId, id, displayName, active and emails they are.`,
      )
  }
}

function hasEmail(value: string, type?: string): SQL {
  const ofType = type === undefined ? sql`true` : sql`lower(one ->> 'type') = ${type}`
  return sql`EXISTS (SELECT 1 FROM jsonb_array_elements(coalesce(${scimUsers.document} -> 'emails', '[]')) AS one
    WHERE lower(one ->> 'value') = ${value.toLowerCase()} AND ${ofType})`
}
