// Signatures of releases, as the program `minisign` writes and reads them: Ed25519 over the BLAKE2b-512 of a file, and over
// that signature with its trusted comment. Only this form is taken; the older one signs the file itself.
import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import { FairleadError } from '@fairlead/protocol/errors.ts'

export interface PublicKey {
  /** Tells keys of one signer apart; it proves nothing. */
  readonly id: Buffer
  readonly key: KeyObject
}

export interface SecretKey {
  readonly id: Buffer
  readonly key: KeyObject
}

const algorithms = { key: 'Ed', hashed: 'ED', checksum: 'B2' } as const
const lengths = { publicKey: 42, secretKey: 158, signature: 74, global: 64 } as const
const comment = /^untrusted comment: [^\n]{0,1024}$/
const trusted = /^trusted comment: ([^\n]{0,8192})$/

/** What a signature is over. */
export async function digestOf(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const hash = createHash('blake2b512')
  for await (const piece of pieces) hash.update(piece)
  return hash.digest()
}

/** The file, or its second line alone. */
export function readPublicKey(text: string): PublicKey {
  const lines = text.trimEnd().split('\n')
  const bytes = decode(lines.at(-1)!, lengths.publicKey)
  if (bytes === undefined || bytes.toString('latin1', 0, 2) !== algorithms.key)
    throw new FairleadError('invalid_input', 'This is no public key of minisign.')
  return { id: bytes.subarray(2, 10), key: publicOf(bytes.subarray(10)) }
}

/** The lines of minisign's public keys, two of them while one takes the other's place; a line that is none is said, not skipped. */
export function readPublicKeys(text: string, where: string): PublicKey[] {
  const lines = text.split('\n').map((line) => line.trim())
  return lines
    .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('untrusted comment:'))
    .map((line) => {
      try {
        return readPublicKey(line)
      } catch (cause) {
        throw new FairleadError('forbidden', `${where} has a line that is no public key of minisign: "${line.slice(0, 60)}".`, { cause })
      }
    })
}

/** One that was made without a password ("minisign -G -W"): whoever signs in a build has nobody to ask for it. */
export function readSecretKey(text: string): SecretKey {
  const [head, body] = text.trimEnd().split('\n')
  const bytes = comment.test(head ?? '') ? decode(body ?? '', lengths.secretKey) : undefined
  if (bytes === undefined || bytes.toString('latin1', 0, 2) !== algorithms.key || bytes.toString('latin1', 4, 6) !== algorithms.checksum)
    throw new FairleadError('invalid_input', 'This is no secret key of minisign.')
  if (bytes.readUInt16LE(2) !== 0)
    throw new FairleadError(
      'invalid_input',
      'This secret key of minisign has a password. Sign with minisign itself ("minisign -S -m SHA256SUMS"), or take one without ("minisign -C -W").',
    )
  const seed = bytes.subarray(62, 94)
  const own = bytes.subarray(94, 126)
  const key = createPrivateKey({ key: pkcs8(seed), format: 'der', type: 'pkcs8' })
  // The half that was written down must be the one that the other makes; it stands for the checksum, of a length that Node's BLAKE2b has not.
  if (createPublicKey(key).export({ format: 'jwk' }).x !== own.toString('base64url'))
    throw new FairleadError('invalid_input', 'This secret key of minisign is damaged.')
  return { id: bytes.subarray(54, 62), key }
}

/** The text of a signature file. The comment is signed too: it says which file this is, so that none is passed off as another. */
export function signDigest(secret: SecretKey, digest: Uint8Array, says: string): string {
  if (/[\n\r]/.test(says)) throw new FairleadError('invalid_input', 'A comment of a signature is one line.')
  const signature = sign(null, digest, secret.key)
  const global = sign(null, Buffer.concat([signature, Buffer.from(says)]), secret.key)
  const body = Buffer.concat([Buffer.from(algorithms.hashed), secret.id, signature])
  return [
    'untrusted comment: signature of a Fairlead release',
    body.toString('base64'),
    `trusted comment: ${says}`,
    global.toString('base64'),
    '',
  ].join('\n')
}

/** The signed comment, when both signatures are this key's. */
export function verifyDigest(by: PublicKey, digest: Uint8Array, text: string): string {
  const [head, body, says, tail, ...rest] = text.split('\n')
  const bytes = decode(body ?? '', lengths.signature)
  const global = decode(tail ?? '', lengths.global)
  const [, said] = trusted.exec(says ?? '') ?? []
  const formed = comment.test(head ?? '') && rest.every((line) => line === '')
  if (!formed || bytes === undefined || global === undefined || said === undefined || bytes.toString('latin1', 0, 2) !== algorithms.hashed)
    throw new FairleadError('invalid_input', 'This is no signature of minisign over a hashed file.')
  const signature = bytes.subarray(10)
  const good =
    bytes.subarray(2, 10).equals(by.id) &&
    verify(null, digest, by.key, signature) &&
    verify(null, Buffer.concat([signature, Buffer.from(said)]), by.key, global)
  if (!good) throw new FairleadError('forbidden', 'This is not signed by the key that signs releases; nothing was taken from it.')
  return said
}

/** Base64 as minisign writes it, of exactly so many bytes. */
function decode(text: string, bytes: number): Buffer | undefined {
  const decoded = Buffer.from(text, 'base64')
  return decoded.length === bytes && decoded.toString('base64') === text ? decoded : undefined
}

function publicOf(bytes: Buffer): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') }, format: 'jwk' })
}

function pkcs8(seed: Buffer): Buffer {
  return Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
}
