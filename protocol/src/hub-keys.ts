import * as z from 'zod/mini'
import { FairleadError } from './errors.ts'
import { fromBase64Url } from './join.ts'
import type { Identity, Suite } from './noise/suite.ts'
import { concat } from './wire/concat.ts'

/** Who signs a statement: the key before, or the owner's key, which is kept off the hub. */
type Signer = 'hub' | 'owner'

/** Says which key a hub goes on with. */
export interface Statement {
  readonly by: Signer
  /** Of the key that it names: one more than the signing key's own; of the owner's a time (ms since 1970), which is beyond any count. */
  readonly number: number
  /** Until when, ms since 1970, hosts take the key before as well; 0: not at all. */
  readonly overlapUntilMs: number
  /** The next key. */
  readonly key: Uint8Array
  readonly signature: Uint8Array
}

/** What a hub says of its keys in each handshake, earliest first. */
export interface Succession {
  /** The first key that this hub ever had: its name, for good. */
  readonly hub: Uint8Array
  readonly statements: readonly Statement[]
}

/** What a host knows of its hub's keys. */
export interface PinnedKey {
  readonly key: Uint8Array
  /** Absent: it was pinned before keys had numbers. */
  readonly number?: number | undefined
  readonly hub?: Uint8Array | undefined
  readonly owner?: Uint8Array | undefined
}

export interface Followed {
  readonly key: Uint8Array
  readonly number: number
  readonly hub: Uint8Array
  /** The one before it is taken until then, too. */
  readonly before: { readonly key: Uint8Array; readonly untilMs: number } | undefined
  /** The owner's key was needed for it: what the one before said is worth nothing any more. */
  readonly byOwner: boolean
}

/** More than that cannot stand in one message of the handshake. */
export const mostStatements = 32

const statementBytes = 113
const headBytes = 34
const form = 1
const signers: readonly Signer[] = ['hub', 'owner']
const key43 = z.string().check(z.regex(/^[\w-]{43}$/))

/** What a welcome says of the hub's keys to a host that has just seen it prove one. */
export const ToldKeys = z.object({
  hub: key43,
  number: z.int().check(z.gte(1)),
  /** Pinned by a host that has none yet, and never exchanged for another one. */
  owner: z.optional(key43),
})
export type ToldKeys = z.infer<typeof ToldKeys>

export function makeStatement(suite: Suite, signer: Identity, hub: Uint8Array, said: Omit<Statement, 'signature'>): Statement {
  return { ...said, signature: suite.sign(signer, signedBytes(hub, said)) }
}

/** For message 2 of the handshake. */
export function encodeSuccession({ hub, statements }: Succession): Uint8Array {
  return concat([Uint8Array.of(form), hub, Uint8Array.of(statements.length), ...statements.map(encodeStatement)])
}

export function encodeStatement(statement: Statement): Uint8Array {
  return concat([bodyOf(statement), statement.signature])
}

/** Undefined for what is none: a hub of a version that has a single key for ever says nothing. */
export function decodeSuccession(bytes: Uint8Array): Succession | undefined {
  const count = bytes[headBytes - 1] ?? 0
  if (bytes[0] !== form || count > mostStatements || bytes.length !== headBytes + count * statementBytes) return undefined
  const statements: Statement[] = []
  for (let at = headBytes; at < bytes.length; at += statementBytes) {
    const statement = decodeStatement(bytes.slice(at, at + statementBytes))
    if (statement === undefined) return undefined
    statements.push(statement)
  }
  return { hub: bytes.slice(1, headBytes - 1), statements }
}

export function decodeStatement(bytes: Uint8Array): Statement | undefined {
  if (bytes.length !== statementBytes) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, statementBytes)
  const by = signers[view.getUint8(0)]
  const [number, overlapUntilMs] = [Number(view.getBigUint64(1)), Number(view.getBigUint64(9))]
  if (by === undefined || !Number.isSafeInteger(number) || !Number.isSafeInteger(overlapUntilMs)) return undefined
  return { by, number, overlapUntilMs, key: bytes.subarray(17, 49), signature: bytes.subarray(49) }
}

/**
 * From the key that a host pinned to the one that the hub just proved, statement by statement. Throws `unauthenticated` with what is
 * wrong; whoever did not sign with the pinned key, or with the owner's, leads nowhere.
 */
export function followKeys(suite: Suite, pinned: PinnedKey, { hub, statements }: Succession, shown: Uint8Array): Followed {
  if (pinned.hub !== undefined && !suite.equal(pinned.hub, hub)) throw refused('it speaks for another hub')
  let at: Followed = { key: pinned.key, number: numberOf(suite, pinned, hub, statements), hub, before: undefined, byOwner: false }
  for (const one of statements) {
    // What led to the pinned key, or to one before it, was followed already: it leads nowhere else.
    if (one.number <= at.number) continue
    if (one.by === 'hub' && one.number !== at.number + 1) throw refused(`it leaves out what follows key ${at.number}`)
    if (one.by === 'owner' && pinned.owner === undefined) throw refused('it is signed by an owner’s key, and this host pinned none')
    const signer = one.by === 'owner' ? pinned.owner! : at.key
    if (!suite.verify(signer, signedBytes(hub, one), one.signature)) throw refused(`key ${one.number} is named by another key`)
    const before = one.by === 'hub' && one.overlapUntilMs > 0 ? { key: at.key, untilMs: one.overlapUntilMs } : undefined
    at = { key: one.key, number: one.number, hub, before, byOwner: at.byOwner || one.by === 'owner' }
  }
  if (!suite.equal(at.key, shown)) throw refused(`its statements do not lead from key ${at.number} to the key that it holds`)
  return at
}

/** Of a key without one. It may be made up, and is worth nothing without the pinned key's signature on what follows. */
function numberOf(suite: Suite, { key, number }: PinnedKey, hub: Uint8Array, statements: readonly Statement[]): number {
  const found = number ?? (suite.equal(key, hub) ? 1 : statements.find((one) => suite.equal(one.key, key))?.number)
  if (found === undefined) throw refused('it does not know the pinned key')
  return found
}

function signedBytes(hub: Uint8Array, said: Omit<Statement, 'signature'>): Uint8Array {
  return concat([new TextEncoder().encode('fairlead hub key 1\0'), hub, bodyOf(said)])
}

function bodyOf({ by, number, overlapUntilMs, key }: Omit<Statement, 'signature'>): Uint8Array {
  const view = new DataView(new ArrayBuffer(17))
  view.setUint8(0, signers.indexOf(by))
  view.setBigUint64(1, BigInt(number))
  view.setBigUint64(9, BigInt(overlapUntilMs))
  return concat([new Uint8Array(view.buffer), key])
}

const refused = (why: string) =>
  new FairleadError('unauthenticated', `The hub shows another key than the pinned one, and does not prove that it may: ${why}.`)

const ownerShape = /^flo1\.([\w-]{43})\.([\w-]{43})$/

/** What an owner keeps off the hub: the name of the hub, and the secret half of the owner's key. Throws `invalid_input`; never repeats it. */
export function parseOwnerKey(text: string): { readonly hub: Uint8Array; readonly seed: Uint8Array } {
  const match = ownerShape.exec(text.replaceAll(/\s/g, ''))
  if (match === null)
    throw new FairleadError('invalid_input', 'This is no owner’s key: it begins with "flo1." and has two more parts of 43 characters each.')
  return { hub: fromBase64Url(match[1]!), seed: fromBase64Url(match[2]!) }
}
