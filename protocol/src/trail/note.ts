import { fromBase64Url, toBase64Url } from '../join.ts'
import type { Digest } from './tree.ts'

/**
 * What a hub signs of a trail, as a C2SP tlog-checkpoint: whose it is, how many rows, the root of the tree over their hashes; and as an
 * extension line the hash of the last row, from which the chain can be followed without the rows before.
 */
export interface Checkpoint {
  /** `fairlead/<key>/<organization>`: one trail. */
  readonly origin: string
  /** Rows. */
  readonly size: number
  readonly root: Uint8Array
  /** The hash of the last row; zeroes where there is none. */
  readonly head: Uint8Array
}

/** An Ed25519 key that signs for a trail, as anybody may know it. */
export interface NoteKey {
  readonly origin: string
  readonly publicKey: Uint8Array
}

export interface SignedNote extends Checkpoint {
  /** What was signed. */
  readonly text: string
  readonly keyId: Uint8Array
  readonly signature: Uint8Array
}

const mostNoteChars = 1024
const ed25519 = 1
const encoder = new TextEncoder()
const form = /^(fairlead\/[0-9a-f]{16}\/[0-9a-f-]{36})\n(0|[1-9]\d{0,14})\n(\S{44})\nhead (\S{44})\n\n\u2014 (\S+) (\S{92})\n$/

export function textOf({ origin, size, root, head }: Checkpoint): string {
  return `${origin}\n${size}\n${toBase64(root)}\nhead ${toBase64(head)}\n`
}

/** The whole note. `signature`: of `textOf(checkpoint)`. */
export function noteOf(digest: Digest, checkpoint: Checkpoint, publicKey: Uint8Array, signature: Uint8Array): string {
  const signed = new Uint8Array(68)
  signed.set(keyIdOf(digest, { origin: checkpoint.origin, publicKey }))
  signed.set(signature, 4)
  return `${textOf(checkpoint)}\n— ${checkpoint.origin} ${toBase64(signed)}\n`
}

/** Undefined: it is no note of a trail. Its signature is yet to be looked at. */
export function parseNote(note: string): SignedNote | undefined {
  const [, origin, size, root, head, signer, signed] = (note.length <= mostNoteChars ? form.exec(note) : undefined) ?? []
  if (origin === undefined || signer !== origin) return undefined
  const bytes = { root: fromBase64(root!), head: fromBase64(head!), signed: fromBase64(signed!) }
  if (bytes.root?.length !== 32 || bytes.head?.length !== 32 || bytes.signed?.length !== 68) return undefined
  const checkpoint = { origin, size: Number(size), root: bytes.root, head: bytes.head }
  return { ...checkpoint, text: textOf(checkpoint), keyId: bytes.signed.slice(0, 4), signature: bytes.signed.slice(4) }
}

type Verify = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean

/** The note, when this very key signed it for this very trail. */
export function openNote(
  { digest, verify }: { readonly digest: Digest; readonly verify: Verify },
  note: string,
  key: NoteKey,
): SignedNote | undefined {
  const parsed = parseNote(note)
  if (parsed === undefined || parsed.origin !== key.origin || !same(parsed.keyId, keyIdOf(digest, key))) return undefined
  return verify(key.publicKey, encoder.encode(parsed.text), parsed.signature) ? parsed : undefined
}

/** The key as text: `origin+keyid+base64`, as signed notes write it. */
export function keyText(digest: Digest, key: NoteKey): string {
  const bytes = new Uint8Array(33)
  bytes[0] = ed25519
  bytes.set(key.publicKey, 1)
  return `${key.origin}+${hexOf(keyIdOf(digest, key))}+${toBase64(bytes)}`
}

export function parseKey(digest: Digest, text: string): NoteKey | undefined {
  const [, origin, id, packed] = /^(fairlead\/[0-9a-f]{16}\/[0-9a-f-]{36})\+([0-9a-f]{8})\+(\S{44})$/.exec(text) ?? []
  const bytes = packed === undefined ? undefined : fromBase64(packed)
  if (origin === undefined || bytes?.length !== 33 || bytes[0] !== ed25519) return undefined
  const key = { origin, publicKey: bytes.slice(1) }
  return hexOf(keyIdOf(digest, key)) === id ? key : undefined
}

/** Nothing here is secret: no need for constant time. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}

function keyIdOf(digest: Digest, { origin, publicKey }: NoteKey): Uint8Array {
  return digest(encoder.encode(`${origin}\n`), Uint8Array.of(ed25519), publicKey).slice(0, 4)
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

export function toBase64(bytes: Uint8Array): string {
  const text = toBase64Url(bytes).replaceAll('-', '+').replaceAll('_', '/')
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=')
}

/** Undefined: it is not exactly what these bytes are written as. */
export function fromBase64(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) return undefined
  const bytes = fromBase64Url(text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', ''))
  return toBase64(bytes) === text ? bytes : undefined
}
