import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { askAgent } from '@fairlead/agent/local.ts'
import { writePin } from '@fairlead/agent/pin.ts'
import { readSlots } from '@fairlead/agent/updates/slots.ts'
import { openState } from '@fairlead/agent/updates/state.ts'
import type { UpdateState } from '@fairlead/protocol/features/updates.ts'
import { hashBlocks, packWanted, signRelease } from '../../agent/src/updates/test-release.ts'
import { lose, type Left } from '../fleet/disk-loss.ts'
import { readTrace, tracing, type DiskOp } from '../fleet/disk-trace.ts'
import { openEvilHub, type EvilHub } from '../fleet/evil-hub.ts'
import { processesOf } from '../fleet/start.ts'
import { until } from '../fleet/until.ts'
import { broken, install, makeBuilds, type Builds } from '../fleet/updated.ts'
import { need } from '../need.ts'

/** One update, by what it asked of the disk. */
interface Recorded {
  readonly begin: Left
  readonly ops: readonly DiskOp[]
  readonly old: string
  readonly fresh: string
}

const updates = {
  first: { what: 'the first one of a host', version: '0.2.0', change: undefined, phase: 'kept' },
  second: { what: 'one that follows another', version: '0.3.0', change: undefined, phase: 'kept' },
  third: { what: 'one that takes an older one away', version: '0.3.5', change: undefined, phase: 'kept' },
  returned: { what: 'one that is given back', version: '0.4.0', change: broken.ends, phase: 'returned' },
} as const
type Name = keyof typeof updates

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const startsAtOnce = 6

// The bundle under its starter, as installed, takes updates from a hub while the kernel says what both ask of the disk. Then the power
// fails at each of those points, in each way in which what was not synced may be left, and the starter is started on what that is.
describe('the power fails in the middle of an update', need('strace', 'busybox'), () => {
  let dir: string
  let builds: Builds
  let hub: EvilHub
  const recorded = new Map<Name, Recorded>()
  const stateDir = () => join(dir, 'state')
  const opt = () => join(dir, 'opt')

  before(async () => {
    dir = mkdtempSync('/var/tmp/fairlead-power-')
    mkdirSync(stateDir(), { mode: 0o700 })
    builds = await makeBuilds()
    hub = await openEvilHub()
    writePin(stateDir(), { address: hub.address, hubKey: hub.key, host: 'host', organization: 'organization', standby: [] })
    install(opt(), stateDir(), builds.bundle)
    writeStandIn()
    let old = sha256(readFileSync(builds.bundle))
    for (const name of Object.keys(updates) as Name[]) {
      recorded.set(name, { ...(await record(name)), old })
      if (updates[name].phase === 'kept') old = recorded.get(name)!.fresh
    }
  })
  after(async () => {
    for (const { pid } of processesOf(dir)) process.kill(pid, 'SIGKILL')
    await hub?.close()
    builds?.close()
    rmSync(dir, { recursive: true, force: true })
  })

  /** From a start of the agent to its end. */
  async function record(name: Name): Promise<Omit<Recorded, 'old'>> {
    const { version, change, phase } = updates[name]
    const file = builds.of(version, change)
    const begin = readLeft(stateDir())
    const prefix = join(dir, `trace-${name}`)
    const env = { PATH: process.env['PATH'], FAIRLEAD_ENGINE: join(dir, 'none.sock'), FAIRLEAD_POLICY: join(dir, 'policy.json') }
    const agent = spawn('strace', [...tracing(prefix), join(opt(), 'fairlead-agent'), 'run'], { env, stdio: 'ignore' })
    const ended = once(agent, 'exit')
    const status = () =>
      askAgent<{ pid: number; upSinceMs: number | null; update: UpdateState }>(stateDir(), 'status').catch(() => undefined)
    await until(async () => (await status())?.upSinceMs != null)
    await hub.session()
    await give(hub, builds, { file, version, counter: 2 + recorded.size })
    await until(async () => (await status())?.update.phase === phase, 60)
    process.kill((await status())!.pid, 'SIGTERM')
    await ended
    return { begin, ops: readTrace(prefix, stateDir()).filter(({ path }) => isOfUpdates(path, stateDir())), fresh: sha256(file) }
  }

  for (const [name, { what }] of Object.entries(updates) as [Name, (typeof updates)[Name]][])
    it(`leaves the old one or the new one, never none: ${what} [security 144]`, { timeout: 300_000 }, async (context) => {
      const { begin, ops, old, fresh } = recorded.get(name)!
      const losses = lose(ops, stateDir(), begin)
      context.diagnostic(`${ops.length} operations, ${losses.length} states of the disk`)
      for (const kind of ['open', 'write', 'sync', 'rename'] as const)
        assert.ok(
          ops.some((op) => op.kind === kind),
          kind,
        )
      const settled = settledAt(ops)
      const queue = losses.entries()
      const judgeAll = async () => {
        for (const [at, { after: asked, left }] of queue)
          await judge({ at, left, old, fresh, may: asked < settled ? [old, fresh] : [updates[name].phase === 'kept' ? fresh : old] })
      }
      // The first that is wrong takes the rest of the queue with it.
      const work = () =>
        judgeAll().catch((error: unknown) => {
          losses.length = 0
          throw error
        })
      for (const ended of await Promise.allSettled(Array.from({ length: startsAtOnce }, work)))
        if (ended.status === 'rejected') throw ended.reason
    })

  /** In the place of Node: writes down what it would have run. What is tried does not log in. */
  function writeStandIn(): void {
    const lines = [
      '#!/bin/sh',
      'set -- $(sha256sum "$2")',
      'echo "$1${FAIRLEAD_STARTER_STAYS:+ tried}" >> "$RAN"',
      '[ -z "${FAIRLEAD_STARTER_STAYS:-}" ] || exit 3',
    ]
    mkdirSync(join(dir, 'bin'))
    writeFileSync(join(dir, 'bin/node'), `${lines.join('\n')}\n`, { mode: 0o755 })
    // It looks once a second at what it tries.
    writeFileSync(join(dir, 'bin/sleep'), '#!/bin/sh\nexec /bin/sleep 0.05\n', { mode: 0o755 })
  }

  interface Judged {
    readonly at: number
    readonly left: Left
    readonly old: string
    readonly fresh: string
    /** What may run in the end. */
    readonly may: readonly string[]
  }

  async function judge({ at, left, old, fresh, may }: Judged): Promise<void> {
    const state = join(dir, `left-${at}`)
    const head = `prefix="${opt()}" state="${state}" node="${dir}/bin/node" installed="${opt()}/agent.cjs"`
    const body = readFileSync(join(opt(), 'fairlead-agent'), 'utf8').split('\n').slice(2)
    const shown = () => `${at}: ${show(left)}`
    const run = async () => {
      const env = { PATH: `${dir}/bin:/usr/bin:/bin`, RAN: join(state, 'ran') }
      await promisify(execFile)('/bin/sh', [join(state, 'starter'), 'run'], { env })
      const ran = readFileSync(env.RAN, 'utf8').trim().split('\n')
      rmSync(env.RAN)
      for (const line of ran) assert.ok([old, fresh].includes(line.slice(0, 64)), `something else was started, ${shown()}`)
      return ran
    }
    const put = () => {
      rmSync(state, { recursive: true, force: true })
      writeLeft(left, stateDir(), state)
      writeFileSync(join(state, 'starter'), [head, ...body].join('\n'))
    }
    put()
    const ran = await run()
    assert.ok(may.includes(ran.at(-1)!), `${ran.join()} ran, ${shown()}`)
    // What ran is what runs from then on.
    assert.deepEqual(await run(), ran.slice(-1), shown())
    if (ran[0]!.endsWith('tried')) {
      put()
      const { next } = readSlots(state)
      logIn(state, next)
      assert.deepEqual(await run(), [basename(next, '.cjs')], shown())
    }
    rmSync(state, { recursive: true })
  }
})

