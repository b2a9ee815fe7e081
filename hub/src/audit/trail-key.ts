import * as crypto from 'node:crypto'
import { nodeSuite, rawPublicKey } from '@fairlead/protocol/noise/suite.ts'
import { noteOf, textOf, type Checkpoint, type NoteKey } from '@fairlead/protocol/trail/note.ts'
import type { Database } from '../base/db.ts'
import type { SealedColumn } from '../base/reseal.ts'
import type { Seal } from '../base/seal.ts'

const suite = nodeSuite(crypto)
/** What trees and notes are made and read with. */
export const tools = { digest: suite.hash, verify: suite.verify }

/** Signs for every trail of this hub. */
export interface TrailKey {
  /** How anybody knows it, for the trail of an organization. */
  of(organization: string): NoteKey
  /** The signed note of a checkpoint. */
  sign(checkpoint: Omit<Checkpoint, 'origin'>, organization: string): string
}

export const trailKeyColumn: SealedColumn = { table: 'audit_keys', column: 'private_key', row: ['id'], of: 'hub' }

const placeOf = (id: string) => ({ organization: '', table: 'audit_keys', row: id, column: 'private_key' })

interface KeyRow {
  readonly id: string
  readonly public_key: Buffer
  readonly private_key: Buffer
}

/** What others verify with: without the key of the secrets. Undefined: nothing was signed yet. */
export async function publicTrailKey(db: Database): Promise<Pick<TrailKey, 'of'> | undefined> {
  const row = await read(db)
  if (row === undefined) return undefined
  const publicKey = new Uint8Array(row.public_key)
  return { of: originIn(publicKey) }
}

const originIn = (publicKey: Uint8Array) => {
  const name = Buffer.from(suite.hash(publicKey)).toString('hex', 0, 8)
  return (organization: string) => ({ origin: `fairlead/${name}/${organization}`, publicKey })
}

/** Made at the first start of a hub; a copy of the database does not have it. */
export async function openTrailKey(db: Database, seal: Seal): Promise<TrailKey> {
  const row = (await read(db)) ?? (await make(db, seal))
  const der = Buffer.from(await seal.open(placeOf(row.id), row.private_key))
  const privateKey = crypto.createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const publicKey = new Uint8Array(row.public_key)
  const of = originIn(publicKey)
  return {
    of,
    sign(checkpoint, organization) {
      const whole = { ...checkpoint, origin: of(organization).origin }
      const signature = suite.sign({ publicKey, privateKey }, Buffer.from(textOf(whole)))
      return noteOf(suite.hash, whole, publicKey, signature)
    },
  }
}

async function read(db: Database): Promise<KeyRow | undefined> {
  const [row] = await db.tx({}, (sql) => sql<KeyRow[]>`SELECT id, public_key, private_key FROM audit_keys`)
  return row
}

async function make(db: Database, seal: Seal): Promise<KeyRow> {
  const pair = crypto.generateKeyPairSync('ed25519')
  const id = crypto.randomUUID()
  const sealed = await seal.seal(placeOf(id), pair.privateKey.export({ format: 'der', type: 'pkcs8' }))
  const publicKey = rawPublicKey(pair.publicKey)
  // Another hub on this database may have been quicker: then it is that one's.
  await db.tx(
    {},
    (sql) => sql`INSERT INTO audit_keys (id, public_key, private_key) VALUES (${id}, ${publicKey}, ${sealed}) ON CONFLICT DO NOTHING`,
  )
  return (await read(db))!
}
