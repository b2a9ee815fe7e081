import type { HealHere, PruneHere, RuleSet } from '@fairlead/protocol/features/rules.ts'
import type { Database } from '../base/db.ts'
import { eq } from '../base/drizzle.ts'
import { environmentRules, hostRules } from './tables.ts'

export const noRules: RuleSet = { heal: [], prune: [] }

/** What is set in one organization, held here: hosts that come at once ask no database. */
interface Held {
  readonly environments: Map<string, RuleSet>
  readonly hosts: Map<string, RuleSet>
}

export interface RuleBook {
  ofEnvironment(organization: string, id: string): Promise<RuleSet>
  ofHost(organization: string, id: string): Promise<RuleSet>
  /** All that count for a host: its own, then those of its environment whose names it has not itself. */
  effective(organization: string, host: { readonly id: string; readonly environmentId: string }): Promise<HostRules>
  /** Replaced whole. Answers what there was. */
  setEnvironment(organization: string, environmentId: string, rules: RuleSet): Promise<RuleSet>
  setHost(organization: string, hostId: string, rules: RuleSet): Promise<RuleSet>
}

export interface HostRules {
  readonly heal: HealHere[]
  readonly prune: PruneHere[]
}

export function openRuleBook(db: Database): RuleBook {
  const books = new Map<string, Promise<Held>>()

  function held(organization: string): Promise<Held> {
    const found = books.get(organization)
    if (found !== undefined) return found
    const loading = load(db, organization)
    books.set(organization, loading)
    loading.catch(() => books.delete(organization))
    return loading
  }
  const ofEnvironment = async (organization: string, id: string) => (await held(organization)).environments.get(id) ?? noRules
  const ofHost = async (organization: string, id: string) => (await held(organization)).hosts.get(id) ?? noRules

  return {
    ofEnvironment,
    ofHost,
    async effective(organization, { id, environmentId }) {
      return merge(await ofHost(organization, id), await ofEnvironment(organization, environmentId))
    },
    async setEnvironment(organizationId, environmentId, rules) {
      const before = await ofEnvironment(organizationId, environmentId)
      await db.tx({ organization: organizationId }, (_sql, orm) =>
        isEmpty(rules)
          ? orm.delete(environmentRules).where(eq(environmentRules.environmentId, environmentId))
          : orm
              .insert(environmentRules)
              .values({ organizationId, environmentId, rules })
              .onConflictDoUpdate({ target: [environmentRules.organizationId, environmentRules.environmentId], set: { rules } }),
      )
      ;(await held(organizationId)).environments.set(environmentId, rules)
      return before
    },
    async setHost(organizationId, hostId, rules) {
      const before = await ofHost(organizationId, hostId)
      await db.tx({ organization: organizationId }, (_sql, orm) =>
        isEmpty(rules)
          ? orm.delete(hostRules).where(eq(hostRules.hostId, hostId))
          : orm
              .insert(hostRules)
              .values({ organizationId, hostId, rules })
              .onConflictDoUpdate({ target: [hostRules.organizationId, hostRules.hostId], set: { rules } }),
      )
      ;(await held(organizationId)).hosts.set(hostId, rules)
      return before
    },
  }
}

const isEmpty = ({ heal, prune }: RuleSet) => heal.length + prune.length === 0

async function load(db: Database, organization: string): Promise<Held> {
  return db.tx({ organization }, async (_sql, orm) => {
    const environments = await orm.select().from(environmentRules)
    const hosts = await orm.select().from(hostRules)
    return {
      environments: new Map(environments.map(({ environmentId, rules }) => [environmentId, rules])),
      hosts: new Map(hosts.map(({ hostId, rules }) => [hostId, rules])),
    }
  })
}

function merge(own: RuleSet, inherited: RuleSet): HostRules {
  return { heal: mergeOne(own.heal, inherited.heal), prune: mergeOne(own.prune, inherited.prune) }
}

function mergeOne<R extends { readonly name: string }>(own: readonly R[], inherited: readonly R[]) {
  const names = new Set(own.map(({ name }) => name))
  return [
    ...own.map((rule) => ({ ...rule, from: 'host' as const })),
    ...inherited.filter(({ name }) => !names.has(name)).map((rule) => ({ ...rule, from: 'environment' as const })),
  ]
}