/** What of a state directory belongs to updates. */
const isOfUpdates = (path: string, root: string) =>
  path === root || /^\/(?:programs(?:\/.*)?|taken\.json(?:\.new)?)$/.test(path.slice(root.length))

/** How many operations had been asked for when what was decided last was taken for done. */
function settledAt(ops: readonly DiskOp[]): number {
  const decided = ops.findLastIndex((op) => op.kind === 'rename' && op.to.endsWith('/programs/slots'))
  return ops.findIndex((op, at) => at > decided && op.kind !== 'sync')
}

/** The agent itself finds that, is let in by its hub, and keeps what runs. */
function logIn(stateDir: string, slot: string): void {
  const file = join(stateDir, 'programs', slot)
  const nothing = () => undefined
  openState({
    stateDir,
    own: { kind: 'own-node', target: 'agent.cjs', file, problem: '' },
    say: nothing,
    note: nothing,
    tell: nothing,
  }).loggedIn()
}

function readLeft(root: string): Left {
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).map((name) => join(root, name))
  const ours = [root, ...paths].filter((path) => isOfUpdates(path, root))
  return new Map(ours.map((path) => [path, statSync(path).isDirectory() ? undefined : readFileSync(path)]))
}

function writeLeft(left: Left, root: string, to: string): void {
  for (const [path, content] of [...left].sort(([a], [b]) => a.length - b.length)) {
    const at = join(to, path.slice(root.length))
    if (content === undefined) mkdirSync(at, { mode: 0o700 })
    else writeFileSync(at, content, { mode: 0o700 })
  }
}

const show = (left: Left) =>
  [...left]
    .map(
      ([path, content]) =>
        `\n${path}: ${content === undefined ? 'a folder' : content.length > 4096 ? `${content.length} bytes` : content.toString()}`,
    )
    .join('')

/** As a hub does it; the host goes on by itself. */
async function give(
  hub: EvilHub,
  { keys }: Builds,
  release: { readonly file: Buffer; readonly version: string; readonly counter: number },
): Promise<void> {
  const { manifest, signature, sha256: hash } = signRelease(keys, release)
  const { code, text } = await hub.ask('updates.offer', { manifest, signature, blocks: hashBlocks(release.file) })
  assert.equal(code, 'ok', text)
  const stream = await hub.open('updates.fill', { sha256: hash })
  await stream.answered()
  for (const piece of packWanted(release.file, (JSON.parse(text) as { wanted: string }).wanted)) await stream.write(piece)
  stream.end()
  const { value } = await stream[Symbol.asyncIterator]().next()
  assert.match(Buffer.from(value as Uint8Array).toString(), /"phase":"ready"/)
  assert.equal((await hub.ask('updates.start', { sha256: hash, notAfterMs: Date.now() + 60_000 })).code, 'ok')
}
