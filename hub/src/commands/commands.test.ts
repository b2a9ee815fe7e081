import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { commands } from './commands.ts'

const program = join(import.meta.dirname, '../main.ts')
const run = (...args: string[]) => spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', timeout: 30_000 })

describe('commands of the hub’s program', () => {
  it('say what there is, without a hub and without a data folder', () => {
    const { status, stdout } = run('help')
    assert.equal(status, 0)
    assert.match(stdout, /fairlead-hub version/)
    const columns = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.search(/(?<=\S {2,})\S/))
    assert.equal(new Set(columns).size, 1, stdout)
  })

  for (const name of Object.keys(commands).filter((one) => one !== 'version'))
    it(`say of ${name} how it is used, whatever else is asked of it`, () => {
      const { status, stdout, stderr } = run(name, '--json', '--help')
      assert.deepEqual([status, stderr], [0, ''])
      assert.match(stdout, new RegExp(`^Use it so: fairlead-hub ${name}`))
    })

  it('that do not exist are refused with the list, and start no hub', () => {
    const { status, stderr } = run('constructor')
    assert.equal(status, 64)
    assert.match(stderr, /"constructor" is no command of the hub/)
  })
})
