import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startEngine, type TestEngine } from '../engine.ts'
import { startPty } from '../fleet/pty.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'

const main = join(import.meta.dirname, '../../agent/src/main.ts')

// A terminal, a container and what is in between.
describe('a command of a container at this terminal', need('dockerd', 'busybox', 'python3'), () => {
  const dir = mkdtempSync('/var/tmp/fairlead-tty-')
  let engine: TestEngine | undefined
  before(async () => {
    engine = await startEngine()
    await engine.run('shop', ['sleep', '100000'])
  })
  after(async () => {
    await engine?.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  const shell = () =>
    startPty([process.execPath, main, 'exec', '--tty', 'shop', '--', 'busybox', 'sh'], {
      PATH: process.env['PATH'],
      TERM: 'xterm-256color',
      FAIRLEAD_STATE_DIR: dir,
      FAIRLEAD_ENGINE: engine!.socket,
    })
  /** Once its prompt is there. */
  async function opened() {
    const pty = shell()
    await until(() => /[#$] /.test(pty.said))
    return pty
  }

  it('has its keys, its name and its size, also when that changes, and ends with its code', { timeout: 120_000 }, async () => {
    const pty = await opened()
    await pty.type('echo $TERM; busybox tty\r', /\nxterm-256color\n\/dev\/pts\/\d+\n/)
    await pty.type('busybox stty size\r', '24 80')
    pty.resize(43, 132)
    await until(async () => {
      await pty.type('busybox stty size; echo done\r', '\ndone\n')
      return pty.said.includes('43 132')
    })
    // What would end a program here goes to the one over there, key by key.
    // Once it said so itself: until the shell gave its terminal away, keys are still its own.
    await pty.type('echo begun; busybox sleep 1000\r', '\nbegun\n')
    await pty.type('\u0003', '^C')
    await pty.type('echo "still" here\r', '\nstill here')
    await pty.type('printf "%s" \u00e9 | busybox wc -c\r', '\n2\n')
    await pty.type('exit 7\r', 'exit 7')
    assert.deepEqual(await pty.ended, { exit: 7, signal: 0, raw: false })
  })

  it('refuses to be one where there is no terminal', async () => {
    const pty = startPty(['/bin/sh', '-c', `${process.execPath} ${main} exec --tty shop -- true < /dev/null`], {
      PATH: process.env['PATH'],
      FAIRLEAD_STATE_DIR: dir,
      FAIRLEAD_ENGINE: engine!.socket,
    })
    assert.equal((await pty.ended).exit, 64)
    assert.match(pty.said, /--tty wants a terminal on both ends/)
  })

  it('gives the terminal back as it was when the CLI is ended, hung up on, or its engine dies', { timeout: 120_000 }, async () => {
    for (const number of [15, 1]) {
      const pty = await opened()
      pty.signal(number)
      const { raw } = await pty.ended
      assert.equal(raw, false, `signal ${number}`)
    }
    const pty = await opened()
    const { stop } = engine!
    engine = undefined
    await stop()
    const { exit, raw } = await pty.ended
    assert.equal(raw, false)
    assert.notEqual(exit, 0)
  })
})
