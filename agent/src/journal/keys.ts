import { join } from 'node:path'
import { FairleadError, isCode } from '@fairlead/protocol/errors.ts'
import { otherUnderKey } from '@fairlead/protocol/wire/journal.ts'
import type { Asked, Entry } from './entry.ts'
import { listSegments } from './files.ts'
import { parseSegment } from './segment.ts'
import { readPlain } from '../whole.ts'

/** What was asked under which key, also before this start: nothing that changes something is done twice. */
export interface Keys {
  /**
   * `fresh`: it is the caller's from now on. `done`: it was done, and went well. Throws what came of it otherwise: `conflict` for
   * something else under the same key, `busy` while it goes on, `unknown` where the agent ended in the middle of it.
   */
  claim(key: string, asked: Asked): 'fresh' | 'done'
  /** Nothing of it was begun. */
  release(key: string): void
  done(key: string, code: string): void
}

interface Known {
  readonly method: string
  readonly hash: string
  /** undefined: nobody knows yet, or any more. */
  code: string | undefined
  readonly before: boolean
}

/** The oldest go first; a key is asked again within minutes, if at all. */
const mostKeys = 4096
/** Files that are read at a start. */
const filesRead = 2

/** Read at the first use: an agent that is asked for nothing reads nothing. */
export function openKeys(folder: string): Keys {
  let known: Map<string, Known> | undefined
  const all = () => (known ??= readKeys(folder))
  return {
    claim(key, { method, hash }) {
      const found = all().get(key)
      if (found !== undefined) return outcomeOf(found, { method, hash })
      all().set(key, { method, hash, code: undefined, before: false })
      trim(all())
      return 'fresh'
    },
    release: (key) => void all().delete(key),
    done(key, code) {
      const found = all().get(key)
      if (found !== undefined) found.code = code
    },
  }
}

function outcomeOf({ method, hash, code, before }: Known, asked: Pick<Asked, 'method' | 'hash'>): 'done' {
  if (method !== asked.method || hash !== asked.hash) throw otherUnderKey()
  if (code === 'ok') return 'done'
  if (code !== undefined && code !== 'canceled')
    throw new FairleadError(isCode(code) ? code : 'internal', 'This was tried before under the same key, and ended like this.')
  if (code === undefined && !before) throw new FairleadError('busy', 'This goes on already, under the same key.')
  throw new FairleadError(
    'unknown',
    'This was begun, and nobody was there any more when it ended; it is not done again. Look at how things are on the host, then ask anew.',
  )
}

function trim(known: Map<string, Known>): void {
  for (const key of known.keys()) {
    if (known.size <= mostKeys) return
    known.delete(key)
  }
}

/** A file that cannot be read costs what is in it: then something may be done twice that a hub asks for twice. */
function readKeys(folder: string): Map<string, Known> {
  const known = new Map<string, Known>()
  const keyOf = new Map<number, string>()
  for (const entry of lastEntries(folder)) {
    if (entry.kind === 'begun' && entry.key !== undefined) {
      known.set(entry.key, { method: entry.method, hash: entry.hash, code: undefined, before: true })
      keyOf.set(entry.seq, entry.key)
    }
    if (entry.kind !== 'done') continue
    const found = known.get(keyOf.get(entry.of) ?? '')
    if (found !== undefined) found.code = entry.code
  }
  trim(known)
  return known
}

function lastEntries(folder: string): Entry[] {
  return listSegments(folder)
    .slice(-filesRead)
    .flatMap((name) => [...parseSegment(readPlain(join(folder, name))).entries])
}
