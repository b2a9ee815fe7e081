import { createHash } from 'node:crypto'
import type { Entry } from './entry.ts'

/** A file of the journal is lines of `<hash> <document>\n`; a hash is of the one before and the document. */
export function lineOf(previous: string, entry: Entry): { readonly hash: string; readonly line: string } {
  const document = JSON.stringify(entry)
  const hash = chained(previous, document)
  return { hash, line: `${hash} ${document}\n` }
}

function chained(previous: string, document: string): string {
  return createHash('sha256').update(previous).update(document).digest('hex')
}

/** The hash before the first entry. */
export const genesis = '0'.repeat(64)

const lineForm = /^([0-9a-f]{64}) (\{.*\})$/

export interface Parsed {
  readonly entries: readonly Entry[]
  /** After the last entry that counts. */
  readonly hash: string
  /** Up to there the file is whole. */
  readonly bytes: number
  /** What follows is no torn end, as a crash leaves it: somebody changed it. */
  readonly changed: boolean
}

/**
 * Reads on as far as the chain holds. `previous`: the hash before the file, when it is known; otherwise what its head says is believed.
 */
export function parseSegment(file: Buffer, previous?: string): Parsed {
  const entries: Entry[] = []
  let at = 0
  let hash = previous
  while (at < file.length) {
    const end = file.indexOf(10, at)
    if (end < 0) return { entries, hash: hash ?? genesis, bytes: at, changed: false }
    const read = readLine(file.toString('utf8', at, end), hash)
    // What a power loss leaves of a last line may have its end and not its middle.
    if (read === undefined) return { entries, hash: hash ?? genesis, bytes: at, changed: file.indexOf(10, end + 1) >= 0 }
    entries.push(read.entry)
    hash = read.hash
    at = end + 1
  }
  return { entries, hash: hash ?? genesis, bytes: at, changed: false }
}

function readLine(text: string, previous: string | undefined): { readonly entry: Entry; readonly hash: string } | undefined {
  const [, mark = '', document = ''] = lineForm.exec(text) ?? []
  if (document === '') return undefined
  try {
    const entry = JSON.parse(document) as Entry
    const before = previous ?? (entry.kind === 'head' ? entry.before : genesis)
    return chained(before, document) === mark ? { entry, hash: mark } : undefined
  } catch {
    return undefined
  }
}
