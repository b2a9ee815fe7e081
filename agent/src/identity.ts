import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { rawPublicKey, type Identity } from '@fairlead/protocol/noise/suite.ts'
import { readText, syncFolder, writeForAgent, writeWhole } from './whole.ts'

/** The host's own Ed25519 key, made here at the first start; it never leaves. */
export function openIdentity(stateDir: string): Identity {
  const file = join(stateDir, 'identity.pem')
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  let pem: string
  try {
    pem = readText(file)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new FairleadError('forbidden', `The host's key ${file} cannot be read; run the agent as the account that made it.`, { cause })
    pem = drawKey()
    writeWhole(file, pem)
  }
  return identityOf(pem)
}

/**
 * A key that takes the old one's place only once it is saved: until then the host is who it was. It lies on the disk before anybody is
 * shown it: an agent that dies after the hub took it shows the same one the next time.
 */
export function freshIdentity(stateDir: string): { readonly identity: Identity; save(): void; drop(): void } {
  const file = join(stateDir, 'identity-next.pem')
  let pem = readNext(file)
  if (pem === undefined) writeForAgent(file, (pem = drawKey()))
  return {
    identity: identityOf(pem),
    save() {
      renameSync(file, join(stateDir, 'identity.pem'))
      syncFolder(stateDir)
    },
    drop: () => rmSync(file, { force: true }),
  }
}

function readNext(file: string): string | undefined {
  try {
    const pem = readText(file)
    identityOf(pem)
    return pem
  } catch {
    return undefined
  }
}

function drawKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
}

function identityOf(pem: string): Identity {
  const privateKey = createPrivateKey(pem)
  return { privateKey, publicKey: rawPublicKey(createPublicKey(privateKey)) }
}
