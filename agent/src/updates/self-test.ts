import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { readConfig } from '../config.ts'
import { readPin } from '../pin.ts'
import { readSlots } from './slots.ts'

/** What a new program must be able to do before it is let run: it reads what the one before wrote, and writes nothing. */
export function selfTest(env: Readonly<Record<string, string | undefined>>): void {
  const { stateDir } = readConfig(env)
  readPin(stateDir)
  readSlots(stateDir)
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const text = Buffer.from('fairlead')
  if (!verify(null, text, publicKey, sign(null, text, privateKey))) throw new FairleadError('internal', 'Signatures do not work here.')
}
