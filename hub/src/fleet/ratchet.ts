import { randomBytes } from 'node:crypto'
import { batched, byOrganization } from '../base/batched.ts'
import type { Database } from '../base/db.ts'

interface Named {
  readonly organization: string
  readonly id: string
}

interface Handshake extends Named {
  /** What the host keeps; '' for nothing yet, undefined from an agent that knows no generations. */
  readonly shown: string | undefined
}

interface Keep extends Named {
  readonly generation: string
  /** What the host showed at the login that handed it out. */
  readonly shown: string
}

/** `stale`: somebody went on from where this one stands. Else what to keep from now on; '' where nothing is kept. */
type Turn =
  | { readonly stale: true }
  /** `ahead`: it shows one that was not handed out yet by what the hub knows. The hub was set back. */
  | { readonly stale: false; readonly next: string; readonly ahead?: true }

/**
 * Tells a host from a copy of its disk: each handshake hands out a new generation, and whoever shows an older one than was kept is not
 * alone with its key. What was handed out and not yet confirmed may have been kept or not: both are let in.
 */
export interface Ratchet {
  turn(handshake: Handshake): Promise<Turn>
  /** The host has it on its disk. */
  kept(host: Keep): Promise<void>
  /** False: it was already. */
  quarantine(host: Named): Promise<boolean>
}

/** Hosts that come at once are turned together: two small writes a handshake, hundreds in a transaction. */
export function createRatchet(db: Database): Ratchet {
  const turn = batched(async (handshakes: readonly Handshake[]) => {
    const turns = new Map<Handshake, Turn>()
    // A statement may meet a host once.
    const rounds = [...Map.groupBy(handshakes, ({ id }) => id).values()]
    for (let round = 0; turns.size < handshakes.length; round++) {
      for (const [organization, own] of byOrganization(rounds.flatMap((of) => of.slice(round, round + 1)))) {
        const found = await turnAll(db, organization, own)
        for (const handshake of own) turns.set(handshake, found.get(handshake.id) ?? { stale: true })
      }
    }
    return handshakes.map((handshake) => turns.get(handshake)!)
  })
  const kept = batched(async (hosts: readonly Keep[]) => {
    // A try that the host gave up may come late and be handed another: as long as nobody went on, the one that was kept counts.
    for (const [organization, own] of byOrganization(hosts))
      await db.tx(
        { organization },
        (sql) => sql`
          UPDATE generations SET current = seen.generation
          FROM jsonb_to_recordset(${sql.json(own as never)}) AS seen (id uuid, generation text, shown text)
          WHERE host_id = seen.id AND (issued = seen.generation OR coalesce(current, '') = seen.shown)`,
      )
    return hosts.map(() => undefined)
  })
  return {
    turn,
    kept,
    async quarantine({ organization, id }) {
      const rows = await db.tx(
        { organization },
        (sql) => sql`UPDATE hosts SET quarantined_at = now() WHERE id = ${id} AND quarantined_at IS NULL RETURNING id`,
      )
      return rows.length > 0
    },
  }
}

async function turnAll(db: Database, organization: string, handshakes: readonly Handshake[]): Promise<Map<string, Turn>> {
  const old = handshakes.filter(({ shown }) => shown === undefined).map(({ id }) => id)
  const knowing = handshakes.flatMap(({ id, shown }) =>
    shown === undefined ? [] : [{ id, shown: shown === '' ? null : shown, n: countOf(shown) + 1, fresh: randomBytes(16).toString('hex') }],
  )
  return db.tx({ organization }, async (sql) => {
    const found = new Map<string, Turn>()
    if (knowing.length > 0) {
      // One statement judges and hands out: of two that show the same at once, one finds the other before it. Whoever is ahead of
      // what is stored is no copy: the hub itself was set back.
      const rows = await sql<{ id: string; issued: string; was: string | null }[]>`
        INSERT INTO generations AS kept (organization_id, host_id, n, current, issued)
        SELECT ${organization}, id, n, shown, n || '.' || fresh
        FROM jsonb_to_recordset(${sql.json(knowing)}) AS seen (id uuid, shown text, n bigint, fresh text)
        ORDER BY id
        ON CONFLICT (organization_id, host_id) DO UPDATE SET current = excluded.current, n = greatest(kept.n + 1, excluded.n),
          issued = greatest(kept.n + 1, excluded.n) || substr(excluded.issued, strpos(excluded.issued, '.'))
        WHERE kept.current IS NOT DISTINCT FROM excluded.current OR kept.issued = excluded.current OR excluded.n > kept.n + 1
        RETURNING host_id AS id, issued, (SELECT was.n FROM generations AS was WHERE was.organization_id = kept.organization_id AND was.host_id = kept.host_id) AS was`
      const shownBy = new Map(knowing.map(({ id, n }) => [id, n - 1]))
      for (const { id, issued, was } of rows) {
        // The subquery sees what was there before this statement.
        const ahead = was !== null && shownBy.get(id)! > Number(was)
        found.set(id, { stale: false, next: issued, ...(ahead ? { ahead } : {}) })
      }
    }
    if (old.length > 0) {
      // An agent of a version that keeps none is no copy until one was kept.
      const rows = await sql<{ id: string }[]>`SELECT host_id AS id FROM generations WHERE host_id = ANY(${old}) AND current IS NOT NULL`
      const keeping = new Set(rows.map(({ id }) => id))
      for (const id of old) if (!keeping.has(id)) found.set(id, { stale: false, next: '' })
    }
    return found
  })
}

/** `7.<random>`: the seventh that was handed out. */
function countOf(generation: string): number {
  return generation === '' ? 0 : Number(generation.slice(0, generation.indexOf('.')))
}
