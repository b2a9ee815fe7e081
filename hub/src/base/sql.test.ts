import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'

const root = join(import.meta.dirname, '..')
// `sql.unsafe(text)`, `sql['unsafe']`, drizzle's `sql.raw(text)`, and a query in plain quotes: text that could carry what somebody wrote.
const unsafe = /\.\s*unsafe\b|\['unsafe'\]|\bsql\s*\.\s*raw\b|\['raw'\]/

describe('statements of the hub', () => {
  it('are written out, with values apart: nothing pastes text into SQL [security 112]', () => {
    // Drizzle's text with values apart goes through one line of the first; a backup copies tables whose names the catalogue gives, as the owner.
    const known = new Set(['base/drizzle.ts', 'backup/dump.ts', 'backup/load.ts'])
    const files = globSync('**/*.ts', { cwd: root }).filter((file) => !file.endsWith('.test.ts') && !known.has(file))
    assert.ok(files.includes('base/db.ts'), 'looks where the statements are')
    const pasting = files.filter((file) => unsafe.test(readFileSync(join(root, file), 'utf8')))
    assert.deepEqual(pasting, [])
  })

  it('would be noticed otherwise', () => {
    for (const text of ['sql.unsafe(name)', "db['unsafe'](name)", 'sql.raw(name)', 'sql . raw (name)']) assert.match(text, unsafe)
    assert.doesNotMatch('sql`SELECT ${name}`', unsafe)
  })
})
