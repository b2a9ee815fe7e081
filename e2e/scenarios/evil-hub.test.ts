import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { randomBytes } from 'node:crypto'
import { writePin } from '@fairlead/agent/pin.ts'
import { readJournal } from '@fairlead/agent/journal/files.ts'
import { removeLock, writeLock } from '@fairlead/agent/policy/lock.ts'
import { writeProtected } from '@fairlead/agent/policy/protect.ts'
import { agentFeatures } from '@fairlead/protocol/features/agent.ts'
import { startEngine, type TestEngine } from '../engine.ts'
import { openEvilHub, type EvilHub } from '../fleet/evil-hub.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'

const main = join(import.meta.dirname, '../../agent/src/main.ts')
const secret = 'hunter2-canary'

/** What each method is asked with: all that would do something, on this container. */
const asks = (id: string): Readonly<Record<string, object>> => ({
  'containers.start': { id },
  'containers.stop': { id, timeoutSeconds: 0 },
  'containers.restart': { id, timeoutSeconds: 0 },
  'containers.kill': { id, signal: 'SIGUSR1' },
  'containers.pause': { id },
  'containers.unpause': { id },
  'containers.rename': { id, name: 'taken' },
  'containers.remove': { id, force: true, volumes: true },
  'containers.exec': { id, command: ['busybox', 'touch', '/mark'] },
  'terminals.open': { container: id, command: ['busybox', 'touch', '/mark'] },
  'terminals.attach': { id: '0'.repeat(32) },
  'terminals.rename': { id: '0'.repeat(32), name: 'x' },
  'terminals.close': { id: '0'.repeat(32) },
})

