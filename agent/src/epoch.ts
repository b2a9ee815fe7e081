import * as crypto from 'node:crypto'
import { join } from 'node:path'
import { isEpochOf, mayFollow } from '@fairlead/protocol/epoch.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Welcome } from '@fairlead/protocol/hello.ts'
import { toBase64Url } from '@fairlead/protocol/join.ts'
import { nodeSuite } from '@fairlead/protocol/noise/suite.ts'
import type { Pin } from './pin.ts'
import { readText, writeWhole } from './whole.ts'

const suite = nodeSuite(crypto)

/** Which of several hubs with one key this host goes on with. */
export interface KeptEpoch {
  /** '' for none: the hub was never restored. */
  readonly current: string
  /** Keeps a later one. Throws `conflict` at a hub that another one, restored from its backup, took over from. */
  judge(welcome: Pick<Welcome, 'epoch'>, hubKey: Uint8Array): void
  /** Whoever had the hub's key until now may have named an epoch that no other is beyond. */
  forget(): void
}

/** Of this hub alone, whichever key it holds by now: a host that is enrolled elsewhere begins anew. */
export function openEpoch(stateDir: string, pin: Pick<Pin, 'hubKey' | 'hub'>): KeptEpoch {
  const file = join(stateDir, 'epoch')
  const key = toBase64Url(pin.hub ?? pin.hubKey)
  let current = read(file, key)
  return {
    get current() {
      return current
    },
    judge({ epoch: shown = '' }, hubKey) {
      if (shown !== '' && !isEpochOf(suite, hubKey, shown))
        throw new FairleadError('conflict', 'The hub names an epoch that its key did not sign.')
      if (!mayFollow(current, shown))
        throw new FairleadError(
          'conflict',
          'Another hub with this hub’s key was restored from a backup and took over; this host goes on with that one.',
        )
      if (shown === current) return
      // On the disk before anything is done for it: a host that forgets would follow the other one again.
      writeWhole(file, `${key} ${shown}\n`)
      current = shown
    },
    forget() {
      if (current === '') return
      writeWhole(file, `${key} \n`)
      current = ''
    },
  }
}

function read(file: string, key: string): string {
  try {
    const [of, epoch = ''] = readText(file).trim().split(' ')
    return of === key ? epoch : ''
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
