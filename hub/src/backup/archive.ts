import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, scrypt, timingSafeEqual, type KeyObject } from 'node:crypto'
import { FairleadError } from '@fairlead/protocol/errors.ts'

// A backup on disk: a line of JSON (the head), then pieces `last (1) | length (4) | ciphertext | tag (16)`, AES-256-GCM under a key of this
// file alone. What binds a piece: the digest of the head, whether it is the last, its number. So no piece can be changed, moved, left out or
// added, and a file that was cut off has no last one.

export const format = 'fairlead-backup/1'
const pieceBytes = 256 * 1024
const tagBytes = 16
const mostHeadBytes = 4096
const cost = { N: 2 ** 17, r: 8, p: 1, maxmem: 160 * 2 ** 20 }

/** What anybody may read of it. */
export interface Head {
  readonly format: string
  readonly madeMs: number
  /** Version of the hub that made it. */
  readonly hub: string
  /** 32 bytes, hex: new with each file. */
  readonly salt: string
  /** What it opens with: a passphrase, or the key encryption key of this fingerprint (hex). */
  readonly under: { readonly kind: 'passphrase' } | { readonly kind: 'kek'; readonly id: string; readonly salt: string | null }
  /** Tells a wrong key from a damaged file. */
  readonly check: string
}

/** The secret that a file's own key is made of. */
export type Opener = { readonly kind: 'passphrase'; readonly passphrase: string } | { readonly kind: 'kek'; readonly key: KeyObject }

/** The key of one file. */
export async function fileKey(opener: Opener, salt: string): Promise<Buffer> {
  const bytes = Buffer.from(salt, 'hex')
  const secret = opener.kind === 'kek' ? opener.key : await derive(opener.passphrase, bytes)
  return Buffer.from(hkdfSync('sha256', secret, bytes, format, 32))
}

function derive(passphrase: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) =>
    scrypt(passphrase.normalize('NFKC'), salt, 32, cost, (error, key) => (error === null ? resolve(key) : reject(error))),
  )
}

export function checkOf(key: Buffer): string {
  return createHmac('sha256', key).update('check').digest('hex').slice(0, 32)
}

export function opensWith(head: Head, key: Buffer): boolean {
  const [shown, wanted] = [Buffer.from(checkOf(key)), Buffer.from(head.check.padEnd(32).slice(0, 32))]
  return timingSafeEqual(shown, wanted)
}

/** The whole file, in order. */
export async function* sealArchive(head: Head, key: Buffer, plain: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const line = Buffer.from(`${JSON.stringify(head)}\n`)
  yield line
  const digest = createHash('sha256').update(line).digest()
  let number = 0
  let parts: Uint8Array[] = []
  let held = 0
  for await (const part of plain) {
    for (let at = 0; at < part.length;) {
      const taken = part.subarray(at, at + pieceBytes - held)
      parts.push(taken)
      held += taken.length
      at += taken.length
      if (held < pieceBytes) continue
      yield sealPiece(key, digest, number++, false, Buffer.concat(parts))
      parts = []
      held = 0
    }
  }
  yield sealPiece(key, digest, number, true, Buffer.concat(parts))
}

function sealPiece(key: Buffer, digest: Buffer, number: number, last: boolean, plain: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonceOf(number), { authTagLength: tagBytes }).setAAD(boundTo(digest, number, last))
  const head = Buffer.alloc(5)
  head.writeUInt8(last ? 1 : 0)
  head.writeUInt32BE(plain.length, 1)
  return Buffer.concat([head, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

// A key seals one file: its numbers are nonces enough.
function nonceOf(number: number): Buffer {
  const nonce = Buffer.alloc(12)
  nonce.writeBigUInt64BE(BigInt(number), 4)
  return nonce
}

function boundTo(digest: Buffer, number: number, last: boolean): Buffer {
  return Buffer.concat([digest, Buffer.of(last ? 1 : 0), nonceOf(number)])
}

const damaged = (what: string) =>
  new FairleadError('invalid_input', `The backup is damaged: ${what}. Nothing was changed; take another copy of it, or another backup.`)

/** Reads a file in order; nothing of a piece is given out before it was checked. */
interface ArchiveReader {
  readonly head: Head
  plain(key: Buffer): AsyncGenerator<Buffer>
}

/** Throws `invalid_input` for what is no backup, `unsupported` for one of a newer kind. */
export async function readArchive(source: AsyncIterable<Uint8Array>): Promise<ArchiveReader> {
  const bytes = takeFrom(source)
  const line = await bytes.line(mostHeadBytes)
  const head = parseHead(line)
  const digest = createHash('sha256').update(line).digest()
  return {
    head,
    async *plain(key) {
      for (let number = 0; ; number++) {
        const { last, length } = readPieceHead(await bytes.exactly(5))
        const sealed = await bytes.exactly(length + tagBytes)
        yield openPiece(key, digest, number, last, sealed)
        if (!last) continue
        if (!(await bytes.isOver())) throw damaged('something follows its end')
        return
      }
    },
  }
}

function parseHead(line: Buffer): Head {
  let head: Partial<Head>
  try {
    head = JSON.parse(line.toString('utf8')) as Head
  } catch {
    head = {}
  }
  if (typeof head?.format !== 'string' || !head.format.startsWith('fairlead-backup/'))
    throw new FairleadError('invalid_input', 'This file is no backup of a Fairlead hub.')
  if (head.format !== format)
    throw new FairleadError(
      'unsupported',
      `This backup is of a newer kind (${head.format}); restore it with the hub that made it, or a newer one.`,
    )
  const under = head.under
  const whole =
    /^[\da-f]{64}$/.test(String(head.salt)) && typeof head.check === 'string' && (under?.kind === 'passphrase' || under?.kind === 'kek')
  if (!whole) throw damaged('its first line does not fit')
  return head as Head
}

function readPieceHead(bytes: Buffer): { readonly last: boolean; readonly length: number } {
  const [last, length] = [bytes[0]!, bytes.readUInt32BE(1)]
  if (last > 1 || length > pieceBytes) throw damaged('a piece of it is none')
  return { last: last === 1, length }
}

function openPiece(key: Buffer, digest: Buffer, number: number, last: boolean, sealed: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(number), { authTagLength: tagBytes })
    .setAAD(boundTo(digest, number, last))
    .setAuthTag(sealed.subarray(-tagBytes))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -tagBytes)), decipher.final()])
  } catch {
    throw damaged(`piece ${number + 1} of it is not as it was written`)
  }
}

/** Exactly so many bytes of a stream, in whatever parts they come. */
function takeFrom(source: AsyncIterable<Uint8Array>) {
  const iterator = source[Symbol.asyncIterator]()
  let held = Buffer.alloc(0)
  async function more(): Promise<boolean> {
    const next = await iterator.next()
    if (next.done === true) return false
    held = Buffer.concat([held, next.value])
    return true
  }
  function take(length: number): Buffer {
    const taken = held.subarray(0, length)
    held = held.subarray(length)
    return taken
  }
  return {
    async exactly(length: number): Promise<Buffer> {
      while (held.length < length) if (!(await more())) throw damaged('it ends before its end')
      return take(length)
    },
    async line(most: number): Promise<Buffer> {
      for (let at = held.indexOf(10); ; at = held.indexOf(10)) {
        if (at >= 0 && at < most) return take(at + 1)
        if (held.length >= most || !(await more())) throw new FairleadError('invalid_input', 'This file is no backup of a Fairlead hub.')
      }
    },
    async isOver(): Promise<boolean> {
      while (held.length === 0) if (!(await more())) return true
      return false
    },
  }
}
