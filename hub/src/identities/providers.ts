import { randomUUID } from 'node:crypto'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { identitiesApi, Provider, ProviderSettings } from '@fairlead/protocol/features/identities.ts'
import type { Caller, HubContext } from '../base/access.ts'
import { alone } from '../base/alone.ts'
import { and, asc, eq, sql, type Orm } from '../base/drizzle.ts'
import { refuseTaken } from '../base/names.ts'
import type { SealedColumn } from '../base/reseal.ts'
import type { SealPlace } from '../base/seal-record.ts'
import { accounts, identities, identityProviders as providers, memberships } from '../base/tables.ts'
import type { IdentitiesDeps } from './identities.ts'
import { canonicalDn } from './ldap/dn.ts'
import { readDirectory } from './ldap/presets.ts'
import { scimUsers } from '../scim/tables.ts'
import { identityRules as rules } from './tables.ts'

export const sealedProviders: SealedColumn = { table: 'identity_providers', column: 'secret', row: ['id'], of: 'organization' }
const mostProviders = 50
const mostRules = 500
/** A day: whoever is at work signs in again anyway. */
const usualHours = 24

export type Row = typeof providers.$inferSelect
type Managing = Pick<
  Handlers<typeof identitiesApi, HubContext>,
  'list' | 'create' | 'update' | 'setSecondFactor' | 'remove' | 'addRule' | 'removeRule'
>

/** What an organization's own providers are, and what comes of whom they know. */
export function serveProviders(deps: IdentitiesDeps): Managing {
  const { db, roles, logins } = deps
  const one: One = async (organization, id) => (await list(deps, organization, id))[0]!

  return {
    list: (_input, { caller }) => list(deps, caller.organization),
    async create({ secret, settings, provisioner = '', heardHours = usualHours, ...rest }, { caller }) {
      const { organization: organizationId } = caller
      refuseUnreadable(settings)
      const id = randomUUID()
      const sealed = secret === undefined ? null : await sealSecret(deps, organizationId, id, secret)
      await db.tx({ organization: organizationId }, async (_sql, orm) => {
        await refuseName(orm, rest.name)
        if ((await orm.$count(providers)) >= mostProviders)
          throw new FairleadError('too_many', `An organization has ${mostProviders} sign-in providers at most.`)
        const leads = await directoryOf(orm, provisioner)
        if (leads !== null) await refuseBeyond(deps, orm, caller, { id, provisioner: leads })
        const own = { ...rest, provisioner: leads, heardHours }
        await orm.insert(providers).values({ ...own, organizationId, id, kind: settings.kind, settings, secret: sealed })
      })
      return one(organizationId, id)
    },
    async update({ id, secret, provisioner, ...fields }, { caller, note }) {
      const { organization } = caller
      const sealed = secret === undefined || secret === '' ? null : await sealSecret(deps, organization, id, secret)
      const { before, after } = await db.tx({ organization }, async (_sql, orm) => {
        const found = await findProvider(orm, id)
        note(found.name)
        const leads = provisioner === undefined ? found.provisioner : await directoryOf(orm, provisioner)
        for (const one of new Set([found.provisioner, leads])) await refuseBeyond(deps, orm, caller, { id: found.id, provisioner: one })
        if (fields.name !== undefined) await refuseName(orm, fields.name, found.id)
        refuseElsewhere(found, fields.settings, secret)
        const set = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
        const kept = secret === undefined ? {} : { secret: sealed }
        // What was trusted was the provider that was there.
        const moved = fields.settings !== undefined && placeOf(fields.settings) !== placeOf(found.settings)
        const [row] = await orm
          .update(providers)
          .set({ ...set, ...kept, ...(moved ? { secondFactor: 'here' as const } : {}), provisioner: leads, createdAt: found.createdAt })
          .where(eq(providers.id, found.id))
          .returning()
        return { before: found, after: row! }
      })
      // Whoever came through what is closed, or was somewhere else, came through nothing.
      if (before.enabled !== after.enabled || before.heardHours !== after.heardHours) roles.changed(organization)
      if (!after.enabled || placeOf(before.settings) !== placeOf(after.settings))
        await logins.endThrough({ organization, provider: before.id })
      return one(organization, before.id)
    },
    async remove({ id }, { caller, note }) {
      const { organization } = caller
      const found = await db.tx({ organization }, async (_sql, orm) => {
        const row = await findProvider(orm, id)
        note(row.name)
        await refuseBeyond(deps, orm, caller, row)
        // First closed: a login that begins meanwhile finds it so.
        await orm.update(providers).set({ enabled: false }).where(eq(providers.id, row.id))
        return row
      })
      await logins.endThrough({ organization, provider: found.id })
      await db.tx({ organization }, (_sql, orm) => orm.delete(providers).where(eq(providers.id, found.id)))
      roles.changed(organization)
      return { id: found.id }
    },
    ...serveRules(deps, one),
    ...serveTrust(deps, one),
  }
}

