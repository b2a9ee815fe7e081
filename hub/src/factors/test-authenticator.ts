import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'
import type { Assertion, Attestation, Challenge, NewPasskey } from '@fairlead/protocol/features/factors.ts'

/** What a browser says around what the authenticator signs; each may be made wrong. */
interface Around {
  readonly origin: string
  readonly verified?: boolean
}

const [present, verifiedBit, attested] = [1, 4, 64]

/** An authenticator of one ES256 key, as WebAuthn and CTAP2 describe it: for tests without a browser. */
export function createAuthenticator() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const id = randomBytes(32)
  let counter = 0
  let user = ''

  const clientData = (type: string, challenge: string, origin: string) =>
    Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }))
  const head = (rpId: string, flags: number) => {
    const count = Buffer.alloc(4)
    count.writeUInt32BE(++counter)
    return Buffer.concat([createHash('sha256').update(rpId).digest(), Buffer.of(flags), count])
  }
  const same = { id: id.toString('base64url'), rawId: id.toString('base64url'), type: 'public-key' as const, clientExtensionResults: {} }

  return {
    id: same.id,
    make({ challenge, rp, user: who }: NewPasskey, { origin, verified = true }: Around): Attestation {
      user = who.id
      const data = clientData('webauthn.create', challenge, origin)
      const length = Buffer.of(0, id.length)
      const auth = Buffer.concat([
        head(rp.id, present | attested | (verified ? verifiedBit : 0)),
        Buffer.alloc(16),
        length,
        id,
        coseOf(publicKey),
      ])
      const pairs = [text('fmt'), text('none'), text('attStmt'), Buffer.of(0xa0), text('authData'), bytes(auth)]
      const attestationObject = Buffer.concat([Buffer.of(0xa3), ...pairs])
      const response = { clientDataJSON: data.toString('base64url'), attestationObject: attestationObject.toString('base64url') }
      return { ...same, response: { ...response, transports: ['internal'] } }
    },
    sign({ challenge, rpId }: Challenge, { origin, verified = true }: Around): Assertion {
      const data = clientData('webauthn.get', challenge, origin)
      const auth = head(rpId, present | (verified ? verifiedBit : 0))
      const signature = sign('sha256', Buffer.concat([auth, createHash('sha256').update(data).digest()]), privateKey)
      const response = {
        clientDataJSON: data.toString('base64url'),
        authenticatorData: auth.toString('base64url'),
        signature: signature.toString('base64url'),
        userHandle: user,
      }
      return { ...same, response }
    },
  }
}

const text = (of: string) => Buffer.concat([Buffer.of(0x60 | of.length), Buffer.from(of)])
const bytes = (of: Uint8Array) =>
  Buffer.concat([of.length < 256 ? Buffer.of(0x58, of.length) : Buffer.of(0x59, of.length >> 8, of.length & 255), of])

/** A P-256 key as COSE: kty EC2, alg ES256, crv P-256, x, y. */
function coseOf(key: KeyObject): Buffer {
  const { x, y } = key.export({ format: 'jwk' }) as { x: string; y: string }
  const part = (of: string) => bytes(Buffer.from(of, 'base64url'))
  return Buffer.concat([Buffer.of(0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21), part(x), Buffer.of(0x22), part(y)])
}
