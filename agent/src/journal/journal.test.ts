import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { codeOf } from '@fairlead/protocol/errors.ts'
import type { LocalEntry } from '@fairlead/protocol/features/journal.ts'
import { need } from '../../../e2e/need.ts'
import { journalDir, listSegments, readJournal } from './files.ts'
import { handIn, readInbox } from './inbox.ts'
import { openJournal, type Journal } from './journal.ts'

const asked = (n: number) => ({ method: 'containers.stop', trace: `t${n}`, target: 'web', hash: 'h' })
const local = (target: string) => ({ verb: 'stop' as const, who: 'root', outcome: 'ok' as const, target, targetName: '', facts: {} })

describe('the journal of a host', () => {
  let dir: string
  let said: string[]
  const open = (more: Partial<Parameters<typeof openJournal>[0]> = {}) =>
    openJournal({ stateDir: dir, onProblem: (message) => void said.push(message), ...more })
  const entries = () => readJournal(dir).entries
  const last = () => join(journalDir(dir), listSegments(journalDir(dir)).at(-1)!)
  const locals = async (journal: Journal, from: { chain: string; after: number }, count: number) => {
    const leaving = new AbortController()
    const found: LocalEntry[] = []
    for await (const entry of journal.handlers.watch(from, { signal: leaving.signal, trace: '' })) {
      found.push(entry)
      if (found.length === count) break
    }
    leaving.abort()
    return found
  }

  beforeEach(() => {
    dir = mkdtempSync('/var/tmp/fairlead-journal-')
    said = []
  })
  afterEach(() => rmSync(dir, { recursive: true, force: true }))

  it('has what changes something before it begins and after it ended, and what was refused, for root alone [security 49]', async () => {
    const journal = open()
    const begun = await journal.begin(asked(1))
    assert.deepEqual(
      entries().map(({ kind }) => kind),
      ['head', 'begun'],
    )
    begun.done('ok', 12.4)
    journal.refuse(asked(2), 'it is locked')
    await journal.settle()
    const [, first, second, third] = entries()
    assert.deepEqual([first?.kind, second?.kind, third?.kind], ['begun', 'done', 'refused'])
    assert.ok(second?.kind === 'done' && second.of === first!.seq && second.code === 'ok' && second.ms === 12)
    assert.equal(statSync(last()).mode & 0o777, 0o600)
    assert.equal(statSync(journalDir(dir)).mode & 0o777, 0o700)
  })

  it('is read by the page, the newest first: a request with its end, refusals with their reason, what was done past the hub', async () => {
    const journal = open({ limits: { segmentBytes: 2048, segments: 16 } })
    const read = (query: object) =>
      journal.handlers.read({ only: 'all', limit: 100, ...query }, { signal: new AbortController().signal, trace: '' })
    for (let n = 0; n < 30; n++) (await journal.begin(asked(n))).done(n === 7 ? 'conflict' : 'ok', n)
    journal.refuse(asked(30), 'it is locked')
    journal.note(local('web'))
    const left = await journal.begin(asked(31))
    assert.ok(listSegments(journalDir(dir)).length > 3)
    const whole = await read({})
    assert.deepEqual(
      whole.rows.slice(0, 4).map(({ by, trace, outcome, why }) => [by, trace, outcome, why]),
      [
        ['hub', 't31', 'open', ''],
        ['local', '', 'ok', ''],
        ['hub', 't30', 'refused', 'it is locked'],
        ['hub', 't29', 'ok', ''],
      ],
    )
    assert.deepEqual([whole.rows.length, whole.more, whole.counts, whole.changedIn], [33, false, { allowed: 31, refused: 1, local: 1 }, ''])
    assert.deepEqual(whole.rows.find(({ trace }) => trace === 't7')?.outcome, 'failed')
    // By pages it is the same, although an end may lie in a newer file than its beginning.
    const paged = []
    for (let before: number | undefined, more = true; more; before = paged.at(-1)?.seq) {
      const page = await read({ limit: 4, ...(before === undefined ? {} : { before }) })
      paged.push(...page.rows)
      ;({ more } = page)
    }
    assert.deepEqual(paged, whole.rows)
    assert.equal((await read({ only: 'refused' })).rows.length, 1)
    left.done('ok', 1)
    await journal.settle()
  })

  it('goes on after a crash: a torn end is cut off, whatever the length of it, and no number is given twice', async () => {
    const first = open()
    for (let n = 0; n < 3; n++) await first.begin(asked(n))
    const whole = readFileSync(last())
    const kept = whole.lastIndexOf(10, whole.length - 2) + 1
    for (let length = kept; length < whole.length; length += 7) {
      writeFileSync(last(), whole)
      truncateSync(last(), length)
      const again = open()
      await again.begin(asked(9))
      const seqs = entries().map(({ seq }) => seq)
      assert.deepEqual(seqs, [1, 2, 3, 4], String(length))
      assert.equal(readJournal(dir).changedIn, undefined)
    }
    assert.deepEqual(said, [])
  })

  it('knows over a start what was asked under which key, and how it ended: nothing is done twice [security 155]', async () => {
    const first = open()
    const claim = (journal: Journal, key: string, n: number) => {
      try {
        return journal.keys.claim(key, asked(n))
      } catch (error) {
        return codeOf(error)
      }
    }
    const run = async (key: string, n: number) => {
      assert.equal(claim(first, key, n), 'fresh')
      return first.begin(asked(n), key)
    }
    await (await run('well', 1)).done('ok', 1)
    await (await run('badly', 1)).done('bad_upstream', 1)
    await (await run('left', 1)).done('canceled', 1)
    await run('cut off', 1)
    assert.equal(claim(first, 'cut off', 1), 'busy')
    // Each answer was on the disk before it was given: as if the process had been killed here.
    const second = open()
    const outcomes = ['well', 'badly', 'left', 'cut off', 'never asked'].map((key) => claim(second, key, 1))
    assert.deepEqual(outcomes, ['done', 'bad_upstream', 'unknown', 'unknown', 'fresh'])
    const other = { ...asked(1), hash: 'other' }
    assert.throws(() => second.keys.claim('badly', other), { code: 'conflict' })
  })

  it('is told from one that somebody changed: the file is set aside, said, and the chain goes on', async () => {
    const first = open()
    for (let n = 0; n < 4; n++) await first.begin(asked(n))
    const text = readFileSync(last(), 'utf8')
    writeFileSync(last(), text.replace('"t1"', '"t7"'))
    assert.notEqual(readJournal(dir).changedIn, undefined)
    await open().begin(asked(5))
    assert.match(said[0]!, /changed by somebody else/)
    assert.ok(readdirSync(journalDir(dir)).some((name) => name.endsWith('.changed')))
    assert.ok(entries().every(({ seq }) => seq > 4))
  })

  it('notices a line that was taken out, turned round or added', async () => {
    const first = open()
    for (let n = 0; n < 5; n++) await first.begin(asked(n))
    const lines = readFileSync(last(), 'utf8').split('\n')
    const forged: Record<string, string[]> = {
      out: lines.toSpliced(2, 1),
      turned: lines.toSpliced(2, 2, lines[3]!, lines[2]!),
      added: lines.toSpliced(3, 0, lines[2]!),
    }
    for (const [name, each] of Object.entries(forged)) {
      writeFileSync(last(), each.join('\n'))
      assert.notEqual(readJournal(dir).changedIn, undefined, name)
    }
  })

  it('keeps within its limits under a flood, and the verdicts stay counted [security 49]', async () => {
    const limits = { segmentBytes: 4096, segments: 4 }
    const journal = open({ limits })
    for (let n = 0; n < 400; n++) (await journal.begin(asked(n))).done('ok', 1)
    for (let n = 0; n < 5000; n++) journal.refuse(asked(n), 'no')
    await journal.settle()
    const files = listSegments(journalDir(dir))
    assert.equal(files.length, 4)
    assert.equal(readJournal(dir).changedIn, undefined)
    const head = entries().findLast((entry) => entry.kind === 'head')!
    const later = entries().filter(({ kind, seq }) => kind === 'begun' && seq > head.seq)
    assert.equal(head.counts.allowed + later.length, 400)
    // A hundred of them have a line; the rest is counted with the next one.
    assert.ok(entries().filter(({ kind }) => kind === 'refused').length <= 100)
    const again = open({ limits })
    await again.begin(asked(0))
    assert.equal(readJournal(dir).changedIn, undefined)
  })

  it('takes in what other programs did, each once, though it dies in between, and tells it in order from any place', async () => {
    for (const name of ['a', 'b', 'c']) handIn(dir, local(name))
    const waiting = readInbox(dir)
    const journal = open()
    await journal.takeIn()
    // As if it had died between the line and the end of the file.
    appendFileSync(join(journalDir(dir), 'in', '000000000000000-nonsense.json'), '?')
    for (const { news } of waiting)
      writeFileSync(join(journalDir(dir), 'in', `${String(news.timeMs).padStart(15, '0')}-${news.id}.json`), JSON.stringify(news))
    const again = open()
    await again.takeIn()
    handIn(dir, local('d'))
    await again.takeIn()
    const told = await locals(again, { chain: '', after: 0 }, 4)
    assert.deepEqual(
      told.map(({ number, target }) => `${number}${target}`),
      ['1a', '2b', '3c', '4d'],
    )
    assert.deepEqual(
      (await locals(again, { chain: told[0]!.chain, after: 2 }, 2)).map(({ target }) => target),
      ['c', 'd'],
    )
    // Of another chain everything is new.
    assert.equal((await locals(again, { chain: 'f'.repeat(32), after: 3 }, 1))[0]?.target, 'a')
    assert.equal(readInbox(dir).length, 0)
  })

  it('goes on under another name where the hub heard more than there is, as after a snapshot: nothing new is taken for old', async () => {
    const first = open()
    for (const name of ['a', 'b', 'c']) first.note(local(name))
    await first.settle()
    let { chain } = (await locals(first, { chain: '', after: 0 }, 3))[0]!
    for (const after of [Number.MAX_SAFE_INTEGER, 5]) {
      const journal = open()
      const hears = locals(journal, { chain, after }, 1)
      journal.note(local('new'))
      const heard = (await hears)[0]!
      assert.equal(heard.target, 'new')
      assert.notEqual(heard.chain, chain)
      // A hub that was away meanwhile is told that one, and nothing of before again.
      assert.deepEqual(
        (await locals(open(), { chain, after }, 1)).map(({ number }) => number),
        [heard.number],
      )
      ;({ chain } = heard)
      // It is the same one after the next start, and whole.
      assert.equal((await locals(open(), { chain, after: heard.number - 1 }, 1))[0]?.target, 'new')
      assert.equal(readJournal(dir).changedIn, undefined)
    }
    assert.match(said.join(), /heard more of this journal/)
  })

  it('tells what is written while somebody listens', async () => {
    const journal = open()
    const hears = locals(journal, { chain: '', after: 0 }, 2)
    journal.note(local('now'))
    await journal.settle()
    journal.note(local('then'))
    assert.deepEqual(
      (await hears).map(({ target }) => target),
      ['now', 'then'],
    )
  })

  it('takes a thousand entries of other programs, not more', () => {
    mkdirSync(join(journalDir(dir), 'in'), { recursive: true })
    for (let n = 0; n < 1000; n++) writeFileSync(join(journalDir(dir), 'in', `${n}`), '')
    assert.throws(() => handIn(dir, local('more')), /start it/)
  })

  it(
    'on a full disk lets nothing begin, keeps what happened, and goes on by itself once there is room [security 162]',
    need('tmpfs'),
    async () => {
      const disk = join(dir, 'disk')
      mkdirSync(disk)
      assert.equal(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=700', 'fairlead-test', disk]).status, 0)
      try {
        const journal = openJournal({ stateDir: disk, onProblem: (message) => void said.push(message) })
        const begun = await journal.begin(asked(0))
        spawnSync('dd', ['if=/dev/zero', `of=${join(disk, 'fill')}`, 'bs=4k'], { stdio: 'ignore' })
        let refused = ''
        for (let n = 1; n < 100 && refused === ''; n++) refused = await journal.begin(asked(n)).then(() => '', codeOf)
        assert.equal(refused, 'refused')
        begun.done('ok', 1)
        journal.note(local('kept'))
        await journal.settle()
        assert.match(said.join(), /ENOSPC/)
        rmSync(join(disk, 'fill'))
        await journal.begin(asked(100))
        await journal.settle()
        const { entries: all, changedIn } = readJournal(disk)
        assert.equal(changedIn, undefined)
        assert.ok(all.some((entry) => entry.kind === 'done' && entry.of === 2))
        assert.ok(all.some((entry) => entry.kind === 'local' && entry.target === 'kept'))
      } finally {
        assert.equal(spawnSync('umount', [disk]).status, 0)
      }
    },
  )
})
