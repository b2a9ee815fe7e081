import { randomUUID } from 'node:crypto'
import type { Endpoint } from '@fairlead/protocol/api.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Approval, approvalsApi } from '@fairlead/protocol/features/approvals.ts'
import type { Caller, HubContext } from '../base/access.ts'
import type { Database } from '../base/db.ts'
import { and, desc, eq, gt, isNotNull, isNull, ne, sql, type Orm } from '../base/drizzle.ts'
import { fieldsOf } from '../base/params.ts'
import type { Place, Rights } from '../base/rights.ts'
import { findPlace, type Places, type SecondPerson } from '../base/serve.ts'
import { accounts, memberships, organizations } from '../base/tables.ts'
import { digestOf, writeParams } from './exactly.ts'
import { approvals } from './tables.ts'

interface ApprovalsDeps {
  readonly db: Database
  /** Of all methods of the hub, by name. */
  readonly endpoints: ReadonlyMap<string, Endpoint>
  readonly places: Places
  /** As they are now, not as they were a moment ago. */
  readonly rightsOf: (who: { readonly organization: string; readonly account: string }) => Promise<Rights>
}

export interface Approvals {
  readonly handlers: Handlers<typeof approvalsApi, HubContext>
  readonly gate: SecondPerson
}

type Row = typeof approvals.$inferSelect
const mostOpen = 50
const mostParamBytes = 16_384
const policyVerb = 'approval.policy'

/** What needs a second person's yes, where an organization says so. */
export function openApprovals(deps: ApprovalsDeps): Approvals {
  const { db, endpoints, places } = deps
  const all: readonly string[] = [
    ...new Set([...endpoints.values()].filter(({ door }) => door.secondPerson).map(({ door }) => door.audit!)),
  ].sort()
  const tx = inside(db)

  /** Where it would be done; undefined: that is gone. */
  async function placeOf(organization: string, { hostId, environmentId }: Row): Promise<Place | undefined> {
    if (environmentId !== null) return { environment: environmentId }
    if (hostId === null) return {}
    const host = await places.host(organization, hostId).catch(() => undefined)
    return host && { host: host.id, environment: host.environment, tags: host.tags }
  }

  async function mayDecide({ account, organization, rights }: Caller, row: Row): Promise<boolean> {
    const place = await placeOf(organization, row)
    const door = endpoints.get(row.method)?.door
    return row.accountId !== account && place !== undefined && door !== undefined && rights.can(door.needs, place)
  }

  async function one(caller: Caller, id: string): Promise<Approval> {
    const found = await tx(caller.organization, (orm) => read(orm, eq(sql`${approvals.id}::text`, id)))
    if (found[0] === undefined) throw noSuch()
    return tell(found[0], caller, endpoints)
  }

  const handlers: Approvals['handlers'] = {
    async list(_input, { caller }) {
      const rows = await tx(caller.organization, (orm) => read(orm, sql`${approvals.createdAt} > now() - interval '7 days'`))
      const shown: Approval[] = []
      for (const found of rows)
        if (found.row.accountId === caller.account || (await mayDecide(caller, found.row))) shown.push(tell(found, caller, endpoints))
      return shown
    },
    request: async (input, context) => one(context.caller, await request(deps, input, context)),
    async decide({ id, yes }, { caller, note }) {
      const { organization, account } = caller
      const [found] = await tx(organization, (orm) => read(orm, eq(sql`${approvals.id}::text`, id)))
      if (found === undefined) throw noSuch()
      if (found.row.accountId === account) throw new FairleadError('forbidden', 'You asked for it yourself; somebody else decides.')
      if (!(await mayDecide(caller, found.row))) throw noSuch()
      note(`${yes ? 'yes' : 'no'}: ${found.row.method} ${found.row.target}`.trim())
      const open = and(eq(approvals.id, found.row.id), isNull(approvals.decidedBy), gt(approvals.expiresAt, sql<Date>`now()`))
      const expiresAt = sql<Date>`least(${approvals.expiresAt}, now() + interval '1 hour')`
      const done = await tx(organization, (orm) =>
        orm
          .update(approvals)
          .set({ decidedBy: account, decidedAt: sql`now()`, refused: !yes, expiresAt })
          .where(open)
          .returning({ id: approvals.id }),
      )
      if (done.length === 0) throw new FairleadError('conflict', 'Somebody decided it already, or it ran out.')
      return one(caller, id)
    },
    policy: async (_input, { caller }) => ({ all: [...all], on: await tx(caller.organization, readPolicy) }),
    async setPolicy({ on }, { caller: { organization } }) {
      const unknown = on.find((verb) => !all.some((known) => known === verb))
      if (unknown !== undefined) throw new FairleadError('invalid_input', `${unknown.slice(0, 64)} cannot be made to need two people.`)
      if (on.length > 0) await refuseAlone(deps, organization, [...on, policyVerb])
      const own = eq(organizations.organizationId, organization)
      await tx(organization, (orm) =>
        orm
          .update(organizations)
          .set({ secondPerson: [...new Set(on)].sort() })
          .where(own),
      )
      return { all: [...all], on: await tx(organization, readPolicy) }
    },
  }
  return { handlers, gate: (asked) => pass(deps, asked) }
}

