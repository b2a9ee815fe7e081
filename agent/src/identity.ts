import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { rawPublicKey, type Identity } from '@fairlead/protocol/noise/suite.ts'
import { writeWhole } from './whole.ts'

/** The host's own Ed25519 key, made here at the first start; it never leaves. */
export function openIdentity(stateDir: string): Identity {
  const file = join(stateDir, 'identity.pem')
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  let pem: string
  try {
    pem = readFileSync(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new FairleadError('forbidden', `The host's key ${file} cannot be read; run the agent as the account that made it.`, { cause })
    pem = drawKey()
    writeWhole(file, pem)
  }
  return identityOf(pem)
}

/** A key that takes the old one's place only once it is saved: until then the host is who it was. */
export function freshIdentity(stateDir: string): { readonly identity: Identity; save(): void } {
  const pem = drawKey()
  return { identity: identityOf(pem), save: () => writeWhole(join(stateDir, 'identity.pem'), pem) }
}

function drawKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
}

function identityOf(pem: string): Identity {
  const privateKey = createPrivateKey(pem)
  return { privateKey, publicKey: rawPublicKey(createPublicKey(privateKey)) }
}
