import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { need } from '../../../e2e/need.ts'
import { parseArgs, parseTime } from './args.ts'
import { bash, fish, zsh } from './completion.ts'
import { page } from './man.ts'
import { clean, span, table } from './show.ts'
import { verbs } from './verbs.ts'

const main = join(import.meta.dirname, '../main.ts')

describe('the emergency CLI', () => {
  let dir: string
  const run = (...argv: string[]) => {
    const env = {
      PATH: process.env['PATH'],
      FAIRLEAD_STATE_DIR: dir,
      FAIRLEAD_POLICY: join(dir, 'policy.json'),
      FAIRLEAD_ENGINE: '/nowhere/engine.sock',
    }
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...argv], { env, encoding: 'utf8', timeout: 30_000 })
    return { status, stdout, stderr }
  }
  before(() => (dir = mkdtempSync('/var/tmp/fairlead-cli-')))
  after(() => rmSync(dir, { recursive: true, force: true }))

  it('names what is wrong, where, and what would be right', () => {
    const wrong: Record<string, RegExp> = {
      'logs web --tial 3': /--tial is no option of "logs"\. Usage: fairlead-agent logs/,
      'logs web --tail': /--tail wants LINES/,
      logs: /"logs" wants CONTAINER/,
      'logs web db': /"db" is too much/,
      'exec web': /after "--"/,
      'lock --for=': /"" is no time/,
      'lock --json=yes': /--json takes nothing/,
    }
    for (const [line, words] of Object.entries(wrong)) {
      const [name = '', ...argv] = line.split(' ')
      assert.throws(() => {
        const { options } = parseArgs(name, verbs[name]!, argv)
        if (options['for'] !== undefined) parseTime(String(options['for']))
      }, words)
    }
    assert.deepEqual(parseArgs('exec', verbs['exec']!, ['-u', 'www', 'web', '--', 'ls', '-l', '--json']), {
      words: ['web'],
      options: { user: 'www' },
      command: ['ls', '-l', '--json'],
    })
    assert.equal(parseTime('2h'), 7_200_000)
    for (const bad of ['2', 'h', '-1h', '0s', '1e3s', '400d', '1.5h']) assert.throws(() => parseTime(bad))
  })

  it('ends with the code of the error table, and says the same as a document', () => {
    assert.equal(run('nonsense').status, 64)
    const refused = run('ps', '--json')
    assert.equal(refused.status, 76)
    assert.equal((JSON.parse(refused.stderr) as { error: { code: string } }).error.code, 'bad_upstream')
    assert.equal(run('stacks', '--json').status, 76)
    assert.match(run('stop').stderr, /names of containers, or --stack STACK/)
    assert.equal(run('stop', '--stack', 'shop', 'web').status, 64)
    assert.equal(run('stop', '../etc').status, 64)
    assert.equal(run('unprotect', 'web').status, 66)
    writeFileSync(join(dir, 'bad.json'), '{"mode":"fool"}')
    assert.match(run('policy', 'check', join(dir, 'bad.json')).stderr, /"mode" .*monitor, operate, full/)
  })

  it('helps with every verb, in its completions and on its page, which man and the shell take', () => {
    for (const name of Object.keys(verbs)) {
      for (const text of [bash(), zsh(), fish(), page('1')]) assert.ok(text.includes(name), name)
      assert.ok(!/[ \t]$/m.test(verbs[name]!.says))
    }
    const help = run('help').stdout
    assert.ok(Object.keys(verbs).every((name) => help.includes(`  ${name} `)))
    assert.equal(run('exec', '--help').status, 0)
    const script = `${bash()}\nCOMP_WORDS=(fairlead-agent lo); COMP_CWORD=1; _fairlead_agent; echo "$COMPREPLY,\${#COMPREPLY[@]}"; COMP_WORDS=(fairlead-agent lock --re); COMP_CWORD=2; _fairlead_agent; echo "$COMPREPLY"`
    const { stdout, stderr } = spawnSync('bash', [], { input: script, encoding: 'utf8' })
    assert.deepEqual([stdout, stderr], ['logs,2\n--reason\n', ''])
    const roff = spawnSync('groff', ['-man', '-Tutf8', '-ww', '-z'], { input: page('1'), encoding: 'utf8' })
    assert.equal(roff.stderr, '')
  })

  // A label of an image named the stack: whoever pressed tab as root ran what it said.
  it('completes no name that a shell would run, as a label of an image may have it [security 51]', () => {
    const names = ['$(touch ran)x', '`touch ran`', '-rf', 'a b', '*', ';touch ran', "'", 'shop_1.web']
    const stacks = JSON.stringify(
      names.map((name) => ({ name, state: 'ok' })),
      null,
      2,
    )
    writeFileSync(join(dir, 'stacks.json'), stacks)
    for (const [words, at] of [
      ['fairlead-agent stacks ""', 2],
      ['fairlead-agent stop --stack ""', 3],
    ] as const) {
      const script = `${bash()}\nfairlead-agent() { cat stacks.json; }; COMP_WORDS=(${words}); COMP_CWORD=${at}; _fairlead_agent; printf '%s\\n' "\${COMPREPLY[@]}"`
      const { stdout, stderr } = spawnSync('bash', [], { input: script, encoding: 'utf8', cwd: dir })
      assert.deepEqual([stdout.split('\n').filter((word) => word !== '' && !word.startsWith('--')), stderr], [['shop_1.web'], ''])
      assert.equal(existsSync(join(dir, 'ran')), false)
    }
  })

  describe('run by root where the agent has an account of its own', need('tmpfs'), () => {
    const account = 64_999
    beforeEach(() => {
      // The test's own folder is nobody else's to enter.
      chmodSync(dir, 0o700)
      chownSync(dir, account, account)
    })
    afterEach(() => chownSync(dir, 0, 0))

    // What root wrote for the account was "of another account" to root: the second `protect` failed, and a lock was "unreadable".
    it('believes what that account keeps', () => {
      for (const name of ['web', 'db']) assert.equal(run('protect', name).status, 0)
      assert.match(run('protect').stdout, /db[^]*web|web[^]*db/)
      assert.equal(run('unprotect', 'web').status, 0)
      assert.equal(run('lock', '--reason', 'maintenance').status, 0)
      assert.match(run('policy').stdout, /^Lock: .*maintenance$/m)
      assert.match(run('policy').stdout, /^Protected: +db$/m)
      assert.equal(run('unlock').status, 0)
    })

    it('writes nothing where a link of that account leads [security 60]', () => {
      const other = mkdtempSync('/var/tmp/fairlead-other-')
      try {
        rmSync(join(dir, 'journal'), { recursive: true, force: true })
        symlinkSync(other, join(dir, 'journal'))
        assert.equal(run('lock').status, 0)
        assert.deepEqual(readdirSync(other), [])
        const { uid } = statSync(join(dir, 'lock.json'))
        assert.equal(uid, account)
      } finally {
        rmSync(join(dir, 'journal'), { force: true })
        rmSync(other, { recursive: true })
        run('unlock')
      }
    })

    it('waits for nobody where that account put a pipe in a file’s place [security 64]', () => {
      const files = ['hub', 'lock', 'rules', 'rules-done', 'losses', 'protected', 'narrowed', 'policy-kept', 'taken', 'witness']
      const names = [
        ...files.map((name) => `${name}.json`),
        'identity.pem',
        'epoch',
        'generation',
        'lock-reserve',
        'journal/000000000000001.jnl',
      ]
      rmSync(join(dir, 'journal'), { recursive: true, force: true })
      mkdirSync(join(dir, 'journal'))
      try {
        for (const name of names) {
          rmSync(join(dir, name), { force: true })
          assert.equal(spawnSync('mkfifo', [join(dir, name)]).status, 0)
        }
        for (const line of ['status', 'policy', 'rules', 'journal', 'doctor', 'support', 'unlock', 'lock', 'unlock']) {
          // Ended by itself: `run` ends what takes half a minute.
          assert.notEqual(run(line).status, null, line)
        }
      } finally {
        for (const name of names) rmSync(join(dir, name), { force: true })
        rmSync(join(dir, 'journal'), { recursive: true })
      }
    })

    it('writes over no file that a link of that account leads to, on a full disk either [security 60 162]', () => {
      const other = join(dir, 'other')
      writeFileSync(other, 'root alone')
      chownSync(other, 0, 0)
      chmodSync(other, 0o600)
      // A disk of its own, full, in a namespace of its own.
      const text = [
        'set -e',
        'mkdir "$0/full"; mount -t tmpfs -o size=64k,mode=0700 tmpfs "$0/full"',
        'ln -s "$0/other" "$0/full/lock-reserve"',
        `dd if=/dev/zero of="$0/full/fill" bs=4k 2>/dev/null || true; chown -hR ${account}:${account} "$0/full"`,
        'export FAIRLEAD_STATE_DIR="$0/full"; exec "$@"',
      ].join('\n')
      const argv = ['-m', 'sh', '-c', text, dir, process.execPath, main, 'lock']
      const { stderr } = spawnSync('unshare', argv, { env: { PATH: process.env['PATH'] }, encoding: 'utf8' })
      assert.match(stderr, /EACCES/)
      assert.equal(readFileSync(other, 'utf8'), 'root alone')
    })
  })

  it('obeys nothing that others wrote, in words and as a document', () => {
    const host = 'h\u001b]0;x\u0007\u009b31m\u202e'
    writeFileSync(join(dir, 'hub.json'), JSON.stringify({ address: 'https://hub', hubKey: 'A'.repeat(43), host, organization: 'o' }))
    for (const text of [run('status').stdout, run('status', '--json').stdout, run('support').stdout]) {
      assert.match(text, /\]0;x/)
      assert.doesNotMatch(text, /[\u0007\u001b\u009b\u202e]/)
    }
    rmSync(join(dir, 'hub.json'))
  })

  it('shows what others wrote as text', () => {
    assert.equal(clean('a\u001b[31mb\u202ec\u0007'), 'a\uFFFD[31mb\uFFFDc\uFFFD')
    assert.equal(table(['A', 'B'], [['long\nname', 'x']]), 'A          B\nlong name  x')
    assert.equal(span(90_000), '90 s')
  })
})