function inside(db: Database) {
  return <T>(organization: string, run: (orm: Orm) => Promise<T>) => db.tx({ organization }, (_sql, orm) => run(orm))
}

/** Throws `unapproved` unless somebody else, who could do it too, agreed to exactly this; spends that yes. */
async function pass({ db, rightsOf }: ApprovalsDeps, asked: Parameters<SecondPerson>[0]): Promise<void> {
  const tx = inside(db)
  const { name, endpoint, caller, place } = asked
  const { organization, account } = caller
  if (!(await isOn(tx, organization, endpoint.door.audit!))) return
  const digest = digestOf(name, writeParams(asked))
  const good = and(
    isNotNull(approvals.decidedBy),
    eq(approvals.refused, false),
    isNull(approvals.usedAt),
    gt(approvals.expiresAt, sql<Date>`now()`),
  )
  const mine = and(eq(approvals.digest, digest), eq(approvals.accountId, account), ne(approvals.decidedBy, account), good)
  const rows = caller.token === undefined ? await tx(organization, (orm) => orm.select().from(approvals).where(mine)) : []
  for (const row of rows) {
    // Whoever agreed must still be somebody who could do it: they may have lost that since.
    if (!(await rightsOf({ organization, account: row.decidedBy! })).can(endpoint.door.needs, place)) continue
    const taken = await tx(organization, (orm) =>
      orm
        .update(approvals)
        .set({ usedAt: sql`now()` })
        .where(and(eq(approvals.id, row.id), good))
        .returning({ id: approvals.id }),
    )
    if (taken.length === 1) return
  }
  throw new FairleadError('unapproved', 'This needs a second person’s yes. Ask for it; once somebody agreed, do it again.')
}

/** The id of what is asked for. */
async function request(
  { db, endpoints, places }: ApprovalsDeps,
  { method, input, why }: Parameters<Approvals['handlers']['request']>[0],
  { caller, note }: HubContext,
): Promise<string> {
  const tx = inside(db)
  const endpoint = endpoints.get(method)
  if (endpoint?.door.secondPerson !== true) throw new FairleadError('invalid_input', `${method.slice(0, 64)} needs nobody else’s yes.`)
  const { organization, account } = caller
  const { host, environment, place = {} } = await findPlace(places, endpoint, caller, input)
  if (!caller.rights.can(endpoint.door.needs, place))
    throw new FairleadError('forbidden', `This needs the permission ${endpoint.door.needs}.`)
  // Before it is shown to somebody: what the method does not know could never be done.
  const unknown = Object.keys(input).find((field) => !fieldsOf(endpoint).has(field))
  if (unknown !== undefined) throw new FairleadError('invalid_input', `"${unknown.slice(0, 64)}" is no field of ${method}.`)
  const params = writeParams({ params: input, host, environment })
  if (Buffer.byteLength(params) > mostParamBytes || !endpoint.input.safeParse(input).success)
    throw new FairleadError('invalid_input', `These are no arguments of ${method}.`)
  const target = host?.name ?? String(input['name'] ?? input['secondFactor'] ?? '').slice(0, 128)
  const id = randomUUID()
  note(`${endpoint.door.audit!} ${target}`.trim())
  await tx(organization, async (orm) => {
    const open = and(eq(approvals.accountId, account), isNull(approvals.decidedBy), gt(approvals.expiresAt, sql<Date>`now()`))
    if ((await orm.$count(approvals, open)) >= mostOpen) throw new FairleadError('too_many', `You ask for ${mostOpen} things already.`)
    const place_ = { hostId: host?.id ?? null, environmentId: environment ?? null }
    const row = { organizationId: organization, id, method, params, digest: digestOf(method, params), target, why, accountId: account }
    await orm.insert(approvals).values({ ...row, ...place_, expiresAt: sql`now() + interval '1 day'` })
  })
  return id
}

