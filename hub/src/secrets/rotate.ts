import { FairleadError } from '@fairlead/protocol/errors.ts'
import { readKek } from '../base/kek.ts'
import { prepareNext, takeNext } from '../base/kek-files.ts'
import type { OpenSeal } from '../base/seal.ts'

export interface RotateInput {
  /** Whose data keys give way to new ones; the hub's own do too. */
  readonly organizations: readonly string[]
  /** Another key encryption key, in this file. */
  readonly kekFile?: string
  /** A new key encryption key in the place of the hub's own file. */
  readonly ownKek?: boolean
}

export interface Rotated {
  readonly dataKeys: number
  /** Data keys that are sealed under the new key encryption key; absent: it was not changed. */
  readonly wrapped?: number
  /** Where the key before is kept. */
  readonly before?: string
}

/** `kekPath`: the hub's own key file; undefined: its settings say where its key is. Either kind goes on while the hub serves. */
export async function rotateKeys(
  { seal, kekPath }: { readonly seal: Pick<OpenSeal, 'rotate' | 'rotateKek'>; readonly kekPath: string | undefined },
  { organizations, kekFile, ownKek }: RotateInput,
): Promise<Rotated> {
  if (kekFile !== undefined) return { dataKeys: 0, wrapped: await seal.rotateKek(await readKek({ kind: 'file', path: kekFile })) }
  if (ownKek === true) {
    if (kekPath === undefined)
      throw new FairleadError(
        'invalid_input',
        'The key encryption key of the hub that runs is where its settings say; make a new one there, and give its file with --kek-file.',
      )
    const wrapped = await seal.rotateKek(await prepareNext(kekPath))
    return { dataKeys: 0, wrapped, before: takeNext(kekPath) }
  }
  for (const organization of [...organizations, '']) await seal.rotate(organization)
  return { dataKeys: organizations.length + 1 }
}
