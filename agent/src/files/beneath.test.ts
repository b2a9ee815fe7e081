import assert from 'node:assert/strict'
import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { codeOf, FairleadError } from '@fairlead/protocol/errors.ts'
import { openBeneath, openRoot, type Judge } from './beneath.ts'
import { readContent } from './content.ts'

const secret = 'of another account'
const harmless = 'for everybody'
const stays = new AbortController().signal

describe('what is opened beneath a folder', () => {
  let dir: string
  let root: string
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'fairlead-beneath-'))
    root = join(dir, 'root')
    mkdirSync(join(root, 'folder/inner'), { recursive: true })
    mkdirSync(join(dir, 'outside/inner'), { recursive: true })
    writeFileSync(join(root, 'folder/inner/file'), harmless)
    writeFileSync(join(root, 'file'), harmless)
    writeFileSync(join(dir, 'outside/inner/file'), secret)
    symlinkSync(join(dir, 'outside'), join(root, 'away'))
    symlinkSync('folder', join(root, 'near'))
    symlinkSync(join(dir, 'outside/inner/file'), join(root, 'file-away'))
  })
  after(() => rmSync(dir, { recursive: true, force: true }))

  async function textOf(path: string, judge?: Judge): Promise<string> {
    const place = await openBeneath(root, path, judge)
    try {
      const parts: Uint8Array[] = []
      for await (const part of readContent(place, undefined, stays)) parts.push(part)
      return Buffer.concat(parts).toString()
    } finally {
      await place.close()
    }
  }
  const codeAt = (path: string) => textOf(path).then(() => 'ok', codeOf)
  const descriptors = () => readdirSync('/proc/self/fd').length

  it('is what lies there', async () => {
    assert.equal(await textOf('file'), harmless)
    assert.equal(await textOf('folder/inner/file'), harmless)
  })

  for (const [path, code] of [
    ['', 'invalid_input'],
    ['/file', 'invalid_input'],
    ['folder//inner', 'invalid_input'],
    ['folder/', 'invalid_input'],
    ['.', 'invalid_input'],
    ['..', 'invalid_input'],
    ['../outside/inner/file', 'invalid_input'],
    ['folder/../file', 'invalid_input'],
    ['folder/./inner', 'invalid_input'],
    ['fi\0le', 'invalid_input'],
    ['x'.repeat(256), 'invalid_input'],
    ['é'.repeat(128), 'invalid_input'],
    ['x/'.repeat(2047) + 'xx', 'invalid_input'],
    ['nothing', 'not_found'],
    ['nothing/at/all', 'not_found'],
    ['file/inner', 'forbidden'],
    ['away/inner/file', 'forbidden'],
    ['near/inner/file', 'forbidden'],
    ['file-away', 'forbidden'],
    ['near', 'forbidden'],
  ] as const)
    it(`is ${code} for ${JSON.stringify(path.slice(0, 30))}${path.length > 30 ? '…' : ''}, and leaves nothing open`, async () => {
      const open = descriptors()
      assert.equal(await codeAt(path), code)
      assert.equal(descriptors(), open)
    })

  it('is judged at each step, and nothing stays open where that refuses', async () => {
    const open = descriptors()
    for (const step of [1, 2, 3, 4]) {
      let steps = 0
      const judge = () => {
        if (++steps === step) throw new FairleadError('forbidden', 'no')
      }
      await assert.rejects(textOf('folder/inner/file', judge), { code: 'forbidden' })
      assert.equal(steps, step)
    }
    assert.equal(descriptors(), open)
  })

  // Whoever writes above the folder that root named put a link in the way: all of /etc/ssl was "conf/ssl".
  it('is no folder behind a link that somebody laid above it [security 60]', async () => {
    const open = descriptors()
    mkdirSync(join(dir, 'named/conf/inner'), { recursive: true })
    await (await openRoot(join(dir, 'named/conf/inner'))).close()
    rmSync(join(dir, 'named/conf'), { recursive: true })
    symlinkSync(join(dir, 'outside'), join(dir, 'named/conf'))
    await assert.rejects(openRoot(join(dir, 'named/conf/inner')), { code: 'forbidden' })
    await assert.rejects(openBeneath(join(dir, 'named/conf/inner'), 'file'), { code: 'forbidden' })
    assert.equal(descriptors(), open)
  })

  it('is no folder that is a link itself', async () => {
    await assert.rejects(openRoot(join(root, 'near')), { code: 'forbidden' })
  })

  it('does not go on into another file system', async () => {
    const other = ['/proc', '/dev/shm', '/sys'].find((path) => spawnSync('mountpoint', ['-q', path]).status === 0)
    assert.ok(other !== undefined)
    await assert.rejects(
      openBeneath('/', other.slice(1)),
      (error: Error) => codeOf(error) === 'forbidden' && /Another file system/.test(error.message),
    )
  })

  it('waits for no pipe and starts no device: only a plain file is opened at all', async () => {
    spawnSync('mkfifo', [join(root, 'pipe')])
    assert.equal(await codeAt('pipe'), 'invalid_input')
    assert.equal(await codeAt('folder'), 'invalid_input')
  })

  it(
    'is never another thing, though links take the place of folders and files 20,000 times; the usual way leaks [security 60]',
    { timeout: 180_000 },
    async (t) => {
      const tries = 20_000
      const paths = ['swapped/file', 'swapped-file']
      mkdirSync(join(root, 'swapped'))
      writeFileSync(join(root, 'swapped/file'), harmless)
      writeFileSync(join(root, 'swapped-file'), harmless)
      symlinkSync(join(dir, 'outside/inner'), join(root, 'swapped-away'))
      symlinkSync(join(dir, 'outside/inner/file'), join(root, 'swapped-file-away'))
      const pairs = ['swapped', 'swapped-away', 'swapped-file', 'swapped-file-away'].map((name) => join(root, name))
      const attacker = fork(join(import.meta.dirname, 'test-swap.ts'), pairs)
      const ended = once(attacker, 'exit')
      try {
        await once(attacker, 'message')
        const open = descriptors()
        const counts = { leaked: 0, right: 0, refused: 0, naive: 0 }
        for (let n = 0; n < tries; n++) {
          const path = paths[n % 2]!
          if (looksFirst(root, path) === secret) counts.naive++
          const found = await textOf(path).catch((error: unknown) => {
            if (codeOf(error) !== 'forbidden' && codeOf(error) !== 'not_found') throw error
            return undefined
          })
          if (found === undefined) counts.refused++
          else if (found === harmless) counts.right++
          else counts.leaked++
        }
        t.diagnostic(JSON.stringify(counts))
        assert.equal(counts.leaked, 0)
        assert.ok(counts.naive > 0 && counts.right > 0 && counts.refused > 0, JSON.stringify(counts))
        assert.equal(descriptors(), open)
      } finally {
        attacker.kill('SIGKILL')
        await ended
      }
    },
  )
})

/** What everybody writes first: where does it lead, is that inside, open it. */
function looksFirst(root: string, path: string): string | undefined {
  try {
    const real = realpathSync(join(root, path))
    return real.startsWith(`${root}/`) ? readFileSync(join(root, path), 'utf8') : undefined
  } catch {
    return undefined
  }
}
