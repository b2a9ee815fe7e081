import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Database } from '../base/db.ts'
import { same } from '@fairlead/protocol/trail/note.ts'
import { readLine } from './lines.ts'

/** A row as it is written: its text, and its hash. */
export interface TrailRow {
  readonly seq: number
  readonly body: string
  readonly hash: Uint8Array
}

/** Where archives are, and who is told of one that is not as it was written. */
export interface Kept {
  readonly db: Database
  readonly archiveDir: string
  readonly onWrong?: (organization: string, wrong: WrongSegment) => void
}

interface Segment {
  readonly from: number
  readonly to: number
  readonly file: string
  readonly sha256: Uint8Array
}

export interface WrongSegment {
  readonly from: number
  readonly file: string
  readonly message: string
}

const pageRows = 1000

/** The archives of a trail that hold rows after a place, in order. */
export async function segmentsOf(db: Database, organization: string, after = 0): Promise<Segment[]> {
  const rows = await db.tx(
    { organization },
    (sql) => sql<{ from_seq: string; to_seq: string; file: string; sha256: Buffer }[]>`
      SELECT from_seq, to_seq, file, sha256 FROM audit_archives WHERE to_seq > ${after} ORDER BY to_seq`,
  )
  return rows.map(({ from_seq, to_seq, file, sha256 }) => ({ from: Number(from_seq), to: Number(to_seq), file, sha256 }))
}

/** What is wrong with the file of a segment: gone, or other bytes than were written. Undefined: nothing. */
export async function wrongWith({ archiveDir }: Kept, organization: string, segment: Segment): Promise<WrongSegment | undefined> {
  const { from, to, file, sha256 } = segment
  const about = `The archive ${file}, with rows ${from} to ${to} of the trail,`
  const mend = 'Put it back from a backup, and find out who changed it.'
  try {
    const digest = createHash('sha256')
    for await (const part of createReadStream(join(archiveDir, organization, file))) digest.update(part as Buffer)
    if (same(digest.digest(), sha256)) return undefined
    return { from, file, message: `${about} is not the file that was written. ${mend}` }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === undefined) throw cause
    return { from, file, message: `${about} cannot be read (${code}). ${mend}` }
  }
}

/** The rows of a segment, page by page; none of a file that is not the one that was written. Throws `conflict`. */
export async function* readSegment(kept: Kept, organization: string, segment: Segment): AsyncGenerator<readonly TrailRow[]> {
  const wrong = await wrongWith(kept, organization, segment)
  if (wrong !== undefined) {
    kept.onWrong?.(organization, wrong)
    throw new FairleadError('conflict', wrong.message)
  }
  // Whatever is wrong with the file is an error of what is read from it, and each ends with the other.
  const bytes = createGunzip()
  pipeline(createReadStream(join(kept.archiveDir, organization, segment.file)), bytes, () => undefined)
  try {
    let page: TrailRow[] = []
    for await (const text of createInterface({ input: bytes, crlfDelay: Infinity })) {
      const line = readLine(text)
      if (line?.kind !== 'row') continue
      page.push(line)
      if (page.length < pageRows) continue
      yield page
      page = []
    }
    if (page.length > 0) yield page
  } finally {
    bytes.destroy()
  }
}
