import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { blockBytes, type Manifest } from '@fairlead/protocol/features/updates.ts'

interface MadeOptions {
  readonly version: string
  readonly counter: number
  readonly files?: Readonly<Record<string, Buffer>>
  readonly expiresMs?: number
}

/** A release whose signature no host would believe: the hub looks at none. */
export function makeRelease(folder: string, { version, counter, expiresMs, files = { 'agent.cjs': someBytes(3) } }: MadeOptions): Manifest {
  mkdirSync(folder, { recursive: true })
  const manifest = {
    product: 'fairlead-agent' as const,
    version,
    counter,
    issuedMs: Date.now() - 3_600_000,
    expiresMs: expiresMs ?? Date.now() + 30 * 86_400_000,
    node: '24.21.0',
    files: Object.fromEntries(
      Object.entries(files).map(([name, bytes]) => [
        name,
        { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') },
      ]),
    ),
  }
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes)
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest, undefined, 1))
  writeFileSync(join(folder, 'manifest.json.minisig'), 'untrusted comment: made by a test\n')
  return manifest
}

/** Blocks that cannot be packed, and a shorter last one that can. */
export function someBytes(blocks: number): Buffer {
  return Buffer.concat([randomBytes((blocks - 1) * blockBytes), Buffer.alloc(1000, 7)])
}
