import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rawPublicKey, type Identity } from '@fairlead/protocol/noise/suite.ts'

/** The hub's own key, which every agent pins. Lost with the data folder: then every host must be enrolled again. */
export function openHubIdentity(dataDir: string): Identity {
  const file = join(dataDir, 'hub-key.pem')
  mkdirSync(dataDir, { recursive: true, mode: 0o711 })
  if (!existsSync(file)) {
    // Whole or not at all: a crash must not leave half a key, which no agent could pin.
    const pem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' })
    writeFileSync(`${file}.new`, pem, { mode: 0o600, flush: true })
    renameSync(`${file}.new`, file)
  }
  const privateKey = createPrivateKey(readFileSync(file))
  return { privateKey, publicKey: rawPublicKey(createPublicKey(privateKey)) }
}
