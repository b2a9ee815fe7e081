import { createHash, timingSafeEqual } from 'node:crypto'

declare const isSecret: unique symbol

/**
 * A token, code or key that somebody shows, or that what is shown must be. Only its digest is held, where neither JSON nor a
 * log line shows it. An object and no text: `===` with a text does not compile, and no secret is compared letter by letter.
 */
export interface Secret {
  readonly [isSecret]: true
}

const digests = new WeakMap<Secret, Buffer>()

/** For secrets of enough random bits: a plain SHA-256, made for speed. Passwords take passwords.ts. */
export function secretOf(plain: string | Uint8Array): Secret {
  const secret = Object.freeze({}) as Secret
  digests.set(secret, createHash('sha256').update(plain).digest())
  return secret
}

/** 32 bytes: what the database keeps, and finds it by. */
export function digestOf(secret: Secret): Buffer {
  return digests.get(secret)!
}

/** In constant time, on digests: neither how much of a guess was right shows, nor how long the right one is. */
export function sameSecret(shown: Secret, wanted: Secret): boolean {
  return timingSafeEqual(digestOf(shown), digestOf(wanted))
}
