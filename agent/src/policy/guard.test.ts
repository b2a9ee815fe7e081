import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Contract, Method } from '@fairlead/protocol/contract.ts'
import { codeOf, FairleadError } from '@fairlead/protocol/errors.ts'
import { agentFeatures } from '@fairlead/protocol/features/agent.ts'
import type { Asked } from '../journal/entry.ts'
import { openKeys } from '../journal/keys.ts'
import { guardHandlers, type Command, type HandlersOf } from './guard.ts'
import { needs } from './needs.ts'
import { notNarrowed } from './narrowed.ts'
import type { InForce } from './policy.ts'
import { defaultRules, parseRules } from './rules.ts'

const db = { id: 'd'.repeat(64), name: 'db' }
const web = { id: 'e'.repeat(64), name: 'web' }
const calm: InForce = { rules: defaultRules, source: 'default', problem: '', lock: undefined, narrowed: notNarrowed, guarded: [] }
const locked = { sinceMs: 0, untilMs: null, reason: '', by: 'root', boot: '', untilUptimeS: null }
const mode = (name: string, read: readonly string[] = ['/srv']): Partial<InForce> => ({
  rules: parseRules(JSON.stringify({ mode: name, files: { read } }), 'policy.json'),
})

const onTime = { check: () => undefined }
const late = {
  check() {
    throw new FairleadError('expired', 'late')
  },
}

/** Handlers of everything, which write down that they were reached; streams go on until they are left. */
function recordAll(reached: string[]) {
  return Object.fromEntries(
    Object.entries(agentFeatures as Readonly<Record<string, Contract>>).map(([feature, contract]) => [
      feature,
      Object.fromEntries(
        Object.entries(contract).map(([name, { kind }]) => [
          name,
          kind === 'call' ? call(`${feature}.${name}`) : stream(`${feature}.${name}`),
        ]),
      ),
    ]),
  ) as unknown as HandlersOf<typeof agentFeatures>

  function call(name: string) {
    return async (input: object) => {
      reached.push(`${name} ${JSON.stringify(input)}`)
      return {}
    }
  }
  function stream(name: string) {
    return async function* (_input: object, { signal }: { signal: AbortSignal }) {
      reached.push(name)
      yield 'first'
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      reached.push(`${name} left`)
    }
  }
}

function guarded(first: Partial<InForce> = {}, handlers?: HandlersOf<typeof agentFeatures>, table: object = needs) {
  const reached: string[] = []
  const written: string[] = []
  const keys = openKeys('/nonexistent')
  const listeners = new Set<(now: InForce) => void>()
  let now: InForce = { ...calm, ...first }
  let full = false
  const served = guardHandlers(agentFeatures, table as typeof needs, handlers ?? recordAll(reached), {
    policy: { inForce: () => now, onChange: (listener) => (listeners.add(listener), () => undefined) },
    journal: {
      async begin({ method, target }: Asked, key = '') {
        if (full) throw new FairleadError('refused', 'full')
        written.push(`begun ${method} ${target}`)
        return {
          async done(code) {
            keys.done(key, code)
            written.push(`done ${method} ${code}`)
          },
        }
      },
      keys,
      refuse: ({ method, target }) => void written.push(`refused ${method} ${target}`),
    },
    container: async (ref) => [db, web].find(({ id, name }) => ref === name || id.startsWith(ref)) ?? assert.fail(ref),
    containerOfTerminal: async (id) => (id.startsWith('1') ? db.id : web.id),
  }) as unknown as Readonly<Record<string, Readonly<Record<string, (input: object, context: object) => unknown>>>>
  return {
    reached,
    written,
    set(next: Partial<InForce>) {
      now = { ...now, ...next }
      for (const listener of listeners) listener(now)
    },
    fill: () => void (full = true),
    /** Resolves with the code; of a stream once its first item came. */
    async ask(name: string, input: object = {}, command: Partial<Command> = {}) {
      const [feature = '', method = ''] = name.split('.')
      const leaving = new AbortController()
      try {
        const answer = served[feature]![method]!(input, { signal: leaving.signal, trace: 't', inTime: onTime, ...command })
        if (kindOf(feature, method) === 'call') await answer
        else await (answer as AsyncGenerator).next()
        return 'ok'
      } catch (error) {
        return codeOf(error)
      } finally {
        leaving.abort()
      }
    },
    open(name: string, input: object = {}) {
      const [feature = '', method = ''] = name.split('.')
      return served[feature]![method]!(input, {
        signal: new AbortController().signal,
        trace: 't',
        inTime: onTime,
      }) as AsyncGenerator<unknown>
    },
  }
}

