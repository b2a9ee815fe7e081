import { codeOf } from '@fairlead/protocol/errors.ts'
import { closeCodes } from '@fairlead/protocol/hello.ts'
import type { Database, Db } from '../base/db.ts'
import { inArray } from '../base/drizzle.ts'
import type { Log } from '../base/log.ts'
import { hosts } from '../base/tables.ts'
import type { Fleet } from './fleet.ts'
import { hexOf, replacedWords } from './known.ts'

/** A host was removed, or has another key than this one. */
export type CutOff =
  | { readonly what: 'removed'; readonly organization: string; readonly host: string }
  | { readonly what: 'replaced'; readonly organization: string; readonly host: string; readonly key: string }

/** Heard by every hub on this database once the transaction is over, and by none if it fails. */
export async function tellCutOff(sql: Db, cutOff: CutOff): Promise<void> {
  await sql`SELECT pg_notify('fairlead', ${JSON.stringify(cutOff)})`
}

interface Deps {
  readonly db: Database
  readonly fleet: Fleet
  /** It is gone: nothing in memory of it stays. */
  readonly onRemoved: (organization: string, host: string) => void
  /** Its row is another one. */
  readonly onReplaced: (organization: string, host: string) => void
  readonly log: Log
}

/** What another hub did to a host ends what that host has open here, too. */
export function followCutOffs(deps: Deps): { close(): Promise<void> } {
  const { db, fleet, onRemoved, onReplaced, log } = deps
  const apply = (cutOff: CutOff) => {
    const { organization, host } = cutOff
    if (cutOff.what === 'removed') {
      fleet.expel(host, closeCodes.revoked, 'revoked')
      onRemoved(organization, host)
    } else {
      fleet.retire(host, cutOff.key, closeCodes.revoked, replacedWords)
      onReplaced(organization, host)
    }
  }
  return db.listen({
    heard(text) {
      const cutOff = readCutOff(text)
      if (cutOff !== undefined) apply(cutOff)
    },
    // What was said while nobody listened was lost.
    async begun() {
      try {
        for (const cutOff of await missed(db, fleet)) apply(cutOff)
      } catch (error) {
        log('warn', 'whether hosts were removed by another hub meanwhile is not known', { code: codeOf(error) })
      }
    },
    log,
  })
}

/** Whoever may say something there may do anything in the database; what is no cut-off is of another version. */
function readCutOff(text: string): CutOff | undefined {
  try {
    const said = JSON.parse(text) as CutOff
    return said.what === 'removed' || said.what === 'replaced' ? said : undefined
  } catch {
    return undefined
  }
}

async function missed(db: Database, fleet: Fleet): Promise<CutOff[]> {
  const cutOffs: CutOff[] = []
  for (const [organization, own] of Map.groupBy(fleet.all(), (host) => host.organization)) {
    const ids = own.map(({ id }) => id)
    const rows = await db.tx({ organization }, (_sql, orm) =>
      orm.select({ id: hosts.id, revokedAt: hosts.revokedAt, publicKey: hosts.publicKey }).from(hosts).where(inArray(hosts.id, ids)),
    )
    const found = new Map(rows.map((row) => [row.id, row]))
    for (const { id: host, key } of own) {
      const row = found.get(host)
      if (row === undefined || row.revokedAt !== null) cutOffs.push({ what: 'removed', organization, host })
      else if (key !== '' && hexOf(row.publicKey) !== key) cutOffs.push({ what: 'replaced', organization, host, key })
    }
  }
  return cutOffs
}