type One = (organization: string, id: string) => Promise<Provider>

/** Who asks for the second factor: apart from the rest, which carries a secret. */
function serveTrust(deps: IdentitiesDeps, one: One): Pick<Managing, 'setSecondFactor'> {
  const { db, roles } = deps
  return {
    async setSecondFactor({ id, secondFactor }, { caller, note, changed }) {
      const { organization } = caller
      await db.tx({ organization }, async (_sql, orm) => {
        const found = await findProvider(orm, id)
        note(found.name)
        changed?.({ secondFactor: found.secondFactor }, { secondFactor })
        await refuseBeyond(deps, orm, caller, found)
        await orm.update(providers).set({ secondFactor }).where(eq(providers.id, found.id))
      })
      roles.changed(organization)
      return one(organization, id)
    },
  }
}

function serveRules({ db, roles }: IdentitiesDeps, one: One): Pick<Managing, 'addRule' | 'removeRule'> {
  return {
    async addRule({ id, group, role, reach }, { caller, note }) {
      const { organization: organizationId } = caller
      await db.tx({ organization: organizationId }, async (_sql, orm) => {
        const found = await findProvider(orm, id)
        note(`${found.name}: ${group} → ${role}`)
        const externalGroup = groupOf(found.settings, group)
        await roles.refuseGiving(orm, caller, { role, reach })
        if ((await orm.$count(rules, eq(rules.providerId, found.id))) >= mostRules)
          throw new FairleadError('too_many', `A provider has ${mostRules} rules at most.`)
        await orm.insert(rules).values({ organizationId, id: randomUUID(), providerId: found.id, externalGroup, role, reach })
      })
      return one(organizationId, id)
    },
    async removeRule({ id, rule }, { caller, note }) {
      await db.tx({ organization: caller.organization }, async (_sql, orm) => {
        const found = await findProvider(orm, id)
        const [gone] = await orm
          .delete(rules)
          .where(and(eq(rules.providerId, found.id), eq(sql`${rules.id}::text`, rule)))
          .returning()
        if (gone === undefined) throw new FairleadError('not_found', 'There is no such rule; somebody may have removed it already.')
        note(`${found.name}: ${gone.externalGroup}`)
        // At once, not at the next sign-in: a token has none.
        const left = await orm.select({ role: rules.role, reach: rules.reach }).from(rules).where(eq(rules.providerId, found.id))
        const same = (rule: (typeof left)[number]) => rule.role === gone.role && JSON.stringify(rule.reach) === JSON.stringify(gone.reach)
        if (!left.some(same)) await roles.withdraw(orm, found.id, gone)
      })
      roles.changed(caller.organization)
      return one(caller.organization, id)
    },
  }
}

/**
 * Who changes a provider could become everybody who comes through it, and give whatever its rules give: nobody does who could not give all
 * that to themselves.
 */
async function refuseBeyond(
  { roles }: IdentitiesDeps,
  orm: Orm,
  caller: Caller,
  { id: provider, provisioner }: Pick<Row, 'id' | 'provisioner'>,
): Promise<void> {
  const came = orm.select({ account: identities.accountId }).from(identities).where(eq(identities.providerId, provider))
  const given = await orm.select({ role: rules.role, reach: rules.reach }).from(rules).where(eq(rules.providerId, provider))
  const waiting =
    provisioner === null
      ? []
      : await roles.givenTo(orm, orm.select({ account: scimUsers.accountId }).from(scimUsers).where(eq(scimUsers.provisioner, provisioner)))
  for (const one of [...given, ...(await roles.givenTo(orm, came)), ...waiting])
    await roles.refuseGiving(orm, caller, one).catch((error: unknown) => {
      if ((error as { code?: unknown }).code !== 'not_found') throw error
    })
}

/** The service account to whose people a provider leads. Throws `invalid_input` for what is none. */
async function directoryOf(orm: Orm, id: string): Promise<string | null> {
  if (id === '') return null
  const own = and(eq(sql`${memberships.accountId}::text`, id), eq(accounts.kind, 'service'))
  const [found] = await orm
    .select({ id: memberships.accountId })
    .from(memberships)
    .innerJoin(accounts, eq(accounts.id, memberships.accountId))
    .where(own)
  if (found !== undefined) return found.id
  throw new FairleadError('invalid_input', 'Name the service account that your directory provisions with; this is none.', {
    details: { field: 'provisioner' },
  })
}