const kindOf = (feature: string, name: string) =>
  (agentFeatures as Readonly<Record<string, Readonly<Record<string, Method>>>>)[feature]![name]!.kind
const names = Object.entries(agentFeatures).flatMap(([feature, contract]) => Object.keys(contract).map((name) => `${feature}.${name}`))
const changes = names.filter((name) =>
  /^containers\.(start|stop|restart|kill|pause|unpause|rename|remove|exec)$|^terminals\.(?!list)|^updates\.(?!watch)/.test(name),
)
const reads = names.filter((name) => name.startsWith('files.'))

describe('what stands before all that a host serves', () => {
  it('lets in each mode exactly what it is for [security 45 46]', async () => {
    const verdicts: Record<string, Partial<InForce>> = {
      nothing: {},
      operate: mode('operate'),
      full: mode('full'),
      monitor: mode('monitor'),
      lock: { ...mode('full'), lock: locked },
    }
    for (const [name, now] of Object.entries(verdicts)) {
      const guard = guarded(now)
      const refused: string[] = []
      for (const method of names)
        if ((await guard.ask(method, { id: 'web', container: 'web', path: '/srv/x' })) === 'forbidden') refused.push(method)
      const closed = { nothing: reads, operate: [], full: [] }[name] ?? [...changes, ...reads]
      assert.deepEqual(refused.toSorted(), closed.toSorted(), name)
      assert.equal(guard.written.filter((line) => line.startsWith('refused')).length, refused.length)
      for (const method of refused) assert.ok(!guard.reached.some((line) => line.startsWith(method)), method)
    }
  })

  it('lets nobody ask for a method of which nobody said what it takes', async () => {
    const { stop: _stop, ...rest } = needs.containers
    const guard = guarded(mode('full'), undefined, { ...needs, containers: rest, events: undefined })
    assert.equal(await guard.ask('containers.stop', { id: 'web' }), 'forbidden')
    assert.equal(await guard.ask('events.watch'), 'forbidden')
    assert.deepEqual(guard.reached, [])
    assert.equal(await guard.ask('containers.start', { id: 'web' }), 'ok')
  })

  it('writes down what changes something before it begins and after it ended, and does nothing it cannot write down', async () => {
    const guard = guarded()
    await guard.ask('containers.stop', { id: 'web' })
    await guard.ask('containers.list')
    assert.deepEqual(guard.written, ['begun containers.stop web', 'done containers.stop ok'])
    guard.fill()
    assert.equal(await guard.ask('containers.stop', { id: 'web' }), 'refused')
    assert.equal(await guard.ask('containers.exec', { id: 'web' }), 'refused')
    assert.equal(await guard.ask('containers.list'), 'ok')
    assert.equal(guard.reached.filter((line) => line.startsWith('containers.stop')).length, 1)
  })

  it('knows a protected container by name, id and the beginning of its id, and by its terminals', async () => {
    const guard = guarded({ guarded: [{ ...db, reason: 'payroll' }] })
    for (const id of ['db', db.id, db.id.slice(0, 12)])
      for (const method of changes.filter((name) => name.startsWith('containers.')))
        assert.equal(await guard.ask(method, { id }), 'forbidden', method)
    assert.equal(await guard.ask('terminals.open', { container: 'db' }), 'forbidden')
    for (const method of ['attach', 'rename', 'close']) assert.equal(await guard.ask(`terminals.${method}`, { id: '1' }), 'forbidden')
    for (const method of ['get', 'inspect', 'logs', 'stats']) assert.equal(await guard.ask(`containers.${method}`, { id: 'db' }), 'ok')
    assert.equal(await guard.ask('terminals.attach', { id: '2' }), 'ok')
    // By the id that was judged, whatever is called so by then.
    assert.equal(await guard.ask('containers.stop', { id: 'web' }), 'ok')
    assert.ok(guard.reached.includes(`containers.stop {"id":"${web.id}"}`))
    guard.set({ guarded: undefined })
    assert.equal(await guard.ask('containers.stop', { id: 'web' }), 'forbidden')
  })

  it('does nothing that comes late, whatever it is, and writes it down; what only reads is never late [security 156]', async () => {
    const guard = guarded()
    for (const method of changes)
      assert.equal(await guard.ask(method, { id: 'web', container: 'web' }, { inTime: late }), 'expired', method)
    assert.deepEqual(guard.reached, [])
    assert.deepEqual(
      guard.written.map((line) => line.split(' ').slice(0, 2).join(' ')),
      changes.map((method) => `refused ${method}`),
    )
    assert.equal(await guard.ask('containers.list', {}, { inTime: late }), 'ok')
  })

  it('does nothing that became late while the disk took its time [security 156]', async () => {
    const guard = guarded()
    let checks = 0
    const slow = {
      check() {
        if (checks++ > 0) late.check()
      },
    }
    assert.equal(await guard.ask('containers.stop', { id: 'web' }, { inTime: slow, key: 'k' }), 'expired')
    assert.deepEqual(guard.reached, [])
    assert.deepEqual(guard.written, ['begun containers.stop web', 'done containers.stop expired'])
    // Nothing was begun: its key is free.
    assert.equal(await guard.ask('containers.stop', { id: 'web' }, { key: 'k' }), 'ok')
  })

  it('does once what comes twice under a key, and nothing else under it [security 155]', async () => {
    const guard = guarded()
    const exec = { id: 'web', command: ['touch', '/mark'] }
    assert.equal(await guard.ask('containers.stop', { id: 'web' }, { key: 'a' }), 'ok')
    // Its answer is what is there now.
    assert.equal(await guard.ask('containers.stop', { id: 'web' }, { key: 'a' }), 'ok')
    assert.equal(await guard.ask('containers.stop', { id: 'db' }, { key: 'a' }), 'conflict')
    assert.equal(await guard.ask('containers.start', { id: 'web' }, { key: 'a' }), 'conflict')
    assert.equal(await guard.ask('containers.exec', exec, { key: 'b' }), 'ok')
    assert.equal(await guard.ask('containers.exec', exec, { key: 'b' }), 'busy')
    assert.deepEqual(
      guard.reached.filter((line) => !line.endsWith('left')),
      ['containers.stop {"id":"web"}', 'containers.get {"id":"web"}', 'containers.exec'],
    )
  })

  it('asks for more where more is asked: volumes go with a container only where volumes may go', async () => {
    const guard = guarded({ rules: parseRules('{"deny":["volume.manage"]}', 'policy.json') })
    assert.equal(await guard.ask('containers.remove', { id: 'web', volumes: false }), 'ok')
    assert.equal(await guard.ask('containers.remove', { id: 'web', volumes: true }), 'forbidden')
  })

  it('ends what is open with the right to it, and leaves the rest [security 47]', async () => {
    const guard = guarded()
    const [exec, attach, logs] = [
      guard.open('containers.exec', { id: 'web' }),
      guard.open('terminals.attach', { id: '1' }),
      guard.open('containers.logs', { id: 'web' }),
    ]
    for (const one of [exec, attach, logs]) await one.next()
    const ends = [exec, attach].map((one) => one.next().then(() => 'went on', codeOf))
    guard.set({ lock: locked })
    assert.deepEqual(await Promise.all(ends), ['forbidden', 'forbidden'])
    assert.ok(guard.reached.includes('containers.exec left') && guard.reached.includes('terminals.attach left'))
    assert.ok(guard.written.includes('done containers.exec forbidden'))
    assert.ok(!guard.reached.includes('containers.logs left'))
    assert.equal(await guard.ask('containers.exec', { id: 'web' }), 'forbidden')
  })

  it('lets no file be read but in the folders that the policy names, nor longer than it names them [security 45]', async () => {
    const guard = guarded(mode('full', ['/srv/data', '/srv/data/sub', '/var']))
    for (const path of ['/srv/data', '/srv/data/x', '/srv/data/sub/x', '/var/log'])
      for (const method of reads) assert.equal(await guard.ask(method, { path }), 'ok', path)
    for (const path of ['/', '/srv', '/srv/data2', '/etc/shadow', 'srv/data', '/srv/dat', '/varx'])
      for (const method of reads) assert.equal(await guard.ask(method, { path }), 'forbidden', path)
    assert.ok(guard.written.includes('refused files.read /etc/shadow'))
    const [stays, ends] = [guard.open('files.read', { path: '/var/log/x' }), guard.open('files.read', { path: '/srv/data/x' })]
    for (const one of [stays, ends]) await one.next()
    const end = ends.next().then(() => 'went on', codeOf)
    guard.set(mode('full', ['/var']))
    assert.equal(await end, 'forbidden')
    assert.equal(guard.reached.filter((line) => line === 'files.read left').length, 1)
    await stays.return(undefined)
  })

  it('ends a terminal whose container is protected meanwhile', async () => {
    const guard = guarded()
    const attach = guard.open('terminals.attach', { id: '1' })
    await attach.next()
    const end = attach.next().then(() => 'went on', codeOf)
    guard.set({ guarded: [{ ...db, reason: '' }] })
    assert.equal(await end, 'forbidden')
  })
})
