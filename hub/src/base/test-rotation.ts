// A hub's seal that works until it is killed: it reads and writes, and changes keys all the while. `node test-rotation.ts DATABASE OWNER A B ORGANIZATION`
import { randomInt } from 'node:crypto'
import { writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { openDatabase, type Database } from './db.ts'
import { readKek, type KekSource } from './kek.ts'
import { openSeal, type OpenSeal } from './seal.ts'
import { testColumns } from './testseal.ts'

/** Short, so that keys come and go while somebody watches. */
export const shortTimes = { leaseMs: 100, settleMs: 1500, tendMs: 50, batchRows: 4 }

export interface Row {
  readonly of: string
  readonly id: string
  readonly n: number
  readonly text: string
}

const placeOf = ({ of, id, n }: Omit<Row, 'text'>) =>
  of === ''
    ? { organization: '', table: 'people', row: id, column: 'value' }
    : { organization: of, table: 'things', row: `${id}/${n}`, column: 'value' }

/** Every row, opened: throws at the first that cannot be. */
export async function readAll(db: Database, seal: OpenSeal, organization: string): Promise<Row[]> {
  const sealed = await db.tx(
    { organization },
    (sql) => sql<{ of: string; id: string; n: number; value: Buffer }[]>`SELECT organization_id::text AS of, id, n, value FROM things
      UNION ALL SELECT '', id, 0, value FROM people ORDER BY id`,
  )
  return Promise.all(sealed.map(async ({ value, ...row }) => ({ ...row, text: String(await seal.open(placeOf(row), value)) })))
}

/** One more write of a row: `text` is a number that grows. */
export async function write(db: Database, seal: OpenSeal, { of, id, n }: Omit<Row, 'text'>, text: string): Promise<void> {
  const value = await seal.seal(placeOf({ of, id, n }), Buffer.from(text))
  await db.tx({ organization: of }, (sql) =>
    of === ''
      ? sql`INSERT INTO people (id, value) VALUES (${id}, ${value}) ON CONFLICT (id) DO UPDATE SET value = excluded.value`
      : sql`INSERT INTO things (organization_id, id, n, value) VALUES (${of}, ${id}, ${n}, ${value})
          ON CONFLICT (organization_id, id, n) DO UPDATE SET value = excluded.value`,
  )
}

const say = (line: string) => void writeSync(1, `${line}\n`)

async function main([url, ownerUrl, a, b, organization]: readonly string[]): Promise<void> {
  const db = await openDatabase({ databaseUrl: url, databaseOwnerUrl: ownerUrl, dataDir: tmpdir() })
  const [one, other]: KekSource[] = [
    { kind: 'file', path: a! },
    { kind: 'file', path: b! },
  ]
  const log = (level: string, message: string) => {
    if (message.includes('destroyed')) say('destroyed')
    if (message.includes('was changed')) say('key encryption key')
    if (level === 'error') say(`failed ${message}`)
  }
  const seal = await openSeal({ db, dataDir: tmpdir(), columns: testColumns, kek: one, kekOld: other, log, times: shortTimes })
  const rows = await readAll(db, seal, organization!)
  say('ready')
  const traffic = async () => {
    for (let turn = 0; ; turn++) {
      // The even ones are this program's.
      const row = rows[2 * randomInt(rows.length / 2)]!
      const text = String(Number(row.text) + 1)
      rows[rows.indexOf(row)] = { ...row, text }
      await write(db, seal, row, text)
      say(`wrote ${row.id} ${text}`)
      if (turn % 20 === 0) await readAll(db, seal, organization!)
    }
  }
  const rotations = async () => {
    for (let turn = 0; ; turn++) {
      await seal.rotate(organization!)
      if (turn % 2 === 0) await seal.rotate('')
      say('data key')
      const tended = seal.tend()
      await seal.rotateKek(await readKek(turn % 2 === 0 ? other! : one!))
      say('key encryption key')
      await tended
    }
  }
  await Promise.all([traffic(), rotations()])
}

if (import.meta.main)
  main(process.argv.slice(2)).catch((error: unknown) => {
    say(`failed ${error instanceof Error ? (error.stack ?? '').replaceAll('\n', ' ') : String(error)}`)
    process.exit(3)
  })
