import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { Host, hostsApi } from '@fairlead/protocol/features/hosts.ts'
import { closeCodes } from '@fairlead/protocol/hello.ts'
import { noSuchHost, type HubContext } from '../base/access.ts'
import type { Database } from '../base/db.ts'
import { and, eq, isNull, ne, sql } from '../base/drizzle.ts'
import type { Sight } from '../base/sight.ts'
import { hosts as rows } from '../base/tables.ts'
import { tellCutOff } from '../fleet/cut-offs.ts'
import { describeHost, type Sources } from './describe.ts'
import type { JudgeMove } from './move.ts'
import { watchHosts } from './watch.ts'

interface Deps extends Sources {
  readonly db: Database
  /** Throws `forbidden` when it would change who may do what with a host, and the caller may not. The environment's id. */
  readonly judgeMove: JudgeMove
  /** It is gone: what other features hold of it goes, too. */
  readonly onRevoke?: (organization: string, id: string) => Promise<void>
}

export interface Hosts {
  readonly handlers: Handlers<typeof hostsApi, HubContext>
  list(organization: string, sight: Sight): Promise<Host[]>
  /** Cuts it off at once, and forgets it. */
  revoke(organization: string, id: string): Promise<void>
  /** What is in memory of one that is gone. */
  forget(organization: string, id: string): void
}

export function openHosts(deps: Deps): Hosts {
  const { db, fleet, inventory, book } = deps

  async function list(organization: string, sight: Sight): Promise<Host[]> {
    const records = [...(await book.hosts(organization)).values()].filter(({ id }) => sight.sees(id))
    return records.sort((a, b) => (a.name < b.name ? -1 : 1)).map((record) => describeHost(deps, organization, record))
  }

  async function get(organization: string, id: string): Promise<Host> {
    const record = (await book.hosts(organization)).get(id)
    if (record === undefined) throw noSuchHost()
    return describeHost(deps, organization, record)
  }

  function forget(organization: string, id: string): void {
    inventory.hostGone(organization, id)
    book.remove(organization, id)
  }

  async function revoke(organization: string, id: string): Promise<void> {
    await db.tx({ organization }, async (db, orm) => {
      await orm
        .update(rows)
        .set({ revokedAt: sql`now()` })
        .where(eq(rows.id, id))
      await tellCutOff(db, { what: 'removed', organization, host: id })
    })
    fleet.expel(id, closeCodes.revoked, 'revoked')
    forget(organization, id)
    await deps.onRevoke?.(organization, id)
  }

  const handlers: Handlers<typeof hostsApi, HubContext> = {
    list: async (_input, { caller, sight }) => list(caller.organization, await sight()),
    watch: (_input, { caller, sight, signal }) => watchHosts({ ...deps, list }, { organization: caller.organization, sight, signal }),
    get: (_input, { caller, host }) => get(caller.organization, host),
    async update({ name, tags, environment }, { caller, host, changed }) {
      const before = await get(caller.organization, host)
      const moved = await deps.judgeMove(caller, host, { environment, tags })
      await writeRow(db, caller.organization, host, { name, tags, environment: moved })
      const live = fleet.find(host)
      if (name !== undefined && live !== undefined) live.name = name
      if (name !== undefined) inventory.hostRenamed(caller.organization, host, name)
      await book.reload(caller.organization, host)
      const after = await get(caller.organization, host)
      changed?.(toldOf(before), toldOf(after))
      return after
    },
    async revoke(_input, { caller, host }) {
      await revoke(caller.organization, host)
      return { id: host }
    },
    async link(_input, { host, signal, trace }) {
      const live = fleet.find(host)
      const session = live?.session?.alive === true ? live.session : undefined
      // An agent from before it could say so has its end left out; the hub's own is true all the same.
      const theirs =
        session === undefined
          ? null
          : await fleet
              .onHost(host)
              .hosts.link({}, { signal, trace })
              .catch(() => null)
      const { lastSeenMs = 0, lastLoss = '' } = live ?? {}
      return { online: session !== undefined, lastSeenMs, lastLoss, stats: session?.stats ?? null, host: theirs }
    },
  }

  return {
    handlers,
    list,
    revoke,
    forget,
  }
}

interface Editable {
  readonly name: string | undefined
  readonly tags: readonly string[] | undefined
  readonly environment: string | undefined
}

/** Throws `conflict` for another host's name. */
function writeRow(db: Database, organization: string, host: string, { name, tags, environment }: Editable): Promise<void> {
  return db.tx({ organization }, async (_sql, orm) => {
    const own = eq(rows.id, host)
    if (name !== undefined) {
      // The unique index on names decides a race; this finds the friendlier words.
      const others = and(eq(rows.name, name), ne(rows.id, host), isNull(rows.revokedAt))
      const taken = await orm.select({ id: rows.id }).from(rows).where(others)
      if (taken.length > 0) throw new FairleadError('conflict', `Another host is named ${name} already.`, { details: { field: 'name' } })
      await orm.update(rows).set({ name }).where(own)
    }
    const distinct = [...new Set(tags)]
    if (tags !== undefined) await orm.update(rows).set({ tags: distinct }).where(own)
    if (environment !== undefined) await orm.update(rows).set({ environmentId: environment }).where(own)
  })
}

/** Of a host, what a person changes. */
function toldOf({ name, environment, tags }: Host): Record<string, string> {
  return { name, environment, tags: tags.join(', ') }
}
