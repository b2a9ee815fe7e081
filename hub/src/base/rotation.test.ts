import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { relayTo } from '../../../e2e/fleet/relay.ts'
import { openDatabase, type Database } from './db.ts'
import { startPostgres } from './postgres.ts'
import { openSeal } from './seal.ts'
import { readAll, shortTimes, write, type Row } from './test-rotation.ts'
import { makeTables, testColumns } from './testseal.ts'

const program = join(import.meta.dirname, 'test-rotation.ts')
const kills = 50

/** A PostgreSQL that programs of their own can reach too. */
async function startServer() {
  const dir = mkdtempSync('/var/tmp/fairlead-test-')
  chmodSync(dir, 0o711)
  const { socketDir, user, password, stop } = await startPostgres(join(dir, 'postgres'), { fsync: false })
  const { url, close } = await relayTo(join(socketDir, '.s.PGSQL.5432'))
  const owner = url(user, password)
  const sql = postgres(owner, { max: 1, onnotice: () => undefined })
  await sql`CREATE ROLE fairlead_work LOGIN PASSWORD 'work'`
  await sql.end()
  return {
    dir,
    owner,
    work: url('fairlead_work', 'work'),
    async close() {
      close()
      await stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

interface Tally {
  /** What was said to be written, by whoever wrote it. */
  readonly acknowledged: Map<string, number>
  readonly failures: string[]
  readonly counts: Record<string, number>
}

/** A hub that changes keys all the while, on the same database; killed some time after its start, or after it serves. */
async function runAndKill(argv: readonly string[], { acknowledged, failures, counts }: Tally, kill: number): Promise<void> {
  const child = spawn(process.execPath, [program, ...argv], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  const ready = Promise.withResolvers<void>()
  createInterface(child.stdout).on('line', (line) => {
    const [word, id, text] = line.split(' ')
    if (word === 'ready') ready.resolve()
    else if (word === 'wrote') acknowledged.set(id!, Number(text))
    else if (word === 'failed') failures.push(line)
    else counts[line] = (counts[line] ?? 0) + 1
  })
  // One in five before it serves: while it changes the key encryption key at its start.
  await Promise.race([ended, kill % 5 === 4 ? sleep(250 + 5 * kill) : ready.promise.then(() => sleep((kill * 37) % 400))])
  child.kill('SIGKILL')
  await ended
}

describe('a rotation of keys', () => {
  let server: Awaited<ReturnType<typeof startServer>>
  let db: Database
  before(async () => {
    server = await startServer()
    db = await openDatabase({ databaseUrl: server.work, databaseOwnerUrl: server.owner, dataDir: server.dir })
  })
  after(async () => {
    await db?.close()
    await server?.close()
  })

  it(
    `that is killed ${kills} times, with traffic beside it, leaves nothing that cannot be read and keeps nobody waiting [security 130]`,
    { timeout: 480_000 },
    async (context) => {
      const organization = randomUUID()
      await makeTables(db, [organization])
      const [a, b] = [join(server.dir, 'a'), join(server.dir, 'b')]
      for (const path of [a, b]) writeFileSync(path, randomBytes(32), { mode: 0o600 })
      const keks = { kek: { kind: 'file', path: a }, kekOld: { kind: 'file', path: b } } as const
      const open = () =>
        openSeal({
          db,
          dataDir: server.dir,
          columns: testColumns,
          ...keks,
          log: () => undefined,
          times: { ...shortTimes, tendMs: 3_600_000 },
        })
      const seal = await open()
      const rows: Row[] = Array.from({ length: 60 }, (_, n) => ({ of: n % 3 === 2 ? '' : organization, id: randomUUID(), n: 0, text: '0' }))
      for (const row of rows) await write(db, seal, row, '0')

      const tally: Tally = { acknowledged: new Map(), failures: [], counts: { reads: 0, writes: 0 } }
      const { acknowledged, failures, counts } = tally
      const least = { 'data key': 25, 'key encryption key': 25, destroyed: 5, writes: 1000, reads: 1000 }
      const rare = () => Object.entries(least).filter(([what, times]) => (counts[what] ?? 0) < times)
      const over = new AbortController()
      // Another hub on the same database, that nobody kills: the odd rows in the order of a read are its own.
      const own = (await readAll(db, seal, organization)).filter((_, index) => index % 2 === 1)
      const serve = async () => {
        for (let turn = 1; !over.signal.aborted; turn++) {
          const row = own[turn % own.length]!
          try {
            await write(db, seal, row, String(turn))
            acknowledged.set(row.id, turn)
            counts['writes']!++
            if (turn % 10 === 0) counts['reads']! += (await readAll(db, seal, organization)).length
          } catch (error) {
            failures.push(String(error))
          }
          await sleep(5)
        }
      }
      const serving = serve()
      try {
        // Beside much else fewer of them meet something: then there are more.
        for (let kill = 0; kill < kills || (kill < 2 * kills && rare().length > 0); kill++)
          await runAndKill([server.work, server.owner, ...(kill % 2 === 0 ? [a, b] : [b, a]), organization], tally, kill)
      } finally {
        over.abort()
        await serving
        await seal.close()
      }
      context.diagnostic(JSON.stringify(counts))
      assert.deepEqual(failures, [])

      // A hub that begins afresh, with nothing in its memory, reads all of it, finishes what was begun, and reads all of it again.
      const fresh = await open()
      const check = async () => {
        const found = await readAll(db, fresh, organization)
        assert.equal(found.length, rows.length)
        for (const { id, text } of found)
          assert.ok(Number(text) >= (acknowledged.get(id) ?? 0), `${id}: ${text} of ${acknowledged.get(id)}`)
      }
      try {
        await check()
        while ((await fresh.tend()) > 0) await sleep(100)
        await check()
      } finally {
        await fresh.close()
      }
      const left = await db.tx(
        { organization },
        (sql) => sql<{ n: number }[]>`SELECT (SELECT count(*)::int FROM data_keys) AS n
      UNION ALL SELECT count(*)::int FROM hub_keys UNION ALL SELECT count(*)::int FROM keks`,
      )
      assert.deepEqual(
        left.map(({ n }) => n),
        [1, 1, 1],
      )
      // It was no walk in the park: all of it happened, often.
      assert.deepEqual(rare(), [], JSON.stringify(counts))
    },
  )
})
