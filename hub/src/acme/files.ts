import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import * as z from 'zod/mini'
import { AcmeReason } from '@fairlead/protocol/features/settings.ts'
import { fault } from './problem.ts'

/** What is remembered from one start of the hub to the next, so that a hub that restarts over and over asks no more often. */
export const AcmeMemory = z.object({
  /** Digest of the settings that all of this was under. */
  settings: z._default(z.string(), ''),
  account: z.optional(z.object({ directory: z.string(), url: z.string(), email: z.string() })),
  /** One after the other, of orders. */
  failures: z._default(z.number(), 0),
  reason: z.optional(AcmeReason),
  detail: z._default(z.string(), ''),
  /** The last order began then. */
  triedMs: z._default(z.number(), 0),
  /** No order before. */
  nextMs: z._default(z.number(), 0),
  /** Which directory the certificate is from. */
  from: z._default(z.string(), ''),
  /** When the authority wants that certificate to be renewed, and when to ask that again. */
  window: z.optional(z.object({ of: z.string(), startMs: z.number(), endMs: z.number(), askMs: z.number() })),
})
export type AcmeMemory = z.infer<typeof AcmeMemory>

/** What cannot be read is forgotten: it costs an order, no more. */
export function readMemory(path: string): AcmeMemory {
  try {
    return AcmeMemory.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return AcmeMemory.parse({})
  }
}

/** Whole or not there, whenever the machine stops; for this account alone. */
export function writePrivate(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const fd = openSync(`${path}.new`, 'w', 0o600)
  try {
    writeSync(fd, text)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  renameSync(`${path}.new`, path)
  const folder = openSync(dirname(path), 'r')
  fsyncSync(folder)
  closeSync(folder)
}

/** PEM of a key that is made once. */
export function keyIn(path: string): string {
  if (!existsSync(path)) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    writePrivate(path, String(privateKey.export({ type: 'pkcs8', format: 'pem' })))
  }
  const text = readFileSync(path, 'utf8')
  try {
    createPrivateKey(text)
    return text
  } catch {
    throw fault('other', `${path} is no key in PEM; put it back from a backup, or remove it, and a new one is made`)
  }
}
