import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openNote } from '@fairlead/protocol/trail/note.ts'
import { joinRanges, rootOf } from '@fairlead/protocol/trail/tree.ts'
import { chain, genesis } from '../base/audit.ts'
import { openCheckpoints } from './checkpoints.ts'
import { openTestTrail, type TestTrail } from './test-trail.ts'
import { openTrailKey, tools } from './trail-key.ts'
import { verifyTable } from './verify.ts'

describe('checkpoints of a trail', () => {
  let trail: TestTrail
  before(async () => void (trail = await openTestTrail()))
  after(() => trail.close())

  const notes = (organization: string) =>
    trail.db.tx({ organization }, (sql) => sql<{ size: string; note: string }[]>`SELECT size, note FROM audit_checkpoints ORDER BY size`)

  it('are signed after each so many rows, one on the other, and open with the key of the trail alone', async () => {
    const organization = await trail.filled(25)
    const all = await notes(organization)
    assert.deepEqual(
      all.map(({ size }) => Number(size)),
      [10, 20, 25],
    )
    for (const { size, note } of all) assert.equal(openNote(tools, note, trail.key.of(organization))?.size, Number(size))
    assert.equal(openNote(tools, all[0]!.note, trail.key.of(crypto.randomUUID())), undefined)
    assert.deepEqual(await verifyTable(trail.db, trail.key, organization), { rows: 25, archived: 0, signed: 25, ok: true })
  })

  it('are not made where there is nothing new, and are made by whoever has the database', async () => {
    const organization = await trail.filled(3)
    const again = openCheckpoints({ db: trail.db, audits: trail.audits, key: trail.key, log: () => undefined })
    await Promise.all([again.take(organization), trail.checkpoints.take(organization)])
    assert.equal((await notes(organization)).length, 1)
    await trail.write(organization, 4)
    await Promise.all([again.take(organization), trail.checkpoints.take(organization)])
    assert.deepEqual(
      (await notes(organization)).map(({ size }) => Number(size)),
      [3, 7],
    )
    await again.close()
  })

  it('prove what came between any two of them, without a row', async () => {
    const organization = await trail.filled(47)
    const newest = (await trail.checkpoints.newest(organization))!
    for (const { size, note } of await notes(organization)) {
      const { root } = openNote(tools, note, trail.key.of(organization))!
      const part = (await trail.checkpoints.between(organization, { size: Number(size), root }, newest))!
      const [row] = await trail.db.tx(
        { organization },
        (sql) => sql<{ frontier: Buffer }[]>`SELECT frontier FROM audit_checkpoints WHERE size = ${size}`,
      )
      const hashes = Array.from({ length: row!.frontier.length / 32 }, (_, n) => row!.frontier.subarray(n * 32, n * 32 + 32))
      const whole = joinRanges(tools.digest, { from: 0, to: Number(size), hashes }, part)
      assert.deepEqual(Buffer.from(rootOf(tools.digest, whole)), Buffer.from(newest.root))
    }
    assert.equal(await trail.checkpoints.between(organization, { size: 11, root: genesis }, newest), undefined)
    assert.equal(await trail.checkpoints.between(organization, { size: 10, root: genesis }, newest), undefined)
  })

  it('cannot be changed or taken away by the role that the hub works as [security 135]', async () => {
    const organization = await trail.filled(2)
    const denied = (error: { code?: string }) => error.code === '42501'
    for (const table of ['audit_checkpoints', 'audit_archives'])
      for (const run of [
        () => trail.db.tx({ organization }, (sql) => sql`UPDATE ${sql(table)} SET organization_id = ${organization}`),
        () => trail.db.tx({ organization }, (sql) => sql`DELETE FROM ${sql(table)}`),
        () => trail.db.tx({ organization }, (sql) => sql`TRUNCATE ${sql(table)}`),
      ])
        await assert.rejects(run, denied)
    await assert.rejects(
      trail.db.tx(
        { organization },
        (sql) => sql`INSERT INTO audit_archives (organization_id, from_seq, to_seq, file, sha256) VALUES (${organization}, 1, 2, '', '')`,
      ),
      denied,
    )
  })

  it('are under one key, which is not in the database to be read', async () => {
    const [row] = await trail.db.tx(
      {},
      (sql) => sql<{ private_key: Buffer; public_key: Buffer }[]>`SELECT private_key, public_key FROM audit_keys`,
    )
    assert.equal(row!.private_key[0], 1)
    // A PKCS#8 Ed25519 key begins with this; what is sealed does not hold it anywhere.
    assert.equal(row!.private_key.includes(Buffer.from('302e020100300506032b6570', 'hex')), false)
    await assert.rejects(
      openTrailKey(trail.db, { seal: async (_p, b) => b, open: async () => Promise.reject(new Error('sealed')) }),
      /sealed/,
    )
  })

  it('are not made over rows that were changed before they were signed', async () => {
    const organization = await trail.filled(5)
    await trail.write(organization, 3)
    await trail.forge(
      (sql) => sql`UPDATE audit SET body = replace(body, '"t2"', '"t9"') WHERE organization_id = ${organization} AND seq = 7`,
    )
    assert.equal((await trail.checkpoints.take(organization))?.size, 5)
    assert.equal(trail.checkpoints.brokenAt(organization), 7)
    assert.ok(trail.logged.some((line) => line.startsWith('the audit trail is not what was signed')))
  })

  it('tell that rows of the end were taken away, also when others were written in their place', async () => {
    const organization = await trail.filled(12)
    await trail.forge((sql) => sql`DELETE FROM audit WHERE organization_id = ${organization} AND seq > 8`)
    assert.deepEqual((await verifyTable(trail.db, trail.key, organization)).brokenAt, 9)
    await trail.write(organization, 6)
    assert.equal((await trail.checkpoints.take(organization))?.size, 12)
    assert.equal(trail.checkpoints.brokenAt(organization), 12)
    const { ok, brokenAt, why } = await verifyTable(trail.db, trail.key, organization)
    assert.deepEqual({ ok, brokenAt, why }, { ok: false, brokenAt: 1, why: 'checkpoint' })
  })

  it('tell that a row was changed and every hash after it made to fit, but not its signature [security 136]', async () => {
    const organization = await trail.filled(30)
    await trail.forge((sql) => rehash(sql as never, organization, 14))
    const { ok, brokenAt, why, signed } = await verifyTable(trail.db, trail.key, organization)
    assert.deepEqual({ ok, brokenAt, why, signed }, { ok: false, brokenAt: 11, why: 'checkpoint', signed: 10 })
  })
})

type Sql = (parts: TemplateStringsArray, ...values: unknown[]) => Promise<readonly { seq: string; body: string; hash: Buffer }[]>

/** What somebody who owns the database does: changes a row, and all hashes from there on. */
async function rehash(sql: Sql, organization: string, at: number): Promise<void> {
  const rows = await sql`SELECT seq, body, hash FROM audit WHERE organization_id = ${organization} AND seq >= ${at - 1} ORDER BY seq`
  let hash: Uint8Array = rows[0]!.hash
  for (const { seq, body } of rows.slice(1)) {
    const said = Number(seq) === at ? body.replace('"actorName":"A"', '"actorName":"B"') : body
    hash = chain(hash, said)
    await sql`UPDATE audit SET body = ${said}, hash = ${hash} WHERE organization_id = ${organization} AND seq = ${seq}`
  }
}