describe('a hub in the wrong hands', need('dockerd', 'busybox'), () => {
  let dir: string
  let engine: TestEngine
  let hub: EvilHub
  let agent: ChildProcess
  let victim: string
  const stateDir = () => join(dir, 'state')
  const policy = (rules: object) => {
    writeFileSync(join(dir, 'new'), JSON.stringify(rules), { mode: 0o600 })
    renameSync(join(dir, 'new'), join(dir, 'policy.json'))
  }
  const run = () => {
    const env = {
      PATH: process.env['PATH'],
      FAIRLEAD_STATE_DIR: stateDir(),
      FAIRLEAD_ENGINE: engine.socket,
      FAIRLEAD_POLICY: join(dir, 'policy.json'),
    }
    agent = spawn(process.execPath, [main, 'run'], { env, stdio: 'ignore' })
  }
  const stop = async () => {
    const ended = once(agent, 'exit')
    agent.kill('SIGKILL')
    await ended
  }
  /** What the engine did since then, told by itself: its clock is this machine's. */
  const effects = async (sinceMs: number) => {
    const { body } = await engine.api('GET', `/events?since=${(sinceMs / 1000).toFixed(3)}&until=${(Date.now() / 1000).toFixed(3)}`)
    return body.split('\n').flatMap((line) => (line === '' ? [] : [String((JSON.parse(line) as { Action: string }).Action)]))
  }
  const refusedAll = async (id: string) => {
    const sinceMs = Date.now()
    const codes: Record<string, string> = {}
    for (const [method, input] of Object.entries(asks(id))) {
      const { code } = await hub.ask(method, input)
      codes[method] = code
      for (const more of [
        { ...input, force: true, policy: { mode: 'full' } },
        { ...input, host: 'another' },
      ])
        assert.notEqual((await hub.ask(method, more)).code, 'ok', method)
    }
    return { codes, done: await effects(sinceMs) }
  }

  before(async () => {
    dir = mkdtempSync('/var/tmp/fairlead-evil-')
    mkdirSync(stateDir(), { mode: 0o700 })
    engine = await startEngine()
    hub = await openEvilHub()
    victim = await engine.run('victim', ['sleep', '100000'], { Env: [`TOKEN=${secret}`] })
    writePin(stateDir(), { address: hub.address, hubKey: hub.key, host: 'host', organization: 'organization', standby: [] })
    run()
    await hub.session()
  })
  after(async () => {
    if (agent?.exitCode === null) await stop()
    await hub?.close()
    await engine?.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  it('asks for every method there is: under monitor, a lock and a denial nothing happens, and all of it is written down [security 45 47 49]', async () => {
    const regimes: Record<string, () => void> = {
      monitor: () => policy({ mode: 'monitor' }),
      denied: () => policy({ mode: 'full', deny: ['container.lifecycle', 'container.exec'] }),
      locked: () => (policy({ mode: 'full' }), void writeLock(stateDir(), { forMs: undefined, reason: 'test', by: 'root' })),
    }
    for (const [name, begin] of Object.entries(regimes)) {
      begin()
      const { codes, done } = await refusedAll(victim)
      for (const [method, code] of Object.entries(codes)) assert.equal(code, 'forbidden', `${name} ${method}`)
      assert.deepEqual(done, [], name)
      assert.equal((await hub.ask('containers.list', {})).code, 'ok', name)
    }
    const { entries, changedIn } = readJournal(stateDir())
    assert.equal(changedIn, undefined)
    for (const method of Object.keys(asks(victim)))
      assert.ok(
        entries.some((entry) => entry.kind === 'refused' && entry.method === method),
        method,
      )
    assert.ok(!entries.some(({ kind }) => kind === 'begun'))
    assert.ok(!JSON.stringify(entries).includes('/mark'))
  })

  it('cannot open the lock, widen a policy or reach what root wrote: by no word, not over a new start either [security 45 47]', async () => {
    const files = ['lock.json'].map((name) => join(stateDir(), name)).concat(join(dir, 'policy.json'))
    const beforehand = files.map((file) => readFileSync(file, 'utf8') + statSync(file).mtimeMs)
    for (const more of [{}, { mode: null, deny: [] }, { mode: 'full', deny: [] }, { version: 0 }])
      assert.equal((await hub.ask('policy.narrow', more)).code, 'ok')
    for (const [method, input] of Object.entries({
      'policy.narrow': { mode: 'root' },
      'policy.widen': {},
      'policy.unlock': {},
      'policy.set': { mode: 'full' },
      'lock.unlock': {},
      'journal.clear': {},
      '__proto__.constructor': {},
      'constructor.name': {},
      'containers.__proto__': {},
      'agent.update': { url: 'http://127.0.0.1/' },
      'files.read': { path: '/etc/shadow' },
      'host.exec': { command: ['id'] },
    }))
      assert.notEqual((await hub.ask(method, input)).code, 'ok', method)
    await stop()
    run()
    await hub.session()
    const { codes, done } = await refusedAll(victim)
    assert.deepEqual([...new Set(Object.values(codes))], ['forbidden'])
    assert.deepEqual(done, [])
    assert.deepEqual(
      files.map((file) => readFileSync(file, 'utf8') + statSync(file).mtimeMs),
      beforehand,
    )
    removeLock(stateDir())
  })

  it('reads no secret in operate, and does there what it is for: one effect for one key, whatever else comes under it [security 46]', async () => {
    policy({ mode: 'operate' })
    const { code, text } = await hub.ask('containers.inspect', { id: victim })
    assert.equal(code, 'ok')
    assert.ok(!text.includes(secret) && text.includes('TOKEN='))
    const sinceMs = Date.now()
    const idempotencyKey = randomBytes(16)
    assert.equal((await hub.ask('containers.pause', { id: victim }, { idempotencyKey })).code, 'ok')
    for (let n = 0; n < 5; n++) assert.equal((await hub.ask('containers.pause', { id: 'other' }, { idempotencyKey })).code, 'conflict')
    assert.equal((await hub.ask('containers.unpause', { id: victim })).code, 'ok')
    assert.deepEqual(await effects(sinceMs), ['pause', 'unpause'])
    policy({ mode: 'full' })
    assert.ok((await hub.ask('containers.inspect', { id: victim })).text.includes(secret))
  })

  it('gets nothing done late: neither by an old time nor by none, and what it sent to a frozen host is over [security 156]', async () => {
    const sinceMs = Date.now()
    const refused = async (notAfterMs: number | undefined) => {
      const codes = new Set<string>()
      for (const [method, input] of Object.entries(asks(victim)))
        codes.add((await hub.ask(method, input, { notAfterMs: notAfterMs! })).code)
      return [...codes]
    }
    assert.deepEqual(await refused(Date.now() - 3_600_000), ['expired'])
    assert.deepEqual(await refused(0), ['expired'])
    assert.deepEqual(await refused(undefined), ['invalid_input'])
    // As when its machine sleeps: what comes meanwhile waits in its socket.
    agent.kill('SIGSTOP')
    const notAfterMs = Date.now() + 1000
    const asked = Object.entries(asks(victim)).map(([method, input]) => hub.ask(method, input, { notAfterMs }))
    await until(() => Date.now() > notAfterMs + 500)
    agent.kill('SIGCONT')
    assert.deepEqual([...new Set((await Promise.all(asked)).map(({ code }) => code))], ['expired'])
    assert.deepEqual(await effects(sinceMs), [])
    const { entries } = readJournal(stateDir())
    for (const method of Object.keys(asks(victim)))
      assert.ok(
        entries.some((entry) => entry.kind === 'refused' && entry.method === method && /after the time/.test(entry.why)),
        method,
      )
    // Ten years ahead is an hour, which is now.
    assert.equal((await hub.ask('containers.pause', { id: victim }, { notAfterMs: Date.now() + 3.2e11 })).code, 'ok')
    assert.equal((await hub.ask('containers.unpause', { id: victim })).code, 'ok')
  })

  it('wins nothing by lies about its clock: a host reckons each link by what was said on it [security 156 163]', async () => {
    for (const lieMs of [3.2e11, -Date.now()]) {
      const before = await hub.session()
      hub.lie(lieMs)
      before.close(1001, 'again')
      await until(async () => (await hub.session()) !== before)
      const sinceMs = Date.now()
      assert.equal(
        (await hub.ask('containers.pause', { id: victim }, { notAfterMs: Math.max(0, Date.now() + lieMs - 60_000) })).code,
        'expired',
      )
      assert.deepEqual(await effects(sinceMs), [])
      assert.equal((await hub.ask('containers.pause', { id: victim })).code, 'ok')
      assert.equal((await hub.ask('containers.unpause', { id: victim })).code, 'ok')
    }
    const before = await hub.session()
    hub.lie(0)
    before.close(1001, 'again')
    await until(async () => (await hub.session()) !== before)
  })

  it('has nothing done twice by saying it again, though the agent is killed in between [security 155]', async () => {
    const sinceMs = Date.now()
    const [first, second] = [{ idempotencyKey: randomBytes(16) }, { idempotencyKey: randomBytes(16) }]
    const exec = { id: victim, command: ['busybox', 'true'] }
    const isExec = (action: string) => action.startsWith('exec_start')
    assert.equal((await hub.ask('containers.restart', { id: victim, timeoutSeconds: 0 }, first)).code, 'ok')
    assert.equal((await hub.ask('containers.restart', { id: victim, timeoutSeconds: 0 }, first)).code, 'ok')
    await hub.ask('containers.exec', exec, second)
    assert.notEqual((await hub.ask('containers.exec', exec, second)).code, 'ok')
    await stop()
    run()
    await until(async () => (await hub.session()).alive)
    // What it answered then is gone; what there is now is not.
    const { code, text } = await hub.ask('containers.restart', { id: victim, timeoutSeconds: 0 }, first)
    assert.equal(code, 'ok')
    assert.equal((JSON.parse(text) as { id: string }).id, victim)
    assert.match((await hub.ask('containers.exec', exec, second)).code, /^(?:conflict|unknown)$/)
    assert.equal((await hub.ask('containers.stop', { id: victim }, first)).code, 'conflict')
    const done = await effects(sinceMs)
    assert.equal(done.filter((action) => action === 'restart').length, 1)
    assert.equal(done.filter(isExec).length, 1)
  })

  it('changes nothing of a protected container under any of its names, and what others are made to is none of its business', async () => {
    const free = await engine.run('free', ['sleep', '100000'])
    writeProtected(stateDir(), [{ id: victim, name: 'victim', reason: 'payroll' }])
    for (const ref of ['victim', victim, victim.slice(0, 12), victim.slice(0, 40)]) {
      const { codes, done } = await refusedAll(ref)
      for (const [method, code] of Object.entries(codes))
        if (!method.startsWith('terminals.') || method === 'terminals.open') assert.equal(code, 'forbidden', `${ref} ${method}`)
      assert.deepEqual(done, [], ref)
    }
    assert.equal((await hub.ask('containers.stop', { id: free, timeoutSeconds: 0 })).code, 'ok')
    writeProtected(stateDir(), [])
  })

  it('loses what it has open the moment the host is locked: no byte that it types then arrives [security 47]', async () => {
    const opened = await hub.ask('terminals.open', { container: victim, command: ['busybox', 'sh'] })
    const { id } = JSON.parse(opened.text) as { id: string }
    const stream = await hub.open('terminals.attach', { id })
    await stream.answered()
    await stream.write(Buffer.from('busybox touch /before\n'))
    const exists = async (path: string) => (await engine.api('HEAD', `/containers/${victim}/archive?path=${path}`)).status === 200
    await until(() => exists('/before'))
    const reset = new Promise((resolve) => stream.signal.addEventListener('abort', resolve))
    writeLock(stateDir(), { forMs: undefined, reason: 'now', by: 'root' })
    // No question comes; it is looked at by itself.
    await reset
    await stream.write(Buffer.from('busybox touch /after\n')).catch(() => undefined)
    assert.equal((await hub.ask('terminals.attach', { id })).code, 'forbidden')
    removeLock(stateDir())
    assert.equal(await exists('/after'), false)
  })

  it(
    'cannot push out of the journal what was done before its flood, nor keep the agent from others [security 49 66]',
    { timeout: 120_000 },
    async () => {
      policy({ mode: 'monitor' })
      const first = readJournal(stateDir()).entries.length
      for (let round = 0; round < 100; round++)
        await Promise.all(Array.from({ length: 20 }, () => hub.ask('containers.exec', { id: victim, command: ['x'.repeat(1000)] })))
      const { entries, changedIn } = readJournal(stateDir())
      assert.equal(changedIn, undefined)
      assert.ok(entries.length - first < 130, String(entries.length - first))
      assert.equal((await hub.ask('containers.list', {})).code, 'ok')
      assert.equal(agent.exitCode, null)
    },
  )

  it('says nonsense for every method: none is answered, none does anything, the agent lives [security 66]', async () => {
    policy({ mode: 'full' })
    const sinceMs = Date.now()
    const nonsense = [
      null,
      7,
      '',
      [],
      { id: '../../etc' },
      { id: '%2e%2e' },
      { id: 'a b' },
      { id: 'a'.repeat(70_000) },
      { id: ['victim'] },
      { id: 'victim\n' },
      { ID: victim },
    ]
    for (const [feature, contract] of Object.entries(agentFeatures))
      for (const [name, method] of Object.entries(contract))
        if (method.options.mutates === true || method.kind === 'duplex')
          for (const params of nonsense)
            if (`${feature}.${name}` !== 'policy.narrow')
              assert.notEqual(
                (await hub.ask(`${feature}.${name}`, params)).code,
                'ok',
                `${feature}.${name} ${JSON.stringify(params)?.slice(0, 40)}`,
              )
    assert.deepEqual(await effects(sinceMs), [])
    assert.equal(agent.exitCode, null)
  })
})
