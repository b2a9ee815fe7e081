import { createCipheriv, createDecipheriv, createHmac, createSecretKey, randomBytes, type KeyObject } from 'node:crypto'
import { assert, FairleadError } from '@fairlead/protocol/errors.ts'

/** Where a sealed value lives: it opens there and nowhere else. `organization` '' is the hub itself (accounts belong to no organization). */
export interface SealPlace {
  readonly organization: string
  readonly table: string
  readonly row: string
  readonly column: string
}

/** A sealed value is `version (1) | id of the data key (16) | nonce (12) | ciphertext | tag (16)`. */
const headerBytes = 29
const version = 1
const keyIdBytes = 16
const nonceBytes = 12
const tagBytes = 16
/** Most that one value may hold; a batch of a rotation is in memory at once. */
export const mostPlainBytes = 65_536

const algorithm = 'aes-256-gcm'
const options = { authTagLength: tagBytes }

export function sealRecord(key: KeyObject, keyId: string, place: SealPlace, plain: Uint8Array): Buffer {
  if (plain.length > mostPlainBytes)
    throw new FairleadError('too_large', `A value that is sealed may have ${mostPlainBytes} bytes at most; this one has ${plain.length}.`)
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, key, nonce, options).setAAD(aadOf(place, keyId))
  const head = Buffer.concat([Buffer.of(version), bytesOf(keyId), nonce])
  return Buffer.concat([head, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** The id of the key that a value says it is sealed under. Throws `internal` on what is no sealed value: it is not taken for plain text. */
export function keyIdOf(place: SealPlace, sealed: Uint8Array): string {
  if (sealed.length < headerBytes + tagBytes || sealed.length > headerBytes + mostPlainBytes + tagBytes || sealed[0] !== version)
    throw unreadable(place, 'is no sealed value of this version')
  return idOf(sealed.subarray(1, 1 + keyIdBytes))
}

export function openRecord(key: KeyObject, place: SealPlace, sealed: Uint8Array): Buffer {
  const keyId = keyIdOf(place, sealed)
  const nonce = sealed.subarray(headerBytes - nonceBytes, headerBytes)
  const decipher = createDecipheriv(algorithm, key, nonce, options).setAAD(aadOf(place, keyId))
  decipher.setAuthTag(sealed.subarray(-tagBytes))
  const plain = decipher.update(sealed.subarray(headerBytes, -tagBytes))
  try {
    return Buffer.concat([plain, decipher.final()])
  } catch (cause) {
    throw unreadable(place, 'is not what was sealed there', cause)
  }
}

/** Says where, never what. */
export function unreadable({ table, column, row }: SealPlace, why: string, cause?: unknown): FairleadError {
  return new FairleadError(
    'internal',
    `The sealed value in ${table}.${column} of row ${row} ${why}; put it back from a backup, or write it anew.`,
    { cause },
  )
}

/** A data key under a key encryption key: `version | nonce | ciphertext | tag`, good for one organization and one id. */
export function wrapKey(kek: KeyObject, organization: string, keyId: string, dataKey: KeyObject): Buffer {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, kek, nonce, options).setAAD(keyAadOf(organization, keyId))
  return Buffer.concat([Buffer.of(version), nonce, cipher.update(dataKey.export()), cipher.final(), cipher.getAuthTag()])
}

/** Throws `internal` when it is not the key that was wrapped for this organization under this id. */
export function unwrapKey(kek: KeyObject, organization: string, keyId: string, wrapped: Uint8Array): KeyObject {
  try {
    assert(wrapped.length === 1 + nonceBytes + 32 + tagBytes && wrapped[0] === version, 'This is no data key.')
    const decipher = createDecipheriv(algorithm, kek, wrapped.subarray(1, 1 + nonceBytes), options)
    decipher.setAAD(keyAadOf(organization, keyId)).setAuthTag(wrapped.subarray(-tagBytes))
    return createSecretKey(Buffer.concat([decipher.update(wrapped.subarray(1 + nonceBytes, -tagBytes)), decipher.final()]))
  } catch (cause) {
    const whose = organization === '' ? 'the hub' : `organization ${organization}`
    throw new FairleadError('internal', `The data key ${keyId} of ${whose} is damaged; put its row back from a backup.`, { cause })
  }
}

/** What tells key encryption keys apart without telling anything of them. */
export function fingerprintOf(kek: KeyObject): Buffer {
  return createHmac('sha256', kek).update('fl/1|kek').digest().subarray(0, 16)
}

/** Only the row may be any text: with names that hold no `|` no two places share an AAD. */
function aadOf({ organization, table, row, column }: SealPlace, keyId: string): Buffer {
  assert(/^[\da-f-]*$/.test(organization) && /^\w+$/.test(table) && /^\w+$/.test(column), 'A sealed value has a place.')
  return Buffer.from(`fl/1|${organization}|${table}|${row}|${column}|${keyId}`)
}

function keyAadOf(organization: string, keyId: string): Buffer {
  return Buffer.from(`fl/1|data-key|${organization}|${keyId}`)
}

export function bytesOf(keyId: string): Buffer {
  return Buffer.from(keyId.replaceAll('-', ''), 'hex')
}

function idOf(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
