import { FairleadError } from '@fairlead/protocol/errors.ts'
import { closeCodes } from '@fairlead/protocol/hello.ts'
import { batched } from '../base/batched.ts'
import type { Database } from '../base/db.ts'
import { inArray } from '../base/drizzle.ts'
import { hosts, replacedKeys } from '../base/tables.ts'

/** A host whose key is enrolled. */
export interface Known {
  readonly id: string
  readonly organization: string
  readonly name: string
  /** Its public key, in hex. */
  readonly key: string
  /** A second copy of its key was seen. */
  readonly quarantined: boolean
  /** Which key of the hub it pinned, as far as was written down; null: none that it could follow from. */
  readonly pinned: number | null
}

/** The host that holds a key. Throws with a close code for a stranger's key and a revoked one. */
export function createHostFinder(db: Database): (key: Uint8Array) => Promise<Known> {
  const { id, organizationId, name, publicKey, revokedAt, quarantinedAt, hubKey } = hosts
  const find = batched(async (keys: readonly Uint8Array[]) => {
    const rows = await db.tx({ hostKeys: keys }, (_sql, orm) =>
      orm
        .select({ id, organizationId, name, publicKey, revokedAt, quarantinedAt, hubKey })
        .from(hosts)
        .where(inArray(publicKey, [...keys])),
    )
    const byKey = new Map(rows.map((row) => [hexOf(row.publicKey), row]))
    const strange = keys.filter((key) => !byKey.has(hexOf(key)))
    const replaced = await findReplaced(db, strange)
    return keys.map((key) => byKey.get(hexOf(key)) ?? (replaced.has(hexOf(key)) ? 'replaced' : undefined))
  })
  return async (key) => {
    const row = await find(key)
    if (row === undefined) throw refusal(closeCodes.notWelcome, 'this host is not enrolled here')
    if (row === 'replaced') throw refusal(closeCodes.revoked, replacedWords)
    if (row.revokedAt !== null) throw refusal(closeCodes.revoked, 'revoked')
    const quarantined = row.quarantinedAt !== null
    return { id: row.id, organization: row.organizationId, name: row.name, key: hexOf(key), quarantined, pinned: row.hubKey }
  }
}

/** Of a machine whose host was enrolled anew, here or elsewhere. */
export const replacedWords = 'revoked: this host was enrolled anew, under another key'

/** In hex, which of them hosts had before. Nobody asks where all are known. */
async function findReplaced(db: Database, keys: readonly Uint8Array[]): Promise<ReadonlySet<string>> {
  if (keys.length === 0) return new Set()
  const { publicKey } = replacedKeys
  const rows = await db.tx({ hostKeys: keys }, (_sql, orm) =>
    orm
      .select({ publicKey })
      .from(replacedKeys)
      .where(inArray(publicKey, [...keys])),
  )
  return new Set(rows.map((row) => hexOf(row.publicKey)))
}

export const hexOf = (key: Uint8Array) => Buffer.from(key).toString('hex')

/** Ends the handshake with a close code and a sentence for the person who reads the agent's log. */
export function refusal(closeCode: number, message: string): FairleadError {
  return new FairleadError('unauthenticated', message, { details: { closeCode } })
}
