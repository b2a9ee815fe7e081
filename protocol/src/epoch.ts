import * as z from 'zod/mini'
import { fromBase64Url, toBase64Url } from './join.ts'
import type { Identity, Suite } from './noise/suite.ts'

/**
 * `number.random.signature`: by what a host tells the hub that acts from one that was restored from the same backup, or is the one that
 * the backup was made of. The number is a time (ms since 1970); the signature is of the hub's own key, so that no host can make one up.
 */
export const Epoch = z.string().check(z.regex(/^[1-9]\d{0,14}\.[0-9a-f]{32}\.[\w-]{86}$/))

const signed = (number: string, random: string) => new TextEncoder().encode(`fairlead epoch 1|${number}|${random}`)

export function makeEpoch(suite: Suite, identity: Identity, number: number): string {
  const random = Array.from(suite.randomBytes(16), (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `${number}.${random}.${toBase64Url(suite.sign(identity, signed(String(number), random)))}`
}

/** Said by the holder of this key. */
export function isEpochOf(suite: Suite, hubKey: Uint8Array, epoch: string): boolean {
  if (!Epoch.safeParse(epoch).success) return false
  const [number, random, signature] = epoch.split('.') as [string, string, string]
  return suite.verify(hubKey, signed(number, random), fromBase64Url(signature))
}

/** 0 for none. */
export function epochNumber(epoch: string): number {
  return epoch === '' ? 0 : Number(epoch.slice(0, epoch.indexOf('.')))
}

/** A host goes on with the hub that it knows, or a later one; of two that are of the same number, with the first. */
export function mayFollow(kept: string, shown: string): boolean {
  return kept === shown || epochNumber(shown) > epochNumber(kept)
}
