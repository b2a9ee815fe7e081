import { FairleadError } from '@fairlead/protocol/errors.ts'
import { noSuchHost } from '../base/access.ts'
import type { Database } from '../base/db.ts'
import { desc, eq, or, sql } from '../base/drizzle.ts'
import type { Place } from '../base/rights.ts'
import type { Places } from '../base/serve.ts'
import { sightOf } from '../base/sight.ts'
import { environments } from '../base/tables.ts'
import type { HostBook } from './book.ts'

/** Where hosts and environments are, by id or name: what every request is judged by. */
export function createPlaces(db: Database, book: Pick<HostBook, 'hosts'>): Places {
  return {
    async host(organization, idOrName) {
      const records = await book.hosts(organization)
      const found = records.get(idOrName) ?? [...records.values()].find(({ name }) => name === idOrName)
      if (found === undefined) throw noSuchHost()
      const { id, name, tags, environmentId: environment } = found
      return { id, name, tags, environment }
    },
    async environment(organization, idOrName) {
      const isId = eq(sql`${environments.id}::text`, idOrName)
      // The id first: a name that reads like the id of another leads nobody elsewhere.
      const [found] = await db.tx({ organization }, (_sql, orm) =>
        orm
          .select({ id: environments.id })
          .from(environments)
          .where(or(isId, eq(environments.name, idOrName)))
          .orderBy(desc(isId)),
      )
      if (found === undefined) throw new FairleadError('not_found', 'There is no such environment.')
      return found
    },
    async sight({ organization, rights }, permission) {
      const places = new Map<string, Place>()
      if (!rights.everywhere(permission))
        for (const { id, environmentId: environment, tags } of (await book.hosts(organization)).values())
          places.set(id, { host: id, environment, tags })
      return sightOf(rights, permission, places)
    },
  }
}
