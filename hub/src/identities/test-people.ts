import { randomUUID } from 'node:crypto'
import { hubFeatures } from '@fairlead/protocol/features/hub.ts'
import type { Me } from '@fairlead/protocol/features/logins.ts'
import { nobody, type Caller } from '../base/access.ts'
import { openAudits } from '../base/audit.ts'
import type { Database } from '../base/db.ts'
import { createOutbound } from '../base/outbound.ts'
import type { Seal } from '../base/seal.ts'
import { secretOf } from '../base/secret.ts'
import { accounts, memberships } from '../base/tables.ts'
import { openTestDatabase } from '../base/testdb.ts'
import { openTestSeal } from '../base/testseal.ts'
import { openFactors } from '../factors/factors.ts'
import { serveFactors } from '../factors/own.ts'
import { openHostBook } from '../hosts/book.ts'
import { createPlaces } from '../hosts/places.ts'
import { openLogins } from '../logins/logins.ts'
import { visitOf } from '../logins/test-visit.ts'
import { serveOrganizations } from '../organizations/organizations.ts'
import { openRoles } from '../roles/roles.ts'
import { openIdentities } from './identities.ts'

export const origin = 'http://localhost:8080'
export const about = { ip: '192.0.2.7', userAgent: 'test', trace: 't' }
export const owner = {
  code: 'k3fm-20v9-7qus-1dtp',
  name: 'Odile',
  email: 'odile@harbour.example',
  password: 'seven gulls over slate',
  organization: 'Slateport',
  language: 'en',
} as const
export const settings = {
  kind: 'oidc',
  issuer: 'https://idp.harbour.example',
  clientId: 'fairlead',
  scopes: 'openid',
  groupsClaim: 'groups',
} as const

export type TestPeople = Awaited<ReturnType<typeof openTestPeople>>

/** All of a hub that people are let in by, over a real database and without its doors. */
export async function openTestPeople({ allow = [] }: { readonly allow?: readonly string[] } = {}) {
  const test = await openTestDatabase()
  const seal = await openTestSeal(test.db)
  const { db } = test
  const clock = { wallMs: 1_800_000_000_000, nowMs: 0 }
  const ends: string[] = []
  const logged: string[] = []
  let source = 0

  const open = () => openParts({ db, seal: seal.seal, clock, ends, logged, allow })
  let now = await open()

  const visit = (caller: Caller = nobody(`192.0.2.${++source % 250}`, 'test', 't')) => visitOf(caller)
  const callerOf = (token: string) => now.logins.findCaller(secretOf(token), about)

  return {
    db,
    clock,
    ends,
    logged,
    visit,
    callerOf,
    get now() {
      return now
    },
    /** Empty, but for its owner. */
    async reset(): Promise<Me> {
      await db.owner((sql) => sql`TRUNCATE accounts, organizations CASCADE`)
      now = await open()
      clock.wallMs += 3_600_000
      ends.length = 0
      return now.logins.handlers.setup(owner, visit().context)
    },
    /** A login of its own, where it is wanted. */
    async signedIn(
      { email, password }: { readonly email: string; readonly password: string },
      organization?: string,
    ): Promise<Caller & { cookie: string }> {
      const { jar, context } = visit()
      await now.logins.handlers.signIn({ email, password }, context)
      const caller = (await callerOf(jar.token))!
      if (organization === undefined || caller.organization === organization) return { ...caller, cookie: jar.token }
      const next = visit(caller)
      await now.logins.enter(organization, next.context)
      return { ...(await callerOf(next.jar.token))!, cookie: next.jar.token }
    },
    /** Somebody else with a role in the owner's organization. */
    async person(role: string): Promise<Caller> {
      const boss = await this.signedIn(owner)
      const { organization } = boss
      const id = randomUUID()
      await db.tx({ organization }, async (_sql, orm) => {
        await orm.insert(accounts).values({ id, email: `${id}@harbour.example`, name: role, passwordHash: '-' })
        await orm.insert(memberships).values({ organizationId: organization, accountId: id })
        await now.roles.give(orm, { organization, account: id, role, reach: { on: 'organization' } })
      })
      return { ...boss, account: id, name: role, rights: await now.roles.rightsOf({ organization, account: id }) }
    },
    async close() {
      await seal.close()
      await test.close()
    },
  }
}

interface Parts {
  readonly db: Database
  readonly seal: Seal
  readonly clock: { readonly wallMs: number; readonly nowMs: number }
  readonly ends: string[]
  readonly logged: string[]
  readonly allow: readonly string[]
}

async function openParts({ db, seal, clock, ends, logged, allow }: Parts) {
  const permissions = [...new Set(Object.values(hubFeatures).flatMap((api) => Object.values(api).map(({ door }) => door.needs)))]
  const roles = openRoles({ db, permissions, places: createPlaces(db, openHostBook(db)) })
  const place = { host: 'localhost', origins: () => [origin] }
  const [wallMs, now] = [() => clock.wallMs, () => clock.nowMs]
  const factors = openFactors({ db, seal, place, isAdmin: async () => true, wallMs, now })
  const audits = openAudits(db)
  const { rightsOf } = roles
  const logins = await openLogins({ db, audits, factors, version: '1', permissions, rightsOf, firstRunCode: owner.code, now })
  logins.onEnd((login, renewed) => void (renewed ? 0 : ends.push(login)))
  roles.onChange(logins.forget)
  const outbound = createOutbound({ allow })
  const log = (...line: unknown[]) => void logged.push(JSON.stringify(line))
  const deps = { db, seal, audits, roles, logins, outbound, log, tickets: factors.tickets, now, origins: () => [origin] }
  const organizations = serveOrganizations({ db, logins, remove: async () => undefined })
  return { roles, factors, logins, deps, identities: openIdentities(deps), own: serveFactors({ db, factors, logins }), organizations }
}
