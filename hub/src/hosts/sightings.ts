import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { HostFacts } from '@fairlead/protocol/features/hosts.ts'
import { batched, byOrganization } from '../base/batched.ts'
import { isRefused, type Database } from '../base/db.ts'

/** What a host was seen with just now; what is left out stays as it is stored. */
interface Sighting {
  readonly organization: string
  readonly id: string
  readonly facts?: HostFacts
  /** Why its link ended. */
  readonly lastLoss?: string
}

/** Nobody waits for it but the row itself. */
const everyMs = 200

/** Stores that hosts were seen: those of a fleet that comes or goes at once together. */
export function createSightings(db: Database): (sighting: Sighting) => Promise<void> {
  const save = batched(
    async (sightings: readonly Sighting[]) => {
      try {
        await write(db, sightings)
      } catch (error) {
        // A database that is away takes none of them one by one either.
        if (sightings.length === 1 || !isRefused(error)) throw error
        return writeEach(db, sightings)
      }
      return sightings.map(() => undefined)
    },
    { everyMs },
  )
  return async (sighting) => {
    if (never.test(JSON.stringify(sighting)))
      throw new FairleadError('invalid_input', 'What this host says of itself holds a NUL or half a letter, which no database takes.')
    const error = await save(sighting)
    if (error !== undefined) throw error
  }
}

/**
 * A NUL, and half of a surrogate pair, as JSON spells them: of a single host that says such a thing five times a second, each of
 * those that came with it would cost a transaction of its own.
 */
const never = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/

/** One host's facts may be what no database takes in some way that is not known here: the others are stored all the same. */
async function writeEach(db: Database, sightings: readonly Sighting[]): Promise<(Error | undefined)[]> {
  const errors: (Error | undefined)[] = []
  // In turn: side by side they would take every connection from everybody.
  for (const one of sightings)
    errors.push(
      await write(db, [one]).then(
        () => undefined,
        (reason: Error) => reason,
      ),
    )
  return errors
}

async function write(db: Database, sightings: readonly Sighting[]): Promise<void> {
  for (const [organization, own] of byOrganization(sightings)) {
    const rows = new Map<string, Sighting>()
    for (const one of own) rows.set(one.id, { ...rows.get(one.id), ...one })
    await db.tx(
      { organization },
      (sql) => sql`
        UPDATE hosts SET last_seen_at = now(), facts = coalesce(seen.facts, hosts.facts),
          last_loss = coalesce(left(seen."lastLoss", 500), hosts.last_loss)
        FROM jsonb_to_recordset(${sql.json([...rows.values()] as never)}) AS seen (id uuid, facts jsonb, "lastLoss" text)
        WHERE hosts.id = seen.id`,
    )
  }
}
