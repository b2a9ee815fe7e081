import assert from 'node:assert/strict'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { LocalNews } from '../journal/entry.ts'
import { isOver, lockFile, removeLock, writeLock } from './lock.ts'
import { openPolicy, type Policy } from './policy.ts'
import { writeProtected } from './protect.ts'

describe('the policy of a host', () => {
  let dir: string
  let file: string
  let stateDir: string
  let policies: Policy[] = []
  let notes: LocalNews[] = []
  const open = (own?: string) => {
    const policy = openPolicy({ file, stateDir, say: () => undefined, note: (news) => void notes.push(news), own })
    policies.push(policy)
    return policy
  }
  const put = (text: string) => {
    writeFileSync(`${file}.new`, text, { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }
  const exec = (policy: Policy) => policy.may('container.exec')

  beforeEach(() => {
    dir = mkdtempSync('/var/tmp/fairlead-policy-')
    ;[file, stateDir] = [join(dir, 'policy.json'), join(dir, 'state')]
    mkdirSync(stateDir, { mode: 0o700 })
    ;[policies, notes] = [[], []]
  })
  afterEach(() => {
    for (const policy of policies) policy.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  it('is operate without a file, and what the file says from the next question on', () => {
    const policy = open()
    assert.deepEqual([policy.view().source, policy.view().mode, exec(policy)], ['default', 'operate', 'yes'])
    put('{"mode":"monitor"}')
    assert.equal(exec(policy), 'mode')
    put('{"mode":"full","deny":["container.exec"]}')
    assert.equal(exec(policy), 'file')
    assert.equal(policy.may('inspect.secrets'), 'yes')
    assert.deepEqual(policy.view().refused, [
      'containers.exec',
      'terminals.open',
      'terminals.attach',
      'terminals.rename',
      'terminals.close',
    ])
    assert.deepEqual(
      notes.map(({ verb }) => verb),
      ['policy_changed', 'policy_changed'],
    )
  })

  it('goes on with the last good one when the file is bad, also after a new start, and says so once', () => {
    put('{"mode":"monitor"}')
    const policy = open()
    put('{"mode":"fool"}')
    for (let n = 0; n < 3; n++) assert.equal(exec(policy), 'mode')
    assert.equal(policy.view().source, 'kept')
    assert.match(policy.view().problem, /"mode"/)
    assert.deepEqual(
      notes.map(({ verb }) => verb),
      ['policy_bad'],
    )
    const later = open()
    assert.deepEqual([later.view().source, later.view().mode], ['kept', 'monitor'])
    put('{"mode":"operate"}')
    assert.equal(exec(later), 'yes')
    assert.equal(later.view().problem, '')
  })

  it('is monitor when the file is bad and none was ever good', () => {
    put('nonsense')
    const policy = open()
    assert.deepEqual([policy.view().source, policy.view().mode, exec(policy)], ['fallback', 'monitor', 'mode'])
  })

  it('never grows because the file vanishes under a running agent', () => {
    put('{"mode":"monitor"}')
    const policy = open()
    rmSync(file)
    assert.equal(exec(policy), 'mode')
    assert.match(policy.view().problem, /is gone/)
    assert.equal(exec(open()), 'yes')
  })

  it('takes no file that somebody else could write, no link, no folder and nothing large', () => {
    const bad: Record<string, [() => void, RegExp]> = {
      'written by a group': [() => chmodSync(file, 0o660), /chmod go-w/],
      'written by anybody': [() => chmodSync(file, 0o602), /chmod go-w/],
      'of another account': [() => chownSync(file, 12_345, 0), /chown root/],
      'in a folder that anybody writes': [() => chmodSync(dir, 0o777), /chmod go-w/],
      large: [() => writeFileSync(file, ' '.repeat(70_000)), /64 KiB/],
      'a link': [() => (renameSync(file, join(dir, 'real')), symlinkSync(join(dir, 'real'), file)), /is a link/],
      'a folder': [() => (rmSync(file), mkdirSync(file)), /no plain file/],
    }
    for (const [name, [spoil, words]] of Object.entries(bad)) {
      rmSync(file, { recursive: true, force: true })
      chmodSync(dir, 0o700)
      rmSync(join(stateDir, 'policy-kept.json'), { force: true })
      put('{"mode":"full"}')
      spoil()
      const policy = open()
      assert.equal(policy.view().source, 'fallback', name)
      assert.match(policy.view().problem, words, name)
    }
  })

  it('is monitor from the lock on, through a new start, until it is opened [security 47]', () => {
    put('{"mode":"full"}')
    const policy = open()
    const seen: (string | undefined)[] = []
    policy.onChange(({ lock }) => seen.push(lock?.reason))
    writeLock(stateDir, { forMs: undefined, reason: 'audit', by: 'root' })
    assert.equal(exec(policy), 'lock')
    assert.deepEqual([policy.view().mode, policy.view().lock?.reason, policy.may('logs.read')], ['monitor', 'audit', 'yes'])
    assert.equal(exec(open()), 'lock')
    removeLock(stateDir)
    assert.equal(exec(policy), 'yes')
    assert.deepEqual(seen, ['audit', undefined])
  })

  it('holds a lock that cannot be read, and one whose clock was set forward', () => {
    const policy = open()
    writeFileSync(lockFile(stateDir), 'x', { mode: 0o600 })
    assert.equal(exec(policy), 'lock')
    const lock = writeLock(stateDir, { forMs: 60_000, reason: '', by: 'root' })
    const later = { ms: Date.now() + 86_400_000, uptimeS: lock.untilUptimeS! - 30, boot: lock.boot }
    assert.equal(isOver(lock, later), false)
    assert.equal(isOver(lock, { ...later, uptimeS: later.uptimeS + 31 }), true)
    // After a new start of the machine there is only the clock.
    assert.equal(isOver(lock, { ...later, boot: 'another' }), true)
    assert.equal(isOver(lock, { ms: Date.now(), uptimeS: 1e9, boot: 'another' }), false)
  })

  it('opens a lock when its time is over, and writes that down', () => {
    const policy = open()
    writeLock(stateDir, { forMs: 60_000, reason: '', by: 'root' })
    assert.equal(exec(policy), 'lock')
    writeLock(stateDir, { forMs: 0, reason: '', by: 'root' })
    assert.equal(exec(policy), 'yes')
    assert.deepEqual(
      notes.map(({ verb }) => verb),
      ['lock_over'],
    )
  })

  it('lets a hub give away and never take back, also after a new start [security 45]', async () => {
    put('{"mode":"operate"}')
    const policy = open()
    const context = { signal: new AbortController().signal, trace: '' }
    await policy.handlers.narrow({ mode: null, deny: ['container.exec'] }, context)
    assert.equal(exec(policy), 'hub')
    for (const wider of [
      { mode: null, deny: [] },
      { mode: 'full' as const, deny: [] },
      { mode: 'operate' as const, deny: [] },
    ])
      await policy.handlers.narrow(wider, context)
    assert.equal(exec(policy), 'hub')
    assert.equal(policy.may('inspect.secrets'), 'mode')
    assert.equal(exec(open()), 'hub')
    writeFileSync(join(stateDir, 'narrowed.json'), '?', { mode: 0o600 })
    assert.equal(policy.may('container.lifecycle'), 'hub')
  })

  it('knows the protected containers, and the one that the agent runs in', () => {
    writeProtected(stateDir, [{ id: 'a'.repeat(64), name: 'db', reason: '' }])
    const policy = open('b'.repeat(64))
    assert.deepEqual(
      policy.view().protected.map(({ id }) => id[0]),
      ['a', 'b'],
    )
    writeFileSync(join(stateDir, 'protected.json'), '?', { mode: 0o600 })
    assert.equal(policy.inForce().guarded, undefined)
  })
})
