import { batched, byOrganization } from '../base/batched.ts'
import type { Database } from '../base/db.ts'
import type { Log } from '../base/log.ts'
import type { Known } from './known.ts'

interface Pinned {
  readonly organization: string
  readonly id: string
  readonly number: number | null
}

/** Writes down which key of the hub its hosts have pinned: a fleet comes at once after each change of it, and shares a few transactions. */
export function createPinned(db: Database, log: Log): (known: Known, number: number | null) => void {
  const write = batched(
    async (all: readonly Pinned[]) => {
      for (const [organization, own] of byOrganization(all))
        await db.tx(
          { organization },
          (sql) => sql`UPDATE hosts SET hub_key = seen.number
            FROM jsonb_to_recordset(${sql.json(own as never)}) AS seen (id uuid, number bigint) WHERE hosts.id = seen.id`,
        )
      return all.map(() => undefined)
    },
    { everyMs: 200 },
  )
  return ({ id, organization }, number) =>
    // It is written down when the host comes the next time.
    void write({ id, organization, number }).catch((error: unknown) =>
      log('warn', 'which key of the hub a host has pinned was not written down', { host: id, error: String(error) }),
    )
}
