import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** What a secret scanner finds a token by, and tells a mistyped one from: `fl_pat_<id>_<secret>_<crc>`. */
const form = /^fl_pat_([0-9a-f]{12})_([\w-]{43})_([0-9a-f]{8})$/

export function drawToken(): { readonly id: string; readonly token: string } {
  const id = randomBytes(6).toString('hex')
  const body = `fl_pat_${id}_${randomBytes(32).toString('base64url')}`
  return { id, token: `${body}_${checksum(body)}` }
}

/** The id of what may be a token; undefined for what is none, which no database needs to be asked about. */
export function readToken(text: string): string | undefined {
  const found = form.exec(text)
  return found !== null && checksum(text.slice(0, -9)) === found[3] ? found[1] : undefined
}

/** How it begins: enough to tell which one it is, nothing of what is secret. */
export function beginOf(id: string): string {
  return `fl_pat_${id}_`
}

function checksum(body: string): string {
  return crc32(body).toString(16).padStart(8, '0')
}
