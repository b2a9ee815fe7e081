import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { AuditRow } from '@fairlead/protocol/features/audit.ts'
import { keyText } from '@fairlead/protocol/trail/note.ts'
import { chain } from '../base/audit.ts'
import { exportCsv, exportRows } from './export.ts'
import { openTestTrail, type TestTrail } from './test-trail.ts'
import { tools } from './trail-key.ts'
import { verifyFiles } from './verify-file.ts'

const program = join(import.meta.dirname, '../main.ts')

describe('an export of the trail', () => {
  let trail: TestTrail
  let organization: string
  let whole: string
  before(async () => {
    trail = await openTestTrail()
    organization = await trail.filled(45, (n) => (n % 9 === 0 ? { verb: 'container.stop', actorName: 'Zoë "x" \u202e' } : {}))
    whole = await textOf({})
  })
  after(() => trail.close())

  async function textOf(fits: object, write: typeof exportRows | typeof exportCsv = exportRows, of = organization): Promise<string> {
    const parts: Uint8Array[] = []
    for await (const part of write(trail.reading, of, fits)) parts.push(part)
    return Buffer.concat(parts).toString()
  }
  const fileOf = (text: string) => {
    const file = join(trail.dir, `${Math.random()}.ndjson`)
    writeFileSync(file, text)
    return file
  }
  const look = async (text: string, options = {}) => (await verifyFiles([fileOf(text)], options))[0]!
  const lineOf = (seq: number) => whole.split('\n').find((line) => line.includes(`"seq":${seq},`))!
  const found = async (text: string, options = {}) => (await look(text, options)).problems.map(({ kind, seq }) => `${kind} ${seq}`)
  const key = () => keyText(tools.digest, trail.key.of(organization))

  it('proves itself: every row, every checkpoint, under the key that the console shows', async () => {
    const { ok, rows, from, to, signed, checkpoints } = await look(whole, { key: key() })
    assert.deepEqual({ ok, rows, from, to, signed, checkpoints }, { ok: true, rows: 45, from: 1, to: 45, signed: 45, checkpoints: 5 })
  })

  it('holds only the rows that were asked for, and still proves that these are the rows of the trail', async () => {
    const stops = await textOf({ verb: 'container.stop' })
    const { ok, rows, to } = await look(stops, { key: key() })
    assert.deepEqual({ ok, rows, to }, { ok: true, rows: 5, to: 45 })
    assert.equal(stops.includes('host.update'), false)
    assert.deepEqual(await found(stops.replace('Zoë', 'Zoe')), ['row 9'])
    const none = await look(await textOf({ verb: 'role.create' }))
    assert.deepEqual([none.ok, none.rows], [true, 0])
  })

  it('begins at a checkpoint before the moment that was asked for, and ends at one after it', async () => {
    const [row] = await trail.db.tx({ organization }, (sql) => sql<{ at: Date }[]>`SELECT at FROM audit_checkpoints WHERE size = 45`)
    const later = await trail.filled(15)
    await trail.db.tx({ organization: later }, (sql) => sql`SELECT 1`)
    const middle = Date.now() + 1
    while (Date.now() <= middle);
    await trail.write(later, 20)
    const text = await textOf({ sinceMs: middle }, exportRows, later)
    const { ok, rows, from, to } = await look(text)
    assert.deepEqual({ ok, rows, from, to }, { ok: true, rows: 20, from: 16, to: 35 })
    const early = await look(await textOf({ untilMs: middle }, exportRows, later))
    assert.deepEqual([early.ok, early.rows, early.to < 35], [true, 15, true])
    assert.ok(row!.at.getTime() <= middle)
  })

  for (const [what, change, problems] of [
    ['a row whose text was changed', (text: string) => text.replace('"target":"t14"', '"target":"t15"'), ['row 14']],
    ['a row that was taken out', (text: string) => text.replace(`${lineOf(23)}\n`, ''), ['missing 23', 'missing 0']],
    [
      'two rows that changed places',
      (text: string) => text.replace(lineOf(5), '@').replace(lineOf(6), lineOf(5)).replace('@', lineOf(6)),
      ['missing 5'],
    ],
    ['a row that is there twice', (text: string) => text.replace(`${lineOf(7)}\n`, `${lineOf(7)}\n${lineOf(7)}\n`), ['order 7']],
    ['a row whose hash was made to fit, and the row after it', (text: string) => rehashed(text, 14), ['checkpoint 11']],
    ['a checkpoint that was taken out of the end', (text: string) => withoutLast(text, '{"checkpoint"'), ['checkpoint 41']],
    ['an end that was cut off', (text: string) => text.slice(0, text.lastIndexOf('{"end"')), ['missing 46']],
    ['a signature of somebody else', (text: string) => text.replace(/(— \S+ )\S{4}/, '$1AAAA'), ['signature 10']],
    ['a line of something else', (text: string) => text.replace('\n{', '\nhello\n{'), ['form 1']],
    ['a line after its end', (text: string) => `${text}${lineOf(5)}\n`, ['form 0']],
  ] as const)
    it(`is refused with ${what}, and it is said where [security 136]`, async () => {
      const forged = change(whole)
      assert.notEqual(forged, whole)
      const all = await found(forged)
      for (const problem of problems) assert.ok(all.includes(problem), `${problem} in ${all.join()}`)
      assert.equal(all[0], problems[0])
    })

  it('is refused under another key, and beside what a host keeps of another trail [security 136]', async () => {
    const other = await trail.filled(5)
    const all = await found(whole, { key: keyText(tools.digest, trail.key.of(other)) })
    assert.deepEqual(all.slice(0, 2), ['signature 0', 'signature 10'])
    const theirs = (await trail.checkpoints.newest(other))!.note
    assert.deepEqual(await found(whole, { witnesses: [{ who: 'web-1', note: theirs }] }), ['witness 0'])
    const ours = (await trail.checkpoints.newest(organization))!.note
    assert.deepEqual(await found(whole, { key: key(), witnesses: [{ who: 'web-1', note: ours }] }), [])
  })

  it('is set against another one: of two that are whole and tell two stories, both are told so [security 136]', async () => {
    const of = await trail.filled(15)
    const take = (fits: object = {}) => textOf(fits, exportRows, of)
    const [early, stops] = [fileOf(await take()), fileOf(await take({ actor: 'nobody' }))]
    await trail.write(of, 20)
    const later = [fileOf(await take()), fileOf(await take({ filter: 't5' }))]
    const one = await verifyFiles([early, stops, ...later], {})
    assert.deepEqual(
      one.flatMap(({ problems }) => problems),
      [],
    )
    // Rewritten by who has the database and the key: each story holds in itself.
    await trail.forge(async (sql) => {
      await sql`DELETE FROM audit_checkpoints WHERE organization_id = ${of}`
      await sql`DELETE FROM audit WHERE organization_id = ${of} AND seq > 12`
    })
    await trail.write(of, 30, () => ({ actorName: 'B' }))
    const other = fileOf(await take())
    for (const pair of [
      [early, other],
      [other, early],
      [stops, other],
      [later[1]!, other],
    ]) {
      const alone = await Promise.all(pair.map(async (file) => (await verifyFiles([file], {}))[0]!.ok))
      assert.deepEqual(alone, [true, true])
      const both = await verifyFiles(pair, {})
      assert.deepEqual(
        both.map(({ ok, problems }) => [ok, problems[0]?.kind]),
        [
          [false, 'contradiction'],
          [false, 'contradiction'],
        ],
      )
      assert.match(both[0]!.problems[0]!.message, /tells another story: row (\d+) there is not row \1 here/)
    }
    // Of the trail of somebody else it says nothing.
    assert.ok((await verifyFiles([fileOf(whole), early], {})).every(({ ok }) => ok))
  })

  it('says so too when another one is signed by somebody else, and its program ends with the code of that [security 136]', async () => {
    const stranger = await openTestTrail()
    try {
      const forged = whole.replaceAll(key(), keyText(tools.digest, stranger.key.of(organization)))
      const said = spawnSync(process.execPath, [program, 'audit', 'verify', fileOf(whole), fileOf(forged)], { encoding: 'utf8' })
      assert.equal(said.status, 73)
      assert.match(said.stdout, /of the same trail and names another key that signs it/)
    } finally {
      await stranger.close()
    }
  })

  it('is looked at by the hub’s program alone, which ends with the code of what it found', () => {
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [program, 'audit', 'verify', ...args], { encoding: 'utf8', timeout: 30_000 })
    const good = fileOf(whole)
    const said = run(good, '--key', key(), '--json')
    assert.equal(said.status, 0, said.stderr)
    const { ok, files } = JSON.parse(said.stdout) as { ok: boolean; files: readonly { rows: number }[] }
    assert.deepEqual([ok, files[0]!.rows], [true, 45])
    const bad = run(fileOf(whole.replace('"target":"t14"', '"target":"t15"')))
    assert.equal(bad.status, 73)
    assert.match(bad.stdout, /NOT WHOLE[^]*Row 14 is not what was written/)
    assert.equal(run('/nowhere/at-all').status, 66)
    assert.equal(run(fileOf('seq,time\r\n1,2\r\n')).status, 64)
    assert.equal(run(good, '--key', 'x').status, 64)
  })

  it('as CSV has no cell that a spreadsheet would calculate and no line that a name began [security 138]', async () => {
    const names = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', 'a\r\n=b', 'x\u202ey\u001b[31m', '"q"', ' =2', 'a,b', '|calc', '%x']
    const of = await trail.filled(names.length, (n) => ({ hostName: names[n - 1]!, targetName: names[n - 1]! }))
    const csv = await textOf({}, exportCsv, of)
    const lines = csv.split('\r\n')
    assert.equal(lines.length, names.length + 2)
    const cells = lines
      .slice(1, -1)
      .map((line) => line.match(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)!.map((cell) => cell.replace(/,$/, '').replace(/^"|"$/g, '')))
    for (const row of cells) {
      assert.equal(row.filter((cell) => /^\s*[=+\-@|%]/.test(cell)).length, 0, row.join(' · '))
      assert.equal(
        row.some((cell) => /[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/.test(cell)),
        false,
      )
    }
    assert.ok(csv.includes(String.raw`x\u202ey\u001b[31m`))
    assert.equal(readFileSync(fileOf(csv), 'utf8'), csv)
  })

  function rehashed(text: string, at: number): string {
    let hash = Buffer.alloc(32) as Uint8Array
    return text
      .split('\n')
      .map((line) => {
        if (!line.startsWith('{"hash"')) return line
        const row = line.slice(line.indexOf('"row":') + 6, -1)
        const { seq } = JSON.parse(row) as AuditRow
        const said = seq === at ? row.replace('"actorName":"A"', '"actorName":"B"') : row
        hash = chain(hash, said)
        return `{"hash":"${Buffer.from(hash).toString('base64')}","row":${said}}`
      })
      .join('\n')
  }
  const withoutLast = (text: string, begins: string) => {
    const lines = text.split('\n')
    lines.splice(
      lines.findLastIndex((line) => line.startsWith(begins)),
      1,
    )
    return lines.join('\n')
  }
})
