import { createHash } from 'node:crypto'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { blockBytes, blockHashBytes, Manifest, type Target } from '@fairlead/protocol/features/updates.ts'
import { readPublicKeys, verifyDigest, type PublicKey } from '../minisign.ts'
import { built } from './built.ts'
import { readTaken, type Release, type Taken } from './memory.ts'

export interface Judging {
  readonly target: Target
  /** Of whoever may sign releases. */
  readonly keys: readonly PublicKey[]
  /** The newest that was let run here, and what is in this program of its own. */
  readonly taken: Taken
  readonly ownCounter: number
  readonly nowMs: number
}

/** A release as it came, whoever brought it. */
interface Brought {
  readonly manifest: string
  readonly signature: string
}

/** By all that this host knows. `ownKeys`: what its owner put into `release-keys`; '' where there is none. */
export function judgeHere(
  { manifest, signature }: Brought,
  { target, stateDir, ownKeys }: { readonly target: Target; readonly stateDir: string; readonly ownKeys: string },
): Release {
  return judgeRelease(manifest, signature, {
    target,
    keys: [...readPublicKeys(built.keys, 'This agent'), ...readPublicKeys(ownKeys, 'release-keys')],
    taken: readTaken(stateDir),
    ownCounter: built.counter,
    nowMs: Date.now(),
  })
}

/** What may run here, in the order in which it could be a lie: who says it, what they say, whether it is for this host and for now. */
export function judgeRelease(text: string, signature: string, { target, keys, taken, ownCounter, nowMs }: Judging): Release {
  refuseUnsigned(text, signature, keys)
  const manifest = readManifest(text)
  const file = manifest.files[target]
  if (file === undefined) throw new FairleadError('not_found', `Release ${manifest.version} has no ${target}, which this host takes.`)
  const release: Release = { ...file, version: manifest.version, counter: manifest.counter, expiresMs: manifest.expiresMs }
  refuseExpired(release, nowMs)
  const highest = Math.max(taken.counter, ownCounter)
  const again = manifest.counter === taken.counter && file.sha256 === taken.sha256
  if (manifest.counter < highest || (manifest.counter === highest && !again))
    throw new FairleadError(
      'forbidden',
      `Release ${manifest.version} has counter ${manifest.counter}, and this host has seen ${highest}: it goes to newer ones alone. On the host: fairlead-agent rollback.`,
    )
  return release
}

/** By the clock of this host: an old release is signed as well as a new one. */
export function refuseExpired({ version, expiresMs }: Release, nowMs: number): void {
  if (nowMs > expiresMs)
    throw new FairleadError(
      'forbidden',
      `Release ${version} was good until ${new Date(expiresMs).toISOString()}, and this host’s clock is beyond that. Take a newer one; if the clock is wrong, set it.`,
    )
}

function refuseUnsigned(text: string, signature: string, keys: readonly PublicKey[]): void {
  if (keys.length === 0)
    throw new FairleadError(
      'forbidden',
      'This agent knows no key that signs releases, so it takes none. Put the public key of minisign into /etc/fairlead/release-keys on the host, or build the agent with FAIRLEAD_RELEASE_KEYS.',
    )
  const digest = createHash('blake2b512').update(text).digest()
  let refused: unknown
  for (const key of keys)
    try {
      const says = verifyDigest(key, digest, signature)
      if (/(?:^|\t)file:manifest\.json(?:\t|$)/.test(says)) return
      refused ??= new FairleadError('forbidden', `This signature is of "${says.slice(0, 80)}", and not of a list of a release.`)
    } catch (error) {
      refused ??= error
    }
  throw new FairleadError('forbidden', (refused as Error).message, { cause: refused })
}

function readManifest(text: string): Manifest {
  try {
    return Manifest.parse(JSON.parse(text))
  } catch (cause) {
    throw new FairleadError(
      'forbidden',
      'This list of a release is signed and is not one of this agent; it may want a newer agent first.',
      {
        cause,
      },
    )
  }
}

/** The hash of each block, as the offer brings them: as many as the file has. */
export function readHashes(base64: string, bytes: number): Buffer {
  const hashes = Buffer.from(base64, 'base64')
  const count = Math.ceil(bytes / blockBytes)
  if (hashes.length !== count * blockHashBytes)
    throw new FairleadError(
      'invalid_input',
      `A file of ${bytes} bytes has ${count} blocks, and ${hashes.length / blockHashBytes} hashes came.`,
    )
  return hashes
}