/** A kept secret goes where it was meant for, and nowhere that somebody who never saw it says. */
function refuseElsewhere(before: Row, settings: ProviderSettings | undefined, secret: string | undefined): void {
  if (settings === undefined) return
  refuseUnreadable(settings)
  if (settings.kind !== before.settings.kind)
    throw new FairleadError('invalid_input', 'A provider stays of its kind; make another one.', { details: { field: 'settings' } })
  if (before.secret !== null && secret === undefined && placeOf(settings) !== placeOf(before.settings))
    throw new FairleadError('invalid_input', 'The provider is at another address now: give its secret anew.', {
      details: { field: 'secret' },
    })
}

/** Throws `invalid_input` for what no sign-in could use. */
function refuseUnreadable(settings: ProviderSettings): void {
  if (settings.kind === 'ldap') readDirectory(settings)
}

/** Groups of a directory are named by their place in it, in one spelling. Throws `invalid_input`. */
function groupOf({ kind }: ProviderSettings, group: string): string {
  if (kind === 'oidc' || group === '*') return group
  const dn = canonicalDn(group)
  if (dn !== undefined) return dn
  throw new FairleadError('invalid_input', 'A group of a directory is named whole, like cn=admins,ou=groups,dc=example,dc=org.', {
    details: { field: 'group' },
  })
}

/** Where a provider is: what its secret is shown to. */
function placeOf(settings: ProviderSettings): string {
  if (settings.kind === 'oidc') return settings.issuer
  // Whoever could have it sent in the open, or to another who shows another certificate, would have the secret.
  const { security, host, port, ca, bindDn } = settings
  return JSON.stringify([security, host.toLowerCase(), port, ca, bindDn])
}

export async function findProvider(orm: Orm, id: string): Promise<Row> {
  const [found] = await orm
    .select()
    .from(providers)
    .where(eq(sql`${providers.id}::text`, id))
  if (found === undefined) throw new FairleadError('not_found', 'There is no such sign-in provider; somebody may have removed it already.')
  return found
}

/** Its secret as it was given; undefined: it has none. */
export async function openSecret({ seal }: Pick<IdentitiesDeps, 'seal'>, { organizationId, id, secret }: Row): Promise<string | undefined> {
  return secret === null ? undefined : Buffer.from(await seal.open(sealPlace(organizationId, id), secret)).toString('utf8')
}

function sealSecret({ seal }: IdentitiesDeps, organization: string, id: string, secret: string): Promise<Uint8Array> {
  return seal.seal(sealPlace(organization, id), Buffer.from(secret, 'utf8'))
}

function sealPlace(organization: string, row: string): SealPlace {
  return { organization, table: sealedProviders.table, column: sealedProviders.column, row }
}

async function refuseName(orm: Orm, name: string, own?: string): Promise<void> {
  await alone(orm)
  refuseTaken('provider', name, await orm.select({ id: providers.id, name: providers.name }).from(providers), own)
}

async function list({ db, roles, origins }: IdentitiesDeps, organization: string, id?: string): Promise<Provider[]> {
  const names = await roles.names(organization)
  return db.tx({ organization }, async (_sql, orm) => {
    const rows = await orm
      .select()
      .from(providers)
      .where(id === undefined ? undefined : eq(sql`${providers.id}::text`, id))
      .orderBy(sql`lower(${providers.name})`)
    const given = Map.groupBy(await orm.select().from(rules).orderBy(asc(rules.createdAt), asc(rules.id)), ({ providerId }) => providerId)
    const counted = await orm
      .select({ provider: identities.providerId, count: sql<number>`count(*)::int` })
      .from(identities)
      .groupBy(identities.providerId)
    const people = new Map(counted.map(({ provider, count }) => [provider, count]))
    return rows.map(({ id: own, name, enabled, settings, secret, justInTime, secondFactor, provisioner, heardHours }) => ({
      id: own,
      name,
      enabled,
      settings,
      hasSecret: secret !== null,
      justInTime,
      secondFactor,
      provisioner: provisioner ?? '',
      heardHours,
      callback: settings.kind === 'oidc' ? `${origins()[0]}${callbackPath(own)}` : '',
      rules: (given.get(own) ?? []).map((rule) => ({
        id: rule.id,
        group: rule.externalGroup,
        role: names.role(rule.role),
        reach: names.reach(rule.reach),
      })),
      people: people.get(own) ?? 0,
    }))
  })
}

/** Of each provider its own: what one sends back is never taken for what another was asked. */
export function callbackPath(provider: string): string {
  return `/auth/oidc/${provider}/callback`
}
