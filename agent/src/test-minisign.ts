import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto'

/** A new pair in the forms of minisign's files; the secret one without a password. */
export function makeKeys(): { readonly secret: string; readonly public: string } {
  const { privateKey } = generateKeyPairSync('ed25519')
  const { d } = privateKey.export({ format: 'jwk' })
  const own = Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).x!, 'base64url')
  const id = randomBytes(8)
  const head = Buffer.concat([Buffer.from('Ed'), Buffer.alloc(2), Buffer.from('B2'), Buffer.alloc(48)])
  // The checksum is left empty: what it is over is checked otherwise.
  const secret = Buffer.concat([head, id, Buffer.from(d!, 'base64url'), own, Buffer.alloc(32)])
  const file = (what: string, bytes: Buffer) => `untrusted comment: ${what}\n${bytes.toString('base64')}\n`
  return { secret: file('minisign secret key', secret), public: file('minisign public key', Buffer.concat([Buffer.from('Ed'), id, own])) }
}
