import { join } from 'node:path'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { readKek, type Kek, type KekSource } from '../base/kek.ts'
import type { Manifest } from './entries.ts'

/** Throws `invalid_input` when what there is is another key. */
export async function readKnownKek(dataDir: string, source: KekSource | undefined, known: NonNullable<Manifest['kek']>): Promise<Kek> {
  const from = source ?? { kind: 'file', path: join(dataDir, 'kek') }
  const found = await readKek(from, known.salt === null ? undefined : Buffer.from(known.salt, 'hex'))
  if (found.id.toString('hex') === known.id) return found
  throw new FairleadError(
    'invalid_input',
    'The key encryption key here is not the one that the secrets are sealed under; say where the right one is with FAIRLEAD_KEK_FILE, _COMMAND or _PASSPHRASE.',
  )
}
