import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf } from '@fairlead/protocol/errors.ts'
import { hubFeatures } from '@fairlead/protocol/features/hub.ts'
import { nobody, type Caller } from './base/access.ts'
import { limitRights, type Rights } from './base/rights.ts'
import { createDoors, type Doors } from './base/serve.ts'
import { accounts, environments, hosts, memberships } from './base/tables.ts'
import { openTestDatabase } from './base/testdb.ts'
import { openHostBook } from './hosts/book.ts'
import { createPlaces } from './hosts/places.ts'
import { makeOrganization, makeOwner } from './logins/accounts.ts'
import { insertGrant } from './roles/grant.ts'
import { loadRights } from './roles/rights.ts'

// Who gets through which door: every operation, asked by everybody there is, of their own organization's things and of another's.
// Real rows of two organizations on a real database; nothing is done, only judged. `node hub/src/test-matrix.ts` writes it anew.

export const matrixFile = join(import.meta.dirname, 'matrix.txt')

const marks: Readonly<Record<string, string>> = { in: '+', forbidden: '-', not_found: '?', unauthenticated: '0' }
const legend = '+ let in   - refused   ? not found   0 not signed in   * only with a fresh proof'

type Database = Awaited<ReturnType<typeof openTestDatabase>>['db']

export async function makeMatrix(): Promise<string> {
  const test = await openTestDatabase()
  try {
    return await drawMatrix(test.db)
  } finally {
    await test.close()
  }
}

async function drawMatrix(db: Database): Promise<string> {
  const all = [...new Set(Object.values(hubFeatures).flatMap((api) => Object.values(api).map(({ door }) => door.needs)))]
  const made = {
    code: '',
    name: 'A',
    email: 'a@example.test',
    password: 'four unrelated words',
    organization: 'A',
    language: 'en',
  } as const
  const { account, organization } = await makeOwner(db, made)
  const foreign = await makeOrganization(db, account, 'B')
  const own = await furnish(db, organization)
  const other = await furnish(db, organization, { name: 'elsewhere', tags: [] })
  const theirs = await furnish(db, foreign)
  const people = await createPeople(db, { all, account, organization, foreign, own })
  const book = openHostBook(db)
  const nothing = () => undefined
  const doors = createDoors({
    features: hubFeatures,
    handlers: {},
    audits: { write: async () => undefined, onRow: () => nothing, onAppend: () => nothing },
    log: nothing,
    places: createPlaces(db, book),
    rates: { take: nothing },
  })
  const lines: string[] = []
  for (const [name, endpoint] of [...doors.endpoints].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const { on } = endpoint.door
    const thing = on === 'host' || on === 'environment' ? on : undefined
    const things: readonly (readonly [string, object])[] =
      thing === undefined
        ? [['', {}]]
        : [
            ...(thing === 'environment' ? [['whole', {}] as const] : []),
            ['own', { [thing]: own[thing] }],
            ['other', { [thing]: other[thing] }],
            ['foreign', { [thing]: theirs[thing] }],
            ['absent', { [thing]: randomUUID() }],
          ]
    for (const [what, params] of things) {
      const cells = await Promise.all(people.map(({ caller }) => judge(doors, name, caller, params)))
      lines.push(`${`${name} ${what}`.padEnd(34)}${cells.map((cell, at) => cell.padEnd(people[at]!.called.length + 2)).join('')}`.trimEnd())
    }
  }
  return `${legend}\n\n${''.padEnd(34)}${people
    .map(({ called }) => `${called}  `)
    .join('')
    .trimEnd()}\n${lines.join('\n')}\n`
}

async function judge(doors: Doors, name: string, caller: Caller | undefined, params: object): Promise<string> {
  const endpoint = doors.endpoints.get(name)!
  const about = { ip: '192.0.2.1', userAgent: '', trace: '' }
  const ask = async (who: Caller | undefined) => {
    try {
      await (await doors.admit({ name, endpoint, caller: who, params: { ...params }, about })).done(undefined, 0)
      return 'in'
    } catch (error) {
      return codeOf(error)
    }
  }
  const mark = marks[await ask(caller)] ?? '!'
  if (caller?.proof === undefined || mark !== '+') return mark
  return (await ask({ ...caller, proof: { ...caller.proof, untilMs: 0 } })) === 'in' ? mark : `${mark}*`
}

