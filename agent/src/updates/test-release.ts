import { createHash } from 'node:crypto'
import { brotliCompressSync } from 'node:zlib'
import { blockBytes, blockHashBytes, type Target } from '@fairlead/protocol/features/updates.ts'
import { packBlock } from '@fairlead/protocol/features/update-blocks.ts'
import { readSecretKey, signDigest } from '../minisign.ts'

interface Made {
  readonly file: Uint8Array
  readonly counter: number
  readonly version?: string
  readonly target?: Target
  readonly product?: string
  readonly expiresMs?: number
  readonly says?: string
}

/** A release of one file, as a build writes and signs it. */
export function signRelease(
  by: { readonly secret: string },
  { file, counter, version = '9.9.9', target = 'agent.cjs', product = 'fairlead-agent', expiresMs, says }: Made,
): { readonly manifest: string; readonly signature: string; readonly sha256: string } {
  const sha256 = createHash('sha256').update(file).digest('hex')
  const issuedMs = Date.now()
  const files = { [target]: { bytes: file.length, sha256 } }
  const document = { product, version, counter, issuedMs, expiresMs: expiresMs ?? issuedMs + 30 * 86_400_000, node: '24.21.0', files }
  const manifest = `${JSON.stringify(document, null, 2)}\n`
  const digest = createHash('blake2b512').update(manifest).digest()
  return {
    manifest,
    signature: signDigest(readSecretKey(by.secret), digest, says ?? `file:manifest.json\tversion:${version}\thashed`),
    sha256,
  }
}

const blocksOf = (file: Uint8Array) =>
  Array.from({ length: Math.ceil(file.length / blockBytes) }, (_, index) => file.subarray(index * blockBytes, (index + 1) * blockBytes))

/** The `blocks` of an offer. */
export function hashBlocks(file: Uint8Array): string {
  const hashes = blocksOf(file).map((block) => createHash('sha256').update(block).digest().subarray(0, blockHashBytes))
  return Buffer.concat(hashes).toString('base64')
}

/** What is wanted, on its way. */
export function packWanted(file: Uint8Array, wanted: string): Uint8Array[] {
  const bits = Buffer.from(wanted, 'base64')
  return blocksOf(file).flatMap((block, index) =>
    ((bits[index >> 3] ?? 0) >> (index & 7)) & 1 ? [packBlock({ index, packed: brotliCompressSync(block) })] : [],
  )
}
