import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import { codeOf } from '@fairlead/protocol/errors.ts'
import { FileEntry, FilePath, FolderPage, type files } from '@fairlead/protocol/features/files.ts'
import { need } from '../../../e2e/need.ts'
import { rootOf } from '../policy/roots.ts'
import { serveFiles } from './files.ts'
import { entryOf } from './folder.ts'

const stays = { signal: new AbortController().signal, trace: '' }

describe('files of a host', () => {
  let dir: string
  let root: string
  let own: string
  let served: Handlers<typeof files>
  let roots: string[]
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'fairlead-files-'))
    root = join(dir, 'srv')
    own = join(dir, 'srv/state')
    mkdirSync(join(root, 'sub/deep'), { recursive: true })
    mkdirSync(own)
    writeFileSync(join(own, 'identity'), 'a key')
    writeFileSync(join(root, 'notes.txt'), 'é'.repeat(100_000))
    utimesSync(join(root, 'notes.txt'), 1_700_000_000, 1_700_000_000)
    chmodSync(join(root, 'notes.txt'), 0o640)
    writeFileSync(join(root, 'empty'), '')
    writeFileSync(join(root, 'two\nlines'), 'x')
    symlinkSync('/etc/shadow', join(root, 'link'))
    execFileSync('mkfifo', [join(root, 'pipe')])
    roots = [root]
    served = serveFiles({ rootOf: (path) => rootOf(roots, path), ownFolders: [own, '/etc/fairlead'], mostEntries: 50 })
  })
  after(() => rmSync(dir, { recursive: true, force: true }))

  const list = (path: string, more: { from?: number; limit?: number } = {}) => served.list({ path, from: 0, limit: 200, ...more }, stays)
  const codeOfList = (path: string) => list(path).then(() => 'ok', codeOf)
  async function read(path: string, bytes?: number): Promise<Buffer> {
    const parts: Uint8Array[] = []
    for await (const part of served.read(bytes === undefined ? { path } : { path, bytes }, stays)) parts.push(part)
    return Buffer.concat(parts)
  }
  const codeOfRead = (path: string, bytes?: number) => read(path, bytes).then(() => 'ok', codeOf)

  it('are listed with what they are: folders first, links with what they say, by name', async () => {
    const page = FolderPage.parse(await list(root))
    assert.deepEqual(
      page.entries.map(({ name, kind }) => [name, kind]),
      [
        ['state', 'folder'],
        ['sub', 'folder'],
        ['empty', 'file'],
        ['link', 'link'],
        ['notes.txt', 'file'],
        ['pipe', 'pipe'],
        ['two\nlines', 'file'],
      ],
    )
    const found = page.entries.find(({ name }) => name === 'notes.txt')!
    assert.deepEqual([found.sizeBytes, found.changedMs, found.mode], [200_000, 1_700_000_000_000, 0o640])
    assert.equal(page.entries.find(({ name }) => name === 'link')!.pointsTo, '/etc/shadow')
    assert.deepEqual([page.root, page.total, page.next, page.cut], [root, 7, null, false])
    if (process.geteuid?.() === 0) assert.deepEqual([found.owner, found.group], ['root', 'root'])
  })

  // One sparse file in it, and nobody saw the folder any more: its size is beyond what a number says.
  it('are listed beside one that says it is larger than any disk', async () => {
    const huge = join('/dev/shm', `fairlead-huge-${process.pid}`)
    try {
      execFileSync('truncate', ['-s', '4E', huge])
      const owners = { user: String, group: String }
      assert.equal(FileEntry.parse(entryOf('huge', statSync(huge, { bigint: true }), owners)).sizeBytes, Number.MAX_SAFE_INTEGER)
    } finally {
      rmSync(huge, { force: true })
    }
  })

  it('come in pages', async () => {
    const names: string[] = []
    let from: number | null = 0
    while (from !== null) {
      const page: FolderPage = (await list(root, { from, limit: 3 })) as FolderPage
      assert.ok(page.entries.length <= 3)
      names.push(...page.entries.map(({ name }) => name))
      from = page.next
    }
    assert.equal(new Set(names).size, 7)
  })

  it('of a folder without end are cut off, and that is said [limit files.folder]', async () => {
    const many = join(root, 'many')
    mkdirSync(many)
    for (let n = 0; n <= 50; n++) writeFileSync(join(many, `${n}`), '')
    assert.deepEqual(await list(many).then(({ total, cut, next }) => ({ total, cut, next })), {
      total: 50,
      cut: true,
      next: null,
    })
    rmSync(join(many, '0'))
    assert.equal((await list(many)).cut, false)
    rmSync(many, { recursive: true })
  })

  it('whose names are no text are shown, and said to be out of reach', async () => {
    const odd = join(root, 'odd')
    mkdirSync(odd)
    writeFileSync(Buffer.concat([Buffer.from(`${odd}/a`), Buffer.of(0xff)]), 'x')
    assert.deepEqual(
      (await list(odd)).entries.map(({ name, unnamed, sizeBytes }) => [name, unnamed, sizeBytes]),
      [['a\uFFFD', true, 1]],
    )
    rmSync(odd, { recursive: true })
  })

  it('are read whole, or their first bytes', async () => {
    const whole = await read(join(root, 'notes.txt'))
    assert.equal(whole.toString(), 'é'.repeat(100_000))
    assert.deepEqual(await read(join(root, 'notes.txt'), 101), whole.subarray(0, 101))
    assert.equal((await read(join(root, 'empty'))).length, 0)
    assert.equal((await read(join(root, 'two\nlines'))).toString(), 'x')
  })

  it('outside of the folders of the policy are nobody’s, whatever their name begins with [security 60]', async () => {
    mkdirSync(join(dir, 'srv2'))
    for (const path of ['/etc/shadow', '/', dir, join(dir, 'srv2')]) {
      assert.equal(await codeOfList(path), 'forbidden', path)
      assert.equal(await codeOfRead(path), 'forbidden', path)
      assert.equal(await served.stat({ path }, stays).then(() => 'ok', codeOf), 'forbidden', path)
    }
    assert.equal(await codeOfRead(join(root, 'link')), 'forbidden')
    for (const path of ['/srv/../etc', '/srv/', 'srv', '', '/a//b', '/a/.', '/a\0b', `/${'x'.repeat(5000)}`])
      assert.equal(FilePath.safeParse(path).success, false, path)
  })

  it('are those of the folder that holds now: one that is taken away is refused at the next question', async () => {
    assert.equal(await codeOfList(join(root, 'sub')), 'ok')
    roots = [join(root, 'sub/deep')]
    assert.equal(await codeOfList(join(root, 'sub')), 'forbidden')
    assert.equal(await codeOfList(join(root, 'sub/deep')), 'ok')
    roots = [root]
  })

  it('of Fairlead and of the kernel are given to nobody, whatever folder covers them and by whatever name [security 60]', async () => {
    assert.equal(await codeOfRead(join(own, 'identity')), 'forbidden')
    assert.equal(await codeOfList(own), 'forbidden')
    for (const [wide, paths] of [
      ['/', ['/proc/1/environ', '/proc', '/sys', '/dev/null', '/etc/fairlead/policy.json']],
      ['/proc', ['/proc', '/proc/1/environ']],
      ['/proc/1', ['/proc/1/environ']],
      ['/sys', ['/sys/kernel']],
      ['/dev', ['/dev', '/dev/null']],
      [own, [own, join(own, 'identity')]],
    ] as const) {
      roots = [wide]
      for (const path of paths) assert.match(await codeOfRead(path), /forbidden|not_found/, `${wide} ${path}`)
      for (const path of paths) assert.match(await codeOfList(path), /forbidden|not_found/, `${wide} ${path}`)
    }
    // Another way there: what is below a link is what it is.
    symlinkSync(own, join(dir, 'elsewhere'))
    roots = [`${join(dir, 'elsewhere')}`]
    assert.equal(await codeOfRead(join(dir, 'elsewhere/identity')), 'forbidden')
    roots = [root]
  })

  it('of Fairlead are not given out under another name of theirs either [security 60]', need('tmpfs'), () => {
    mkdirSync(join(root, 'bound'))
    const argv = ['-m', process.execPath, join(import.meta.dirname, 'test-bound.ts'), root, own]
    assert.equal(execFileSync('unshare', argv, { encoding: 'utf8' }), 'forbidden,forbidden,forbidden')
    rmSync(join(root, 'bound'), { recursive: true })
  })

  it('that are none are not opened: a pipe, a socket, a folder', async () => {
    const socket = createServer().listen(join(root, 'socket'))
    await new Promise((resolve) => socket.once('listening', resolve))
    for (const name of ['pipe', 'socket', 'sub']) assert.equal(await codeOfRead(join(root, name)), 'invalid_input', name)
    assert.equal(await codeOfList(join(root, 'empty')), 'invalid_input')
    socket.close()
  })

  it('that become shorter while they are read fail, and do not end as if that were all', async () => {
    const shrinking = join(root, 'shrinking')
    writeFileSync(shrinking, Buffer.alloc(1_000_000))
    const reading = served.read({ path: shrinking }, stays)[Symbol.asyncIterator]()
    await reading.next()
    truncateSync(shrinking, 70_000)
    await assert.rejects(
      async () => {
        while ((await reading.next()).done !== true);
      },
      (error: unknown) => codeOf(error) === 'conflict',
    )
    rmSync(shrinking)
  })

  it('go out whole one at a time, and a glance beside that; who leaves makes room and leaves nothing open [limit files.wholes]', async () => {
    const open = readdirSync('/proc/self/fd').length
    const path = join(root, 'notes.txt')
    const reading = served.read({ path }, stays)[Symbol.asyncIterator]()
    await reading.next()
    assert.equal(await codeOfRead(path), 'busy')
    assert.equal((await read(path, 10)).length, 10)
    assert.equal(await codeOfList(root), 'ok')
    await reading.return?.()
    assert.equal(await codeOfRead(path), 'ok')
    assert.equal(readdirSync('/proc/self/fd').length, open)
  })

  it('have four glances at once and not one more [limit files.glances]', async () => {
    const path = join(root, 'notes.txt')
    const readings = Array.from({ length: 4 }, () => served.read({ path, bytes: 200_000 }, stays)[Symbol.asyncIterator]())
    for (const reading of readings) await reading.next()
    assert.equal(await codeOfRead(path, 10), 'busy')
    for (const reading of readings) await reading.return?.()
    assert.equal(await codeOfRead(path, 10), 'ok')
  })

  it('are not held from others by a reader who takes nothing: its place is given away, and it is told', async () => {
    const path = join(root, 'notes.txt')
    const hasty = serveFiles({ rootOf: () => root, ownFolders: [own], stallMs: 20 })
    const begin = () => hasty.read({ path }, stays)[Symbol.asyncIterator]()
    const reading = begin()
    await reading.next()
    while (
      (await begin()
        .next()
        .then(() => 'ok', codeOf)) === 'busy'
    )
      await new Promise((resolve) => setImmediate(resolve))
    await assert.rejects(
      () => reading.next(),
      (error: unknown) => codeOf(error) === 'deadline_exceeded',
    )
  })

  it('are listed one after another; so many may wait and no more [limit files.waiting]', async () => {
    const asked = Array.from({ length: 40 }, () => codeOfList(root))
    const codes = await Promise.all(asked)
    assert.ok(codes.includes('ok') && codes.includes('rate_limited'), codes.join())
    assert.equal(await codeOfList(root), 'ok')
  })

  it('are left when whoever asked leaves, also while they wait', async () => {
    const leaving = new AbortController()
    const asked = Array.from({ length: 5 }, () => served.list({ path: root, from: 0, limit: 200 }, { signal: leaving.signal, trace: '' }))
    leaving.abort()
    const ends = await Promise.allSettled(asked)
    for (const end of ends) assert.equal(end.status === 'rejected' && codeOf(end.reason), 'canceled')
    assert.equal(await codeOfList(root), 'ok')
  })

  it('with two names are read under each that lies inside', async () => {
    linkSync(join(root, 'notes.txt'), join(root, 'sub/again'))
    assert.equal((await read(join(root, 'sub/again'))).length, 200_000)
  })
})