/** An environment with a host. */
async function furnish(
  db: Database,
  organizationId: string,
  { name, tags } = { name: 'place', tags: ['marked'] },
): Promise<{ environment: string; host: string }> {
  const [environment, host] = [randomUUID(), randomUUID()]
  await db.tx({ organization: organizationId }, async (_sql, orm) => {
    await orm.insert(environments).values({ organizationId, id: environment, name })
    const row = { organizationId, id: host, environmentId: environment, publicKey: Buffer.from(host), name, tags }
    await orm.insert(hosts).values(row)
  })
  return { environment, host }
}

interface Person {
  readonly called: string
  readonly caller: Caller | undefined
}

interface World {
  /** Of who set the hub up, and runs it. */
  readonly account: string
  readonly all: readonly string[]
  readonly organization: string
  readonly foreign: string
  readonly own: { readonly environment: string; readonly host: string }
}

/** Everybody there is. Whose login ended, or whose token was removed, is nobody: `logins` and `tokens` find no caller for them. */
async function createPeople(db: Database, { all, account, organization, foreign, own }: World): Promise<Person[]> {
  const whole = { on: 'organization' } as const
  const roles = ['owner', 'admin', 'operator', 'developer', 'viewer', 'auditor'].map((role) => ({ called: role, role, reach: whole }))
  const parts = [
    { called: 'developer@host', role: 'developer', reach: { on: 'host', target: own.host } },
    { called: 'operator@environment', role: 'operator', reach: { on: 'environment', target: own.environment } },
    { called: 'viewer@tag', role: 'viewer', reach: { on: 'tag', target: 'marked' } },
  ] as const
  const people: Person[] = [{ called: 'nobody', caller: undefined }]
  for (const { called, role, reach } of [...roles, ...parts]) {
    const rights = await join_(db, { organization, role, reach }, all)
    people.push({ called, caller: callerOf(organization, rights) })
  }
  people.push({ called: 'runner', caller: callerOf(organization, await loadRights(db, { organization, account }, all)) })
  people.push({ called: 'member', caller: callerOf(organization, await join_(db, { organization }, all)) })
  people.push({
    called: 'foreign',
    caller: callerOf(foreign, await join_(db, { organization: foreign, role: 'owner', reach: whole }, all)),
  })
  const { proof: _, ...script } = callerOf(
    organization,
    limitRights(await join_(db, { organization, role: 'owner', reach: whole }, all), new Set(['hosts:read'])),
  )
  people.push({ called: 'service', caller: await createService_(db, { organization, all }) })
  people.push({ called: 'token', caller: { ...script, token: { id: 't', expiresMs: 0 } } })
  return people
}

/** Of a directory that provisions. */
async function createService_(db: Database, { organization, all }: Pick<World, 'organization' | 'all'>): Promise<Caller> {
  const rights = await join_(db, { organization, role: 'provisioner', reach: { on: 'organization' } }, all)
  const { proof: _, ...caller } = callerOf(organization, limitRights(rights, new Set(['scim:provision'])))
  return { ...caller, service: true, token: { id: 's', expiresMs: 0 } }
}

function callerOf(organization: string, rights: Rights): Caller {
  const proof = { factor: 'password', untilMs: Number.POSITIVE_INFINITY, accepts: ['password'] } as const
  return { ...nobody('192.0.2.1', '', ''), account: 'a', organization, rights, login: 'l', proof }
}

type Role = Partial<Pick<Parameters<typeof insertGrant>[1], 'role' | 'reach'>> & { readonly organization: string }

async function join_(db: Database, { organization, role, reach }: Role, all: readonly string[]): Promise<Rights> {
  const account = randomUUID()
  await db.tx({ organization }, async (_sql, orm) => {
    await orm.insert(accounts).values({ id: account, email: `${account}@example.test`, name: 'P', passwordHash: '-' })
    await orm.insert(memberships).values({ organizationId: organization, accountId: account })
    if (role !== undefined && reach !== undefined) await insertGrant(orm, { organization, account, role, reach, effect: 'allow' })
  })
  return loadRights(db, { organization, account }, all)
}

if (import.meta.main) writeFileSync(matrixFile, await makeMatrix())