/** One person alone takes none of it off again, nor around it: who says where a secret is shown could have it shown to themselves. */
async function isOn(tx: ReturnType<typeof inside>, organization: string, verb: string): Promise<boolean> {
  const on = await tx(organization, readPolicy)
  return on.includes(verb) || (verb === policyVerb && on.length > 0) || (verb === 'secret.provider' && on.includes('secret.reveal'))
}

async function readPolicy(orm: Orm): Promise<string[]> {
  const [row] = await orm.select({ on: organizations.secondPerson }).from(organizations)
  return row?.on ?? []
}

/** Where only one could do it, nobody ever could again. */
async function refuseAlone({ db, endpoints, rightsOf }: ApprovalsDeps, organization: string, on: readonly string[]): Promise<void> {
  const members = await db.tx({ organization }, (_sql, orm) =>
    orm
      .select({ account: memberships.accountId })
      .from(memberships)
      .innerJoin(accounts, eq(accounts.id, memberships.accountId))
      // A service account decides nothing.
      .where(eq(accounts.kind, 'person')),
  )
  const rights = await Promise.all(members.map(({ account }) => rightsOf({ organization, account })))
  for (const { door } of endpoints.values()) {
    if (door.secondPerson !== true || !on.includes(door.audit!)) continue
    if (rights.filter((one) => one.can(door.needs, {})).length < 2)
      throw new FairleadError(
        'conflict',
        `This wants two who may do it, and only one person here has the permission ${door.needs}. Under Access, give somebody else a role with it first.`,
      )
  }
}

interface Found {
  readonly row: Row
  readonly by: string
  readonly decidedBy: string
}

async function read(orm: Orm, where: Parameters<ReturnType<ReturnType<Orm['select']>['from']>['where']>[0]): Promise<Found[]> {
  const rows = await orm
    .select({ row: approvals, by: accounts.name })
    .from(approvals)
    .innerJoin(accounts, eq(accounts.id, approvals.accountId))
    .where(where)
    .orderBy(desc(approvals.createdAt))
    .limit(200)
  const found: Found[] = []
  for (const { row, by } of rows) {
    const [decided] =
      row.decidedBy === null ? [] : await orm.select({ name: accounts.name }).from(accounts).where(eq(accounts.id, row.decidedBy))
    found.push({ row, by, decidedBy: decided?.name ?? '' })
  }
  return found
}

function tell({ row, by, decidedBy }: Found, caller: Caller, endpoints: ApprovalsDeps['endpoints']): Approval {
  const over = row.expiresAt.getTime() <= Date.now()
  return {
    id: row.id,
    method: row.method,
    verb: endpoints.get(row.method)?.door.audit ?? row.method,
    target: row.target,
    input: JSON.parse(row.params) as Record<string, unknown>,
    why: row.why,
    by: { id: row.accountId, name: by },
    decidedBy,
    state: row.usedAt !== null ? 'used' : row.refused ? 'refused' : over ? 'expired' : row.decidedBy === null ? 'open' : 'approved',
    own: row.accountId === caller.account,
    createdMs: row.createdAt.getTime(),
    expiresMs: row.expiresAt.getTime(),
  }
}

function noSuch(): FairleadError {
  return new FairleadError('not_found', 'There is no such request, or it is not yours to decide.')
}
