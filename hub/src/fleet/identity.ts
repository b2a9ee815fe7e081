import { createPrivateKey, createPublicKey, createHash, generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rawPublicKey, type Identity } from '@fairlead/protocol/noise/suite.ts'

/** The hub's own key, which every agent pins. Lost with the data folder: then every host must be enrolled again. */
export function openHubIdentity(dataDir: string): Identity {
  const file = join(dataDir, 'hub-key.pem')
  mkdirSync(dataDir, { recursive: true, mode: 0o711 })
  if (!existsSync(file))
    writeFileSync(file, generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600, flag: 'wx' })
  const privateKey = createPrivateKey(readFileSync(file))
  return { privateKey, publicKey: rawPublicKey(createPublicKey(privateKey)) }
}

const words =
  'anchor apron basin beacon birch bridge buoy cable canal cargo cedar chart cliff coast copper coral crane delta dock drift eagle ember fern ferry flint fog gale glass grain gull harbor haven hazel hull inlet iron island ivory jetty keel kelp lagoon lamp lark ledger linen lock lunar maple marsh mast mesa mill mist moss north oak oar ocean olive orbit otter'.split(
    ' ',
  )

/** Six words that a person can compare: 36 bits of the key's fingerprint. */
export function keyWords(publicKey: Uint8Array): string[] {
  const digest = createHash('sha256').update(publicKey).digest()
  return Array.from({ length: 6 }, (_, index) => words[digest[index]! % 64]!)
}
