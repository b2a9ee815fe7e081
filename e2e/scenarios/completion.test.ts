import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { page } from '@fairlead/agent/cli/man.ts'
import { verbs } from '@fairlead/agent/cli/verbs.ts'
import { startEngine, type TestEngine } from '../engine.ts'
import { need } from '../need.ts'

const main = join(import.meta.dirname, '../../agent/src/main.ts')

/** What each shell would offer behind each of these lines, asked of the shell itself, once. */
type Complete = (lines: readonly string[]) => string[][]

// The shells themselves, with the scripts that the agent writes, before a real engine.
describe('the verbs of the CLI', need('dockerd', 'busybox', 'zsh', 'fish', 'man'), () => {
  const dir = mkdtempSync('/var/tmp/fairlead-completion-')
  const env = {
    PATH: `${dir}/bin:${process.env['PATH']}`,
    HOME: dir,
    XDG_CONFIG_HOME: dir,
    XDG_DATA_HOME: dir,
    TERM: 'dumb',
    LC_ALL: 'C.UTF-8',
  }
  let engine: TestEngine
  before(async () => {
    engine = await startEngine()
    await engine.run('shop', ['sleep', '100000'], { Labels: { 'com.docker.compose.project': 'market', name: 'nobody' } })
    mkdirSync(join(dir, 'bin'))
    mkdirSync(join(dir, 'state'))
    const command = join(dir, 'bin/fairlead-agent')
    writeFileSync(
      command,
      `#!/bin/sh\nFAIRLEAD_STATE_DIR=${dir}/state FAIRLEAD_ENGINE=${engine.socket} exec ${process.execPath} ${main} "$@"\n`,
    )
    chmodSync(command, 0o755)
    for (const shell of ['bash', 'zsh', 'fish']) writeFileSync(join(dir, shell), shellSays('fairlead-agent', ['completion', shell]))
  })
  after(async () => {
    await engine?.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  function shellSays(file: string, argv: readonly string[], input = ''): string {
    const { stdout, stderr, status } = spawnSync(file, argv, { env, input, encoding: 'utf8', timeout: 60_000, cwd: join(dir, 'state') })
    assert.equal(stderr, '', `${file}: ${stderr}`)
    assert.equal(status, 0, file)
    return stdout
  }
  // No word of any line; `echo --` says nothing in fish.
  const end = '===='
  /** What was said behind one line, up to the end of it. */
  function cut(said: string): string[][] {
    const found: string[][] = [[]]
    for (const line of said.trimEnd().split('\n'))
      if (line === end) found.push([])
      else if (line !== '') found.at(-1)!.push(line.split('\t')[0]!)
    return found.slice(0, -1)
  }

  const shells: Record<string, Complete> = {
    bash(lines) {
      const each = lines.map((line) => {
        const words = line.split(' ')
        const set = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}`
        return `${set}; _fairlead_agent; printf '%s\\n' "\${COMPREPLY[@]}"; echo ${end}\n`
      })
      return cut(shellSays('bash', ['--norc'], `. ${dir}/bash\n${each.join('')}`))
    },
    zsh: (lines) => cut(shellSays('zsh', ['-f', join(import.meta.dirname, '../fleet/complete.zsh'), `${dir}/zsh`, ...lines])),
    fish(lines) {
      const each = lines.map((line) => `complete -C '${line}'; echo ${end}`)
      return cut(shellSays('fish', ['--no-config', '-c', [`source ${dir}/fish`, ...each].join('\n')]))
    },
  }
  const names = Object.keys(verbs)
  const flagsOf = (name: string) => ['--help', ...Object.keys(verbs[name]!.options ?? {}).map((long) => `--${long}`)].toSorted()

  for (const [shell, complete] of Object.entries(shells)) {
    it(`are completed by ${shell}, with their options`, { timeout: 120_000 }, () => {
      const [all, some, of, ...options] = complete(
        ['', 'unl', 'completion ', ...names.map((name) => `${name} --`)].map((rest) => `fairlead-agent ${rest}`),
      )
      assert.deepEqual(all!.toSorted(), [...names, 'run', 'help'].toSorted())
      assert.deepEqual(some, ['unlock'])
      assert.deepEqual(of!.filter((word) => !word.startsWith('-')).toSorted(), ['bash', 'fish', 'zsh'])
      for (const [at, name] of names.entries()) assert.deepEqual(options[at]!.toSorted(), flagsOf(name), name)
    })

    it(`are completed by ${shell} with the containers and stacks that are there`, { timeout: 120_000 }, () => {
      const [stacks, ofOption, label, ...found] = complete(
        ['stacks ma', 'stop --stack ', 'logs nob', ...names.map((name) => `${name} sh`)].map((rest) => `fairlead-agent ${rest}`),
      )
      assert.deepEqual(stacks, ['market'])
      assert.deepEqual(ofOption, ['market'])
      assert.deepEqual(label, [], 'a label that is called a name is no container')
      for (const [at, name] of names.entries()) assert.equal(found[at]!.includes('shop'), verbs[name]!.args.includes('CONTAINER'), name)
    })
  }

  it('have a page that man and mandoc take without a word', () => {
    const file = join(dir, 'fairlead-agent.8')
    writeFileSync(file, page('1.2.3'))
    const { stdout, stderr, status } = spawnSync('man', ['--warnings=w', '-l', file], {
      env: { ...env, MANPAGER: 'cat', MANWIDTH: '80' },
      encoding: 'utf8',
    })
    assert.deepEqual([stderr, status], ['', 0])
    for (const name of Object.keys(verbs)) assert.match(stdout, new RegExp(`^ +${name}\\b`, 'm'))
    assert.equal(spawnSync('mandoc', ['-Tlint', '-W', 'error', file], { encoding: 'utf8' }).stdout, '')
  })
})
