import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { Host, HostFacts, hostsApi } from '@fairlead/protocol/features/hosts.ts'
import { closeCodes } from '@fairlead/protocol/hello.ts'
import type { HubContext } from '../base/access.ts'
import type { Database } from '../base/db.ts'
import type { Fleet } from '../fleet/fleet.ts'
import type { Inventory } from '../inventory/inventory.ts'

/** What the hub learns of hosts while they are connected. */
export interface HostBook {
  readonly facts: Map<string, HostFacts>
  readonly usage: Map<string, Record<string, number | null>>
  /** Somebody should look again. */
  changed(organization: string): void
  onChange(organization: string, listener: () => void): () => void
}

export function openHostBook(): HostBook {
  const listeners = new Map<string, Set<() => void>>()
  const timers = new Map<string, NodeJS.Timeout>()
  return {
    facts: new Map(),
    usage: new Map(),
    changed(organization) {
      if (timers.has(organization)) return
      const timer = setTimeout(() => {
        timers.delete(organization)
        for (const listener of listeners.get(organization) ?? []) listener()
      }, 50).unref()
      timers.set(organization, timer)
    },
    onChange(organization, listener) {
      const set = listeners.get(organization) ?? new Set()
      listeners.set(organization, set.add(listener))
      return () => set.delete(listener)
    },
  }
}

interface Stored {
  readonly id: string
  readonly environment: string
  readonly name: string
  readonly tags: string[]
  readonly facts: HostFacts | null
  readonly enrolled_at: Date
  readonly last_seen_at: Date | null
  readonly last_loss: string
}

interface Deps {
  readonly db: Database
  readonly fleet: Fleet
  readonly inventory: Inventory
  readonly book: HostBook
}

export interface Hosts {
  readonly handlers: Handlers<typeof hostsApi, HubContext>
  /** A host's id by id or name. Throws `not_found`, alike for what is absent and what is another's. */
  resolve(organization: string, idOrName: string): Promise<{ id: string; name: string }>
}

export function openHosts({ db, fleet, inventory, book }: Deps): Hosts {
  const stored = (organization: string) =>
    db.tx(
      { organization },
      (sql) => sql<
        Stored[]
      >`SELECT hosts.id, environments.name AS environment, hosts.name, tags, facts, enrolled_at, last_seen_at, last_loss
      FROM hosts JOIN environments ON environments.organization_id = hosts.organization_id AND environments.id = environment_id WHERE revoked_at IS NULL ORDER BY hosts.name`,
    )

  function describe(organization: string, row: Stored): Host {
    const live = fleet.find(row.id)
    const online = live?.session?.alive === true
    const facts = book.facts.get(row.id) ?? row.facts
    const engineDown = online && facts !== null && !facts.engine.up
    return {
      id: row.id,
      name: row.name,
      environment: row.environment,
      tags: row.tags,
      state: !online ? (row.last_seen_at === null ? 'unknown' : 'critical') : engineDown ? 'warn' : 'ok',
      status: !online ? (row.last_seen_at === null ? 'never seen' : 'offline') : engineDown ? 'engine down' : 'online',
      online,
      lastSeenMs: online ? Date.now() : Math.max(live?.lastSeenMs ?? 0, row.last_seen_at?.getTime() ?? 0),
      enrolledMs: row.enrolled_at.getTime(),
      lastLoss: live?.lastLoss ?? row.last_loss,
      latencyMs: online ? Math.round((live.session?.stats.roundTripMs ?? 0) * 100) / 100 : null,
      clockSkewMs: 0,
      capabilities: ['containers', 'events', 'metrics', 'terminals'],
      facts,
      counts: inventory.counts(organization, row.id),
      usage: book.usage.get(row.id) ?? {},
    }
  }

  const list = async (organization: string) => (await stored(organization)).map((row) => describe(organization, row))

  async function get(organization: string, id: string): Promise<Host> {
    const found = (await list(organization)).find((host) => host.id === id)
    if (found === undefined) throw new FairleadError('not_found', 'There is no such host.')
    return found
  }

  const handlers: Handlers<typeof hostsApi, HubContext> = {
    list: (_input, { caller }) => list(caller.organization),
    async *watch(_input, { caller, signal }) {
      let wake = Promise.withResolvers<void>()
      const stop = book.onChange(caller.organization, () => wake.resolve())
      signal.addEventListener('abort', () => wake.resolve())
      let known = new Map<string, string>()
      try {
        for (let first = true; !signal.aborted; first = false) {
          const hosts = await list(caller.organization)
          const now = new Map(hosts.map((host) => [host.id, JSON.stringify({ ...host, lastSeenMs: host.online ? 0 : host.lastSeenMs })]))
          const changed = hosts.filter(({ id }) => known.get(id) !== now.get(id))
          const gone = [...known.keys()].filter((id) => !now.has(id))
          for (let at = 0; at < changed.length || (at === 0 && (first || gone.length > 0)); at += 8) {
            yield { hosts: changed.slice(at, at + 8), gone: at === 0 ? gone : [], reset: first && at === 0, done: at + 8 >= changed.length }
          }
          known = now
          await wake.promise
          wake = Promise.withResolvers()
        }
      } finally {
        stop()
      }
    },
    get: (_input, { caller, host }) => get(caller.organization, host),
    async update({ name, tags }, { caller, host }) {
      await db.tx({ organization: caller.organization }, async (sql) => {
        if (name !== undefined) {
          const taken = await sql`SELECT 1 FROM hosts WHERE name = ${name} AND id <> ${host} AND revoked_at IS NULL`
          if (taken.length > 0)
            throw new FairleadError('conflict', `Another host is named ${name} already.`, { details: { field: 'name' } })
          await sql`UPDATE hosts SET name = ${name} WHERE id = ${host}`
        }
        if (tags !== undefined) await sql`UPDATE hosts SET tags = ${[...new Set(tags)]} WHERE id = ${host}`
      })
      const live = fleet.find(host)
      if (name !== undefined && live !== undefined) live.name = name
      if (name !== undefined) inventory.hostRenamed(caller.organization, host, name)
      book.changed(caller.organization)
      return get(caller.organization, host)
    },
    async revoke(_input, { caller, host }) {
      await db.tx({ organization: caller.organization }, (sql) => sql`UPDATE hosts SET revoked_at = now() WHERE id = ${host}`)
      fleet.expel(host, closeCodes.revoked, 'revoked')
      inventory.hostGone(caller.organization, host)
      book.facts.delete(host)
      book.usage.delete(host)
      book.changed(caller.organization)
      return { id: host }
    },
    async link(_input, { host }) {
      const live = fleet.find(host)
      return {
        online: live?.session?.alive === true,
        lastLoss: live?.lastLoss ?? '',
        lastSeenMs: live?.lastSeenMs ?? 0,
        ...(live?.session?.alive === true ? live.session.stats : {}),
      }
    },
  }

  return {
    handlers,
    async resolve(organization, idOrName) {
      const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(idOrName)
      const [row] = await db.tx({ organization }, (sql) =>
        isId
          ? sql<{ id: string; name: string }[]>`SELECT id, name FROM hosts WHERE id = ${idOrName} AND revoked_at IS NULL`
          : sql<{ id: string; name: string }[]>`SELECT id, name FROM hosts WHERE name = ${idOrName} AND revoked_at IS NULL`,
      )
      if (row === undefined) throw new FairleadError('not_found', 'There is no such host.')
      return row
    },
  }
}
