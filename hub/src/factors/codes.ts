import { createHmac, randomBytes } from 'node:crypto'
import { sameSecret, secretOf } from '../base/secret.ts'

const stepSeconds = 30
const digits = 6
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** RFC 6238 with what every authenticator app knows: SHA-1, 30 s, six digits. */
export function codeOf(secret: Uint8Array, step: number, length = digits): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', secret).update(counter).digest()
  const number = mac.readUInt32BE(mac[19]! & 15) & 0x7fff_ffff
  return String(number % 10 ** length).padStart(length, '0')
}

export function stepOf(ms: number): number {
  return Math.floor(ms / 1000 / stepSeconds)
}

/** The step, of now and one to either side, whose code this is; undefined: none. All are compared, in constant time. */
export function stepOfCode(secret: Uint8Array, typed: string, ms: number): number | undefined {
  const code = secretOf(plainOf(typed))
  const now = stepOf(ms)
  const same = [now + 1, now, now - 1].map((step) => ({ step, is: sameSecret(code, secretOf(codeOf(secret, step))) }))
  return same.find(({ is }) => is)?.step
}

/** Typed by a person: wide digits, spaces and dashes are those of their keyboard. */
export function plainOf(typed: string): string {
  return typed
    .normalize('NFKC')
    .replaceAll(/[\s\p{Pd}]/gu, '')
    .toLowerCase()
}

/** 160 bits, as RFC 4226 wants them. */
export function drawTotpSecret(): Buffer {
  return randomBytes(20)
}

export function base32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? []).map((five) => alphabet[Number.parseInt(five.padEnd(5, '0'), 2)]).join('')
}

/** What an app reads from the square. */
export function totpUri(secret: Uint8Array, organization: string, email: string): string {
  const label = `${encodeURIComponent(organization)}:${encodeURIComponent(email)}`
  return `otpauth://totp/${label}?secret=${base32(secret)}&issuer=${encodeURIComponent(organization)}&algorithm=SHA1&digits=${digits}&period=${stepSeconds}`
}

/** 80 bits in fours, of 32 signs: what a person writes down. */
export function drawRecoveryCode(): string {
  const text = [...randomBytes(16)].map((byte) => (byte % 32).toString(32)).join('')
  return text.match(/.{4}/g)!.join('-')
}
