import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'

const starter = readFileSync(join(import.meta.dirname, '../../installers/starter.sh'), 'utf8')
const [old, fresh] = ['a'.repeat(64), 'b'.repeat(64)]

/** What a made-up program does, after it wrote down that it ran. */
const does = {
  ends: 'exit 3',
  hangs: 'exec sleep 1000',
  /** As an agent whose link came up. */
  keeps: `printf 'now=%s\\nbefore=%s\\n' "$(basename "$0")" installed > $FAIRLEAD_STATE_DIR/programs/slots.x
mv $FAIRLEAD_STATE_DIR/programs/slots.x $FAIRLEAD_STATE_DIR/programs/slots; exec sleep 1000`,
  returns: 'exit 0',
}

// The starter itself, with programs that are a few lines; both shells that hosts have.
for (const shell of [['dash'], ['busybox', 'sh']])
  describe(`the starter under ${shell.join(' ')}`, need('busybox'), () => {
    let dir: string
    const programs = () => join(dir, 'state/programs')
    const slots = () => readFileSync(join(programs(), 'slots'), 'utf8')
    const ran = () => (existsSync(join(dir, 'ran')) ? readFileSync(join(dir, 'ran'), 'utf8').trim().split('\n') : [])
    const children: ChildProcess[] = []

    beforeEach(() => {
      dir = mkdtempSync('/var/tmp/fairlead-starter-')
      mkdirSync(programs(), { recursive: true, mode: 0o700 })
      program(join(dir, 'agent'), 'installed', does.returns)
      writeFileSync(
        join(dir, 'fairlead-agent'),
        `#!/bin/sh\nprefix="${dir}" state="${dir}/state" node="" installed="${dir}/agent"\n${starter.replace('limit_seconds=120', 'limit_seconds=2')}`,
      )
    })
    afterEach(async () => {
      for (const child of children.splice(0)) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      // Whose starter was killed is nobody's child.
      for (const pid of existsSync(join(dir, 'pids')) ? readFileSync(join(dir, 'pids'), 'utf8').trim().split('\n') : [])
        try {
          process.kill(Number(pid), 'SIGKILL')
        } catch {
          // It ended.
        }
      rmSync(dir, { recursive: true, force: true })
    })

    function program(file: string, name: string, then: string): void {
      writeFileSync(
        file,
        `#!/bin/sh\necho "${name} $*\${FAIRLEAD_STARTER_STAYS:+ stays}" >> ${dir}/ran\necho $$ >> ${dir}/pids\n${then}\n`,
        { mode: 0o700 },
      )
    }
    const put = (slot: string, name: string, then: string) => program(join(programs(), slot), name, then)
    const set = (lines: string) => writeFileSync(join(programs(), 'slots'), lines)

    function run(...argv: string[]) {
      const [file, ...before] = shell
      const child = spawn(file!, [...before, join(dir, 'fairlead-agent'), ...argv], { stdio: 'ignore', env: { PATH: '/usr/bin:/bin' } })
      children.push(child)
      return { child, ended: new Promise<number | null>((done) => child.once('exit', done)) }
    }

    it('starts what was installed where nothing else is said, with every verb', async () => {
      assert.equal(await run('run').ended, 0)
      assert.equal(await run('status', '--json').ended, 0)
      assert.deepEqual(ran(), ['installed run', 'installed status --json'])
    })

    // The account of an agent may write that file, and root asks for its status through the same script.
    it('takes proxies from the file of proxies, and nothing by which others would run [security 64]', async () => {
      program(join(dir, 'agent'), 'installed', `env > ${dir}/env`)
      const said = ['HTTPS_PROXY=http://p:1', 'LD_PRELOAD=/nowhere/x.so', 'NODE_OPTIONS=--require=x', 'FAIRLEAD_STATE_DIR=/x', 'NO_PROXY=a']
      writeFileSync(join(dir, 'proxy.env'), `${said.join('\n')}\n`)
      assert.equal(await run('status').ended, 0)
      const had = readFileSync(join(dir, 'env'), 'utf8').split('\n')
      assert.deepEqual(
        said.map((one) => had.includes(one)),
        [true, false, false, false, true],
      )
    })

    it('starts what is kept, and for a rollback what was installed: what runs may be what is broken', async () => {
      put(old, 'kept', does.returns)
      set(`now=${old}\nbefore=installed\n`)
      for (const verb of ['run', 'status', 'rollback']) assert.equal(await run(verb).ended, 0)
      assert.deepEqual(ran(), ['kept run', 'kept status', 'installed rollback'])
    })

    it('keeps a new one once it says so, and ends with it at a signal', async () => {
      put(fresh, 'new', does.keeps)
      set(`now=installed\nbefore=\nnext=${fresh}\ntries=0\n`)
      const { child, ended } = run('run')
      await until(() => slots().includes(`now=${fresh}`))
      child.kill('SIGTERM')
      assert.equal(await ended, 143)
      assert.deepEqual(ran(), ['new run stays'])
      assert.equal(existsSync(join(programs(), 'returned')), false)
    })

    it('ends with what it started at a signal that comes before it knows what that is', async () => {
      // Between its two lines a busy machine may do something else.
      const file = join(dir, 'fairlead-agent')
      const slow = readFileSync(file, 'utf8').replace('  child=$!\n', '  sleep 1\n  child=$!\n')
      assert.match(slow, /sleep 1\n {2}child=/)
      writeFileSync(file, slow)
      put(fresh, 'new', `kill -TERM $PPID; ${does.hangs}`)
      set(`now=installed\nbefore=\nnext=${fresh}\ntries=0\n`)
      const { child } = run('run')
      await until(() => child.exitCode !== null || child.signalCode !== null)
      assert.equal(child.exitCode, 143)
    })

    it('goes back from one that ends or hangs, once, and says why [security 144]', { timeout: 60_000 }, async () => {
      for (const [how, why] of [
        ['ends', /^\S+ It ended with 3 before it had logged in\.\n$/],
        ['hangs', /^\S+ It did not log in within 2 seconds\.\n$/],
      ] as const) {
        put(fresh, how, does[how])
        set(`now=installed\nbefore=${old}\nnext=${fresh}\ntries=0\n`)
        assert.equal(await run('run').ended, 0)
        assert.equal(slots(), `now=installed\nbefore=${old}\n`)
        assert.match(readFileSync(join(programs(), 'returned'), 'utf8'), why)
        assert.equal(await run('run').ended, 0)
        assert.deepEqual(ran(), [`${how} run stays`, 'installed run', 'installed run'])
        rmSync(join(dir, 'ran'))
      }
    })

    it(
      'counts a try before it makes it: whoever is killed in the middle twice has tried enough [security 144]',
      { timeout: 60_000 },
      async () => {
        put(fresh, 'new', does.hangs)
        set(`now=installed\nbefore=\nnext=${fresh}\ntries=0\n`)
        for (const tries of [1, 2]) {
          const { child, ended } = run('run')
          await until(() => ran().length === tries)
          assert.ok(slots().includes(`tries=${tries}\n`))
          child.kill('SIGKILL')
          await ended
        }
        assert.equal(await run('run').ended, 0)
        assert.deepEqual(ran(), ['new run stays', 'new run stays', 'installed run'])
        assert.match(readFileSync(join(programs(), 'returned'), 'utf8'), /started 2 times/)
      },
    )

    it('stops with its service in the middle of a try, which it may make once more', async () => {
      put(fresh, 'new', does.hangs)
      set(`now=installed\nbefore=\nnext=${fresh}\ntries=0\n`)
      const { child, ended } = run('run')
      await until(() => ran().length === 1)
      child.kill('SIGTERM')
      assert.notEqual(await ended, 0)
      assert.ok(slots().includes(`next=${fresh}\ntries=1\n`))
    })

    it('starts something that was there, whatever a power failure left [security 144]', { timeout: 60_000 }, async () => {
      const left: Record<string, () => void> = {
        'an empty file': () => set(''),
        'half a file': () => set(`now=${old.slice(0, 9)}`),
        'a file that was never put in place': () => writeFileSync(join(programs(), 'slots.new'), `now=x\nnext=${fresh}\n`),
        'a program that is gone': () => set(`now=${'c'.repeat(64)}\nbefore=${'d'.repeat(64)}\n`),
        'a next one that is gone': () => set(`now=installed\nnext=${'c'.repeat(64)}\ntries=0\n`),
        'a count that is none': () => set(`now=installed\nnext=${fresh}\ntries=x\n`),
        'a name that leads elsewhere': () => set(`now=../../agent\nbefore=/bin/true\nnext=..\ntries=0\n`),
        'why it went back, and not that it did': () => {
          writeFileSync(join(programs(), 'returned'), `${fresh} because\n`)
          set(`now=installed\nbefore=\nnext=${fresh}\ntries=2\n`)
        },
      }
      for (const [what, leave] of Object.entries(left)) {
        put(fresh, 'new', does.ends)
        leave()
        assert.equal(await run('run').ended, 0, what)
        assert.equal(ran().at(-1), 'installed run', what)
        rmSync(join(programs(), 'slots'), { force: true })
      }
    })

    it('starts nothing below a folder that another account may write [security 143]', async () => {
      put(fresh, 'new', does.keeps)
      put(old, 'kept', does.returns)
      const say = () => set(`now=${old}\nbefore=installed\nnext=${fresh}\ntries=0\n`)
      const foreign: Record<string, () => void> = {
        state: () => chownSync(join(dir, 'state'), 12_345, 12_345),
        programs: () => chownSync(programs(), 12_345, 12_345),
        slots: () => chownSync(join(programs(), 'slots'), 12_345, 12_345),
      }
      for (const [what, give] of Object.entries(foreign)) {
        say()
        give()
        assert.equal(await run('run').ended, 0, what)
        for (const path of ['state', 'state/programs', 'state/programs/slots']) chownSync(join(dir, path), 0, 0)
      }
      say()
      chownSync(join(programs(), old), 12_345, 12_345)
      chownSync(join(programs(), fresh), 12_345, 12_345)
      assert.equal(await run('run').ended, 0)
      rmSync(join(programs(), old))
      symlinkSync('/bin/false', join(programs(), old))
      set(`now=${old}\n`)
      assert.equal(await run('run').ended, 0)
      assert.deepEqual(
        ran(),
        Array.from({ length: 5 }, () => 'installed run'),
      )
    })
  })
