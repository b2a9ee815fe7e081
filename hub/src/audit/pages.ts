import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { createGunzip } from 'node:zlib'
import type { Database } from '../base/db.ts'
import { readLine } from './lines.ts'

/** A row as it is written: its text, and its hash. */
interface TrailRow {
  readonly seq: number
  readonly body: string
  readonly hash: Uint8Array
}

const pageRows = 1000

/** Rows after a place up to another one, in order, page by page; also those that are archived. */
export async function* readTrail(
  { db, archiveDir }: { readonly db: Database; readonly archiveDir: string },
  organization: string,
  after: number,
  to: number,
): AsyncGenerator<readonly TrailRow[]> {
  let last = after
  let gaps = 0
  while (last < to) {
    const archives = await db.tx(
      { organization },
      (sql) => sql<{ file: string }[]>`SELECT file FROM audit_archives WHERE to_seq > ${last} ORDER BY to_seq`,
    )
    for (const { file } of archives)
      for await (const page of readArchive(join(archiveDir, organization, file))) {
        const rows = page.filter(({ seq }) => seq > last && seq <= to)
        if (rows.length > 0) yield rows
        last = rows.at(-1)?.seq ?? last
        if (last >= to) return
      }
    const rows = await db.tx(
      { organization },
      (sql) => sql<{ seq: string; body: string; hash: Buffer }[]>`
        SELECT seq, body, hash FROM audit WHERE seq > ${last} AND seq <= ${to} ORDER BY seq LIMIT ${pageRows}`,
    )
    if (rows.length === 0) return
    // Archived between the two looks: looked for there again.
    if (Number(rows[0]!.seq) !== last + 1 && ++gaps < 3) continue
    yield rows.map(({ seq, body, hash }) => ({ seq: Number(seq), body, hash }))
    last = Number(rows.at(-1)!.seq)
  }
}

async function* readArchive(path: string): AsyncGenerator<readonly TrailRow[]> {
  // Whatever is wrong with the file is an error of what is read from it, and each ends with the other.
  const bytes = createGunzip()
  pipeline(createReadStream(path), bytes, () => undefined)
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
