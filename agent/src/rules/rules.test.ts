import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { rules, type RulesHere, type RulesState } from '@fairlead/protocol/features/rules.ts'
import { loopback } from '@fairlead/protocol/wire/rpc.ts'
import { startEngine, type TestEngine } from '../../../e2e/engine.ts'
import { until } from '../../../e2e/fleet/until.ts'
import { need } from '../../../e2e/need.ts'
import { openEngine, type Engine, type Target } from '../docker/engine.ts'
import { watchEngine, type EngineWatch } from '../docker/watch.ts'
import type { LocalNews } from '../journal/entry.ts'
import { removeImage } from './images.ts'
import { openRules, type Rules } from './rules.ts'

const heal = { name: 'all', on: true, label: '', pattern: '', stack: '', unhealthySeconds: 10, failed: true, perHour: 3 }
const here = (counter: number, more: Partial<RulesHere> = {}): RulesHere => ({ counter, heal: [], prune: [], ...more })

describe('the rules of a host', need('dockerd', 'busybox'), () => {
  let dir = ''
  let real: TestEngine
  let engine: Engine
  let watch: EngineWatch
  let open: Rules
  let verdict: 'yes' | 'lock' = 'yes'
  let noted: LocalNews[] = []
  let policyListeners: (() => void)[] = []
  before(async () => {
    real = await startEngine()
    engine = openEngine(real.socket)
  })
  after(async () => {
    engine?.close()
    await real?.stop()
  })
  beforeEach(async () => {
    dir = mkdtempSync('/var/tmp/fairlead-rules-')
    verdict = 'yes'
    noted = []
    policyListeners = []
    watch = watchEngine(engine, { retryMs: 50 })
    await until(() => watch.facts.up)
    open = start()
  })
  afterEach(() => {
    open.stop()
    watch.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  function start(): Rules {
    return openRules({
      stateDir: dir,
      engine,
      watch,
      recent: () => [],
      rights: {
        policy: { may: () => verdict, onChange: (listener) => (policyListeners.push(() => listener({} as never)), () => undefined) },
        held: { why: () => (verdict === 'yes' ? undefined : verdict) },
        journal: { note: (news) => void noted.push(news) },
      },
      tell: () => undefined,
      say: () => undefined,
    })
  }
  const client = () => loopback(rules, open.handlers)
  async function now(): Promise<RulesState> {
    for await (const state of client().watch({})) return state
    throw new Error('it says nothing')
  }

  /** Fails once, and runs when it is started again. */
  const once = ['sh', '-c', 'test -e /tmp/again && sleep 1000; busybox touch /tmp/again; exit 3']
  const runs = async (id: string) =>
    (JSON.parse((await real.api('GET', `/containers/${id}/json`)).body) as { State: { Running: boolean } }).State.Running

  it('are none at first, and take nothing from the disk but a look', async () => {
    const state = await now()
    assert.deepEqual([state.counter, state.heal, state.prune, state.acts], [0, [], [], []])
  })

  it('are taken whole, kept for the agent’s eyes alone, and in force after its start', async () => {
    await client().set(here(1, { heal: [{ ...heal, from: 'environment' }] }))
    assert.equal(statSync(join(dir, 'rules.json')).mode & 0o777, 0o600)
    open.stop()
    open = start()
    await open.ready()
    assert.deepEqual((await now()).heal, [{ ...heal, from: 'environment' }])
  })

  it('are refused with a number that is not the next to theirs, and stay as they are [security 45]', async () => {
    await client().set(here(1, { heal: [{ ...heal, from: 'host' }] }))
    // The last is what a hub in wrong hands would choose: its owner could set no rules ever again.
    for (const counter of [1, 0, 3, Number.MAX_SAFE_INTEGER]) await assert.rejects(client().set(here(counter)), { code: 'conflict' })
    assert.equal((await now()).heal.length, 1)
  })

  it('are none where their file is broken, and are taken anew', async () => {
    writeFileSync(join(dir, 'rules.json'), '{"counter": 9')
    open.stop()
    open = start()
    assert.equal((await now()).counter, 0)
    await client().set(here(1))
    assert.match(readFileSync(join(dir, 'rules.json'), 'utf8'), /"counter":1/)
  })

  it('restart what failed, write it into the journal, and tell whoever looks', async () => {
    await client().set(here(1, { heal: [{ ...heal, pattern: 'once', from: 'host' }] }))
    const id = await real.run('once', once)
    await until(() => noted.length === 1)
    assert.ok(await runs(id))
    const { verb, who, outcome, target, facts } = noted[0]!
    assert.deepEqual([verb, who, outcome, target], ['heal', 'agent', 'ok', id])
    assert.deepEqual(facts, { rule: 'all', from: 'host', why: 'exit 3' })
    assert.equal((await now()).acts[0]!.why, 'exit 3')
  })

  // A pull during a long night of pruning gave the name to a newer image, which went in the older one's place.
  it('remove no image by a name that another one has by now', async () => {
    await real.api('POST', `/images/${real.image}/tag?repo=moved&tag=1`)
    const idOf = async (name: string) => (JSON.parse((await real.api('GET', `/images/${name}/json`)).body) as { Id?: string }).Id
    const id = (await idOf('moved:1'))!
    const unused = { names: ['moved:1'], bytes: 1, createdMs: 0 }
    assert.equal(await removeImage(engine, { ...unused, id: `sha256:${'0'.repeat(64)}` }), false)
    assert.equal(await idOf('moved:1'), id)
    assert.equal(await removeImage(engine, { ...unused, id }), true)
    assert.equal(await idOf('moved:1'), undefined)
  })

  // The runner of before went on with its start, and the one after it took the container for given up, and so for started by a person.
  it('that are changed while a container is being started by them give it up once', async () => {
    const held = Promise.withResolvers<void>()
    const looks: string[] = []
    open.stop()
    const { call } = engine
    engine.call = (async (target: Target, options) => {
      const { operation, names } = target as unknown as { operation: string; names: Record<string, string> }
      if (operation === 'POST /containers/{id}/start') await held.promise
      const answer = await call(target, options)
      if (operation === 'GET /containers/{id}/json') looks.push(names['id']!)
      return answer
    }) as Engine['call']
    try {
      open = start()
      const rule = { ...heal, pattern: 'crash', perHour: 1, from: 'host' as const }
      await client().set(here(1, { heal: [rule] }))
      const id = await real.run('crash', ['sh', '-c', 'exit 4'])
      await until(() => looks.includes(id))
      looks.length = 0
      await client().set(here(2, { heal: [{ ...rule, name: 'other' }] }))
      await until(() => looks.includes(id))
      held.resolve()
      await until(() => noted.some(({ verb }) => verb === 'heal') && noted.some(({ verb }) => verb === 'heal_gave_up'))
      assert.deepEqual(
        noted.map(({ verb, facts }) => [verb, facts['rule']]),
        [
          ['heal', 'all'],
          ['heal_gave_up', 'other'],
        ],
      )
      assert.equal((await now()).gaveUp.length, 1)
    } finally {
      engine.call = call
    }
  })

  it('do nothing while the host is locked, write that down once, and go on when it is open', async () => {
    verdict = 'lock'
    await client().set(here(1, { heal: [{ ...heal, pattern: 'held', from: 'host' }] }))
    assert.deepEqual((await now()).held, { heal: 'lock', prune: 'lock' })
    const id = await real.run('held', once)
    await until(() => noted.length === 1)
    assert.deepEqual([noted[0]!.verb, noted[0]!.facts['code'], await runs(id)], ['heal_held', 'forbidden', false])
    verdict = 'yes'
    for (const listener of policyListeners) listener()
    await until(() => noted.length === 2)
    assert.deepEqual([noted[1]!.verb, await runs(id)], ['heal', true])
  })
})
