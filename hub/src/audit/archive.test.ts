import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { openArchives, type Archives } from './archive.ts'
import { exportRows } from './export.ts'
import type { WrongSegment } from './segments.ts'
import { openTestTrail, type TestTrail } from './test-trail.ts'
import { verifyFiles } from './verify-file.ts'
import { verifyTable } from './verify.ts'

const dayMs = 86_400_000

describe('rows of the trail that are older than they are kept', () => {
  let trail: TestTrail
  let later: Archives
  before(async () => {
    trail = await openTestTrail()
    later = open()
  })
  after(async () => {
    await later?.close()
    await trail.close()
  })

  const open = (more = {}) =>
    openArchives({ ...trail.reading, log: () => undefined, now: () => Date.now() + 40 * dayMs, segmentRows: 20, ...more })
  const folder = (organization: string) => join(trail.reading.archiveDir, organization)
  const filesOf = (organization: string) =>
    readdirSync(folder(organization))
      .sort()
      .map((file) => join(folder(organization), file))
  const seqs = async (organization: string) =>
    (await trail.db.tx({ organization }, (sql) => sql<{ seq: string }[]>`SELECT seq FROM audit ORDER BY seq`)).map(({ seq }) => Number(seq))
  async function exported(organization: string): Promise<string> {
    const file = join(trail.dir, `${organization}.ndjson`)
    const parts: Uint8Array[] = []
    for await (const part of exportRows(trail.reading, organization, {})) parts.push(part)
    writeFileSync(file, Buffer.concat(parts))
    return file
  }

  it('stay for ever where nobody said how long, and as long as was said', async () => {
    const organization = await trail.filled(12)
    assert.equal(await later.tend(), 0)
    await later.setKeepDays(organization, 60)
    assert.equal(await later.tend(), 0)
    assert.equal((await seqs(organization)).length, 12)
  })

  it('go into files of whole parts, each of which proves itself, and the trail goes on with what is left', async () => {
    const organization = await trail.filled(55)
    await later.setKeepDays(organization, 30)
    assert.equal(await later.tend(), 3)
    assert.deepEqual(await seqs(organization), [51, 52, 53, 54, 55])
    const files = filesOf(organization)
    assert.deepEqual(
      files.map((file) => statSync(file).mode & 0o777),
      [0o600, 0o600, 0o600],
    )
    const reports = await verifyFiles(files, {})
    assert.deepEqual(
      reports.map(({ ok, from, to, rows }) => [ok, from, to, rows]),
      [
        [true, 1, 20, 20],
        [true, 21, 40, 20],
        [true, 41, 50, 10],
      ],
    )
    assert.deepEqual(await verifyTable(trail.db, trail.key, organization), { rows: 5, archived: 50, signed: 55, ok: true })
    await trail.write(organization, 7)
    assert.equal((await trail.checkpoints.take(organization))?.size, 62)
    assert.equal(await later.tend(), 1)
    assert.equal((await seqs(organization))[0], 56)
    // Archives and what is left, as one.
    const [report] = await verifyFiles([await exported(organization)], {})
    assert.deepEqual([report!.ok, report!.rows, report!.from, report!.to], [true, 62, 1, 62])
  })

  it('are read only from the very files that were written: what somebody did to one is told, and nothing of it shown [security 135 137]', async () => {
    const organization = await trail.filled(55)
    await later.setKeepDays(organization, 30)
    await later.tend()
    const told: string[] = []
    const kept = { ...trail.reading, onWrong: (_of: string, { file }: WrongSegment) => void told.push(file) }
    const look = () => verifyTable(trail.db, trail.key, organization, [], kept)
    const exportIt = async () => {
      for await (const part of exportRows(kept, organization, {})) assert.equal(String(part).includes('"seq":21,'), false)
    }
    const whole = { rows: 5, archived: 50, signed: 55, ok: true }
    assert.deepEqual(await look(), whole)
    const [, second = ''] = filesOf(organization)
    const written = readFileSync(second)
    const name = second.slice(second.lastIndexOf('/') + 1)
    // The same rows, packed otherwise: nobody but the hub writes here, so it was not the hub.
    const changes = [
      () => writeFileSync(second, gzipSync(gunzipSync(written), { level: 1 })),
      () => writeFileSync(second, written.subarray(0, 400)),
      () => rmSync(second),
    ]
    for (const change of changes) {
      change()
      assert.deepEqual(await look(), { ...whole, ok: false, brokenAt: 21, why: 'archive' })
      await assert.rejects(exportIt(), { code: 'conflict', message: /rows 21 to 40 of the trail.*Put it back from a backup/ })
      assert.deepEqual(told.splice(0), [name, name])
      writeFileSync(second, written)
      assert.deepEqual(await look(), whole)
    }
    // Whoever owns the database too has the digest say so, and no signature.
    const forged = gzipSync(gunzipSync(written).toString().replace('"target":"t23"', '"target":"t24"'))
    const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()
    const note = (sha256: Uint8Array) =>
      trail.forge((sql) => sql`UPDATE audit_archives SET sha256 = ${sha256} WHERE organization_id = ${organization} AND file = ${name}`)
    writeFileSync(second, forged)
    await note(digest(forged))
    assert.deepEqual(await look(), { ...whole, ok: false, brokenAt: 21, why: 'archive' })
    writeFileSync(second, written)
    await note(digest(written))
    await trail.forge((sql) => sql`DELETE FROM audit_archives WHERE organization_id = ${organization} AND file = ${name}`)
    assert.deepEqual(await look(), { ...whole, ok: false, brokenAt: 21, why: 'missing' })
  })

  it('are not in their files any other than they were: a file that is missing, or not from here, is told', async () => {
    const organization = await trail.filled(55)
    await later.setKeepDays(organization, 30)
    await later.tend()
    const [first = '', , third = ''] = filesOf(organization)
    const gap = await verifyFiles([first, third], {})
    assert.deepEqual(
      gap.map(({ ok }) => ok),
      [true, false],
    )
    const forged = join(trail.dir, 'forged.ndjson.gz')
    writeFileSync(forged, gzipSync(gunzipSync(readFileSync(first)).toString().replace('"target":"t3"', '"target":"t4"')))
    assert.equal((await verifyFiles([forged], {}))[0]!.problems[0]!.seq, 3)
    writeFileSync(forged, readFileSync(first).subarray(0, 300))
    await assert.rejects(verifyFiles([forged], {}), /damaged/)
  })

  it('are neither lost nor there twice, wherever the hub dies in between', async () => {
    const organization = await trail.filled(45)
    await later.setKeepDays(organization, 30)
    // Died while it wrote the file, and after it was at its place: the rows are all in the table.
    mkdirSync(folder(organization), { recursive: true })
    for (const left of ['000000000001-000000000020.ndjson.gz.new', '000000000001-000000000010.ndjson.gz'])
      writeFileSync(join(folder(organization), left), 'half of it')
    // Died in the transaction.
    const cut = open({
      db: { ...trail.db, owner: () => Promise.reject(new Error('the power went')) },
    })
    await assert.rejects(cut.tend(), /the power went/)
    await cut.close()
    assert.equal((await seqs(organization)).length, 45)
    assert.equal(filesOf(organization).length, 1)
    assert.equal(await later.tend(), 2)
    assert.deepEqual(
      filesOf(organization).map((file) => file.slice(-35)),
      ['/000000000001-000000000020.ndjson.gz', '/000000000021-000000000040.ndjson.gz'].map((name) => name.slice(-35)),
    )
    const [report] = await verifyFiles([await exported(organization)], {})
    assert.deepEqual([report!.ok, report!.rows], [true, 45])
  })

  it('are archived once by two hubs at once', async () => {
    const organization = await trail.filled(45)
    await later.setKeepDays(organization, 30)
    const other = open()
    await Promise.all([later.tend(), other.tend()])
    await later.tend()
    await other.close()
    assert.deepEqual(await seqs(organization), [41, 42, 43, 44, 45])
    assert.deepEqual(await verifyTable(trail.db, trail.key, organization), { rows: 5, archived: 40, signed: 45, ok: true })
    assert.ok((await verifyFiles([await exported(organization)], {}))[0]!.ok)
  })

  it('are not archived when they are not what was signed: the evidence stays where it is', async () => {
    const organization = await trail.filled(45)
    await later.setKeepDays(organization, 30)
    await trail.forge(
      (sql) => sql`UPDATE audit SET body = replace(body, '"t4"', '"t9"') WHERE organization_id = ${organization} AND seq = 4`,
    )
    await assert.rejects(later.tend(), /Rows 1 to 20 of the trail were not archived: Row 4/)
    assert.equal((await seqs(organization)).length, 45)
    await later.setKeepDays(organization, null)
  })
})
