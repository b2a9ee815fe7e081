import assert from 'node:assert/strict'
import { fork, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { readJournal } from '@fairlead/agent/journal/files.ts'
import { writePin } from '@fairlead/agent/pin.ts'
import { removeLock, writeLock } from '@fairlead/agent/policy/lock.ts'
import { openEvilHub, type EvilHub } from '../fleet/evil-hub.ts'

const agentSource = join(import.meta.dirname, '../../agent/src')
const secret = 'hunter2-canary'

describe('a hub in the wrong hands that wants files', () => {
  let dir: string
  let hub: EvilHub
  let agent: ChildProcess
  const stateDir = () => join(dir, 'state')
  const policy = (rules: object) => {
    writeFileSync(join(dir, 'new'), JSON.stringify(rules), { mode: 0o600 })
    renameSync(join(dir, 'new'), join(dir, 'etc/policy.json'))
  }
  const root = () => join(dir, 'srv')
  const reads = ['files.list', 'files.stat', 'files.read'] as const
  /** Nothing of it may come out, by any method. */
  const refusesAll = async (params: object) => {
    for (const method of reads) {
      const { code, text } = await hub.ask(method, params)
      assert.notEqual(code, 'ok', `${method} ${JSON.stringify(params)}`)
      assert.ok(!text.includes(secret))
    }
  }
  before(async () => {
    dir = mkdtempSync('/var/tmp/fairlead-evil-files-')
    mkdirSync(stateDir(), { mode: 0o700 })
    mkdirSync(join(dir, 'etc'), { mode: 0o700 })
    hub = await openEvilHub()
    writePin(stateDir(), { address: hub.address, hubKey: hub.key, host: 'host', organization: 'organization', standby: [] })
    const env = {
      PATH: process.env['PATH'],
      FAIRLEAD_STATE_DIR: stateDir(),
      FAIRLEAD_ENGINE: '/nowhere.sock',
      FAIRLEAD_POLICY: join(dir, 'etc/policy.json'),
    }
    agent = spawn(process.execPath, [join(agentSource, 'main.ts'), 'run'], { env, stdio: 'ignore' })
    await hub.session()
    mkdirSync(join(root(), 'sub'), { recursive: true })
    mkdirSync(join(dir, 'outside'))
    writeFileSync(join(root(), 'open'), 'for everybody')
    writeFileSync(join(dir, 'outside/open'), secret)
    symlinkSync(dir, join(root(), 'up'))
    symlinkSync(join(dir, 'outside/open'), join(root(), 'away'))
  })

  after(async () => {
    const ended = once(agent, 'exit')
    if (agent.exitCode === null && agent.kill('SIGKILL')) await ended
    await hub?.close()
    rmSync(dir, { recursive: true, force: true })
  })

  it('reads none where root named no folder, nor outside of those that it named: by no path, and by no overlay [security 45 60]', async () => {
    const everywhere = ['/', '/etc/shadow', '/proc/self/environ', root(), join(root(), 'open'), join(dir, 'outside/open')]
    policy({ mode: 'full' })
    for (const path of everywhere) await refusesAll({ path })
    policy({ mode: 'full', files: { read: [root()] } })
    assert.equal((await hub.ask('files.read', { path: join(root(), 'open') })).text, 'for everybody')
    for (const more of [
      { files: { read: ['/'] } },
      { mode: 'full', deny: [], files: { read: ['/'], write: ['/'] } },
      { allow: ['files.read'] },
    ])
      await hub.ask('policy.narrow', more)
    for (const path of [
      ...everywhere.filter((path) => !path.startsWith(root())),
      ...[
        '/../outside/open',
        '/sub/../../outside/open',
        '/up/outside/open',
        '/away',
        '//open',
        '/./open',
        '/%2e%2e/outside/open',
        '/open\0',
        '2',
      ].map((more) => root() + more),
      'open',
      '',
      '\\..\\outside',
      `/${'x'.repeat(70_000)}`,
    ]) {
      await refusesAll({ path })
      await refusesAll({ path, root: '/', roots: ['/'], policy: { files: { read: ['/'] } } })
    }
    for (const path of [null, 7, [], [join(root(), 'open')], {}]) await refusesAll({ path })
    for (const bytes of [-1, 1.5, '9', 1e300])
      assert.notEqual((await hub.ask('files.read', { path: join(root(), 'open'), bytes })).code, 'ok')
    const { entries } = readJournal(stateDir())
    assert.ok(entries.some((entry) => entry.kind === 'refused' && entry.method === 'files.read' && entry.target === '/etc/shadow'))
    assert.equal(agent.exitCode, null)
  })

  it('reads nothing of the agent’s own, nor of the kernel, though a folder covers them [security 60]', async () => {
    policy({ mode: 'full', files: { read: ['/', '/proc', '/sys', '/dev', stateDir(), dir] } })
    for (const path of [
      '/proc/1/environ',
      `/proc/${agent.pid}/environ`,
      '/proc/self/mem',
      '/dev/mem',
      '/dev/null',
      '/sys/kernel',
      stateDir(),
    ])
      await refusesAll({ path })
    for (const name of ['hub.json', 'identity.pem', 'narrowed.json', 'journal', 'agent.sock'])
      await refusesAll({ path: join(stateDir(), name) })
    await refusesAll({ path: join(dir, 'etc/policy.json') })
    policy({ mode: 'full', files: { read: [root()] } })
  })

  it(
    'gets no byte of another file though links take their places meanwhile, and none of a locked host [security 47 60]',
    { timeout: 120_000 },
    async () => {
      mkdirSync(join(root(), 'swapped'))
      writeFileSync(join(root(), 'swapped/open'), 'for everybody')
      symlinkSync(join(dir, 'outside'), join(root(), 'swapped-away'))
      const attacker = fork(
        join(agentSource, 'files/test-swap.ts'),
        ['swapped', 'swapped-away'].map((name) => join(root(), name)),
      )
      const over = once(attacker, 'exit')
      try {
        await once(attacker, 'message')
        const told = { right: 0, refused: 0 }
        for (let n = 0; n < 1000; n++) {
          const { code, text } = await hub.ask('files.read', { path: join(root(), 'swapped/open'), bytes: 100 })
          assert.ok(!text.includes(secret))
          if (code === 'ok') told.right++
          else told.refused++
        }
        assert.ok(told.right > 0 && told.refused > 0, JSON.stringify(told))
      } finally {
        attacker.kill('SIGKILL')
        await over
      }
      writeLock(stateDir(), { forMs: undefined, reason: 'now', by: 'root' })
      await refusesAll({ path: join(root(), 'open') })
      removeLock(stateDir())
    },
  )
})
