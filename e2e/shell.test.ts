import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { need } from './need.ts'
import { until } from './fleet/until.ts'

const root = join(import.meta.dirname, '..')
const banned = /\bexec(File)?Sync\(|\bexec\(\s*['"`]|\bexecFile\(|shell:\s*true|['"](?:\/bin\/)?(?:ba|da|z)?sh['"],\s*(?:\[\s*)?['"]-\w*c/

describe('no shell', () => {
  it('is asked for anywhere in what ships [security 50]', () => {
    const files = globSync('{protocol,hub,agent}/src/**/*.ts', { cwd: root }).filter((file) => !/\.test\.ts$|\/test-[^/]*$/.test(file))
    assert.ok(files.length > 80)
    assert.deepEqual(
      [...files, 'start.ts', 'dev.ts'].filter((file) => banned.test(readFileSync(join(root, file), 'utf8'))),
      [],
    )
    for (const text of [
      'execSync(`ls`)',
      "exec('ls')",
      'spawn(x, { shell: true })',
      "spawn('sh', ['-c', x])",
      "spawn('/bin/bash', ['-lc', x])",
    ])
      assert.match(text, banned, 'the search would notice')
  })

  it(
    'runs when a hub starts and stops; PostgreSQL’s own set-up tool asks for its own binaries that way and nothing else does [security 50]',
    { timeout: 120_000, ...need('strace') },
    async () => {
      const dir = mkdtempSync('/var/tmp/fairlead-shell-')
      chmodSync(dir, 0o711)
      const trace = join(dir, 'trace')
      const env = {
        PATH: process.env['PATH'],
        FAIRLEAD_DATA_DIR: join(dir, 'data'),
        FAIRLEAD_LISTEN: 'http://localhost:0',
        FAIRLEAD_TLS_LISTEN: 'https://127.0.0.1:0',
      }
      const argv = ['-f', '-s', '4096', '-e', 'trace=execve', '-o', trace, process.execPath, join(root, 'hub/src/main.ts')]
      const program = spawn('strace', argv, { env, stdio: ['ignore', 'ignore', 'pipe'] })
      let said = ''
      program.stderr.on('data', (part: Buffer) => (said += part.toString()))
      try {
        await until(() => /Console: http/.test(said))
        const [child] = readFileSync(`/proc/${program.pid}/task/${program.pid}/children`, 'utf8').trim().split(' ')
        const ended = once(program, 'exit')
        process.kill(Number(child), 'SIGTERM')
        await ended
        const runs = readFileSync(trace, 'utf8')
          .split('\n')
          .filter((line) => /execve\(.*= 0$/.test(line))
        assert.ok(runs.some((line) => line.includes('bin/initdb')) && runs.some((line) => line.includes('bin/postgres')))
        const shells = runs.filter((line) => /execve\("[^"]*\/(?:ba|da|z|a)?sh"/.test(line))
        assert.deepEqual(
          // Fixed commands of initdb’s own: its version check, its first start, the list of locales.
          shells.filter((line) => !/\["sh", "-c", "(?:locale -a"|(?:exec )?\\?"?[^ ]*bin\/postgres\\?"? )/.test(line)),
          [],
        )
      } finally {
        if (program.exitCode === null) program.kill('SIGKILL')
        rmSync(dir, { recursive: true, force: true })
      }
    },
  )
})
