import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { openLog } from '../start-log.ts'

const numbers = (text: string) => text.split('\n').filter(Boolean).map(Number)

describe('the log of a program that npm start runs', () => {
  const dir = mkdtempSync(join(tmpdir(), 'fairlead-start-log-'))
  after(() => rmSync(dir, { recursive: true, force: true }))

  it('is its owner’s alone, begins anew, and keeps the one before', () => {
    const file = join(dir, 'again/one.log')
    for (const run of ['first', 'second', 'third']) writeSync(openLog(file).fd, `${run}\n`)
    assert.equal(readFileSync(file, 'utf8'), 'third\n')
    assert.equal(readFileSync(`${file}.1`, 'utf8'), 'second\n')
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.equal(statSync(join(dir, 'again')).mode & 0o777, 0o700)
  })

  it('shows the last lines, few and short enough for a terminal', () => {
    const log = openLog(join(dir, 'last.log'))
    assert.equal(log.last(), '')
    writeSync(log.fd, 'only one\n')
    assert.equal(log.last(), 'only one')
    writeSync(log.fd, Array.from({ length: 40 }, (_, n) => `${n}\n`).join(''))
    assert.deepEqual(numbers(log.last()), [25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39])
    writeSync(log.fd, 'x'.repeat(100_000))
    assert.equal(log.last().length, 8 * 1024)
  })

  it('takes no more room than twice its limit while a program goes on writing into it', async () => {
    const file = join(dir, 'long.log')
    const maxBytes = 64 * 1024
    const log = openLog(file, { maxBytes, lookEveryMs: 5 })
    const program = `let n = 0; const timer = setInterval(() => { for (let i = 0; i < 100; i++) console.log(String(n++).padStart(9, '0'));
      if (n >= 20000) clearInterval(timer) }, 1)`
    const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', log.fd, 'inherit'] })
    await new Promise((done) => child.once('exit', done))
    const [before, now] = [readFileSync(`${file}.1`, 'utf8'), readFileSync(file, 'utf8')]
    // 200 kB were written; a look comes late on a busy machine, but it comes.
    assert.ok(before.length > maxBytes && before.length < 150_000 && now.length < 150_000, `${before.length} and ${now.length}`)
    // It went on at the new beginning: no hole of zeroes, the lines follow one another to the last.
    const lines = numbers(now)
    assert.deepEqual(
      lines,
      lines.map((_, at) => lines[0]! + at),
    )
    // What is written while a file is put aside may be lost: a few lines, not more.
    assert.ok((lines.at(-1) ?? numbers(before).at(-1)!) > 19_900)
  })
})
