import { FairleadError } from './errors.ts'

/** What a join string says: `flj1.<tokenId>.<secret>.<hubKey>.<address>`, each but the first in base64url. */
export interface Join {
  readonly tokenId: string
  /** 32 bytes; sent only after the hub proved `hubKey`. */
  readonly secret: Uint8Array
  /** The hub's Ed25519 key. */
  readonly hubKey: Uint8Array
  /** Where to dial: https://host[:port]. */
  readonly address: string
}

const shape = /^flj1\.([A-Za-z0-9_-]{8,64})\.([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{8,700})$/

export function formatJoin({ tokenId, secret, hubKey, address }: Join): string {
  return ['flj1', tokenId, toBase64Url(secret), toBase64Url(hubKey), toBase64Url(new TextEncoder().encode(address))].join('.')
}

/** Throws `invalid_input` with what is wrong and how to mend it; never repeats the string. */
export function parseJoin(text: string): Join {
  const match = shape.exec(text.trim())
  if (match === null) {
    throw new FairleadError(
      'invalid_input',
      'This is not a join string. It begins with "flj1." and has four more parts; copy the whole line from the console’s "Enrol a host" page.',
    )
  }
  const address = readAddress(match[4]!)
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) {
    throw new FairleadError('invalid_input', 'The join string holds no usable address of a hub; copy the whole line again.')
  }
  return { tokenId: match[1]!, secret: fromBase64Url(match[2]!), hubKey: fromBase64Url(match[3]!), address }
}

/** Empty when a piece of it is missing: no base64 then. */
function readAddress(text: string): string {
  try {
    return new TextDecoder().decode(fromBase64Url(text))
  } catch {
    return ''
  }
}

export function toBase64Url(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

export function fromBase64Url(text: string): Uint8Array {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  const out = new Uint8Array(binary.length)
  for (let i = 0; i < out.length; i++) out[i] = binary.charCodeAt(i)
  return out
}

const words =
  'anchor apron basin beacon birch bridge buoy cable canal cargo cedar chart cliff coast copper coral crane delta dock drift eagle ember fern ferry flint fog gale glass grain gull harbor haven hazel hull inlet iron island ivory jetty keel kelp lagoon lamp lark ledger linen lock lunar maple marsh mast mesa mill mist moss north oak oar ocean olive orbit otter oyster pier'.split(
    ' ',
  )

/** Six words that a person can compare, from the SHA-256 of a hub's key: 36 bits of its fingerprint. */
export function keyWords(digest: Uint8Array): string[] {
  return Array.from({ length: 6 }, (_, index) => words[digest[index]! % 64]!)
}
