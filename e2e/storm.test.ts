import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createWaits } from '@fairlead/agent/waits.ts'
import { smearOf } from '@fairlead/hub/fleet/accept.ts'
import { openFleet } from '@fairlead/hub/fleet/fleet.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Session, SessionEnd } from '@fairlead/protocol/wire/session.ts'

const agents = 10_000
/** What a hub may use of a core to let one in over TLS, at most: the bar of the benchmark. */
const admitMs = 1.5
const admitPerSecond = 1000 / admitMs
/** As in accept.ts: more at once are sent away. */
const mostHandshakes = 200
const handshakeMs = 5000

/** One agent as connect.ts drives it: its real waits, a hub that is a queue. */
interface Agent {
  readonly waits: ReturnType<typeof createWaits>
  attempts: number
  online: boolean
}

/** Time in whole ms: so many timers in a list would take longer than the storm. */
function createTime() {
  const due = new Map<number, (() => void)[]>()
  let now = 0
  return {
    now: () => now,
    after(delayMs: number, run: () => void): void {
      const at = now + Math.max(1, Math.round(delayMs))
      const runs = due.get(at)
      if (runs === undefined) due.set(at, [run])
      else runs.push(run)
    },
    advance(ms: number): void {
      for (const until = now + ms; now < until;) {
        now++
        const runs = due.get(now)
        due.delete(now)
        for (const run of runs ?? []) run()
      }
    },
  }
}

/** The same numbers in every run: a storm that passes passes always. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function openWorld(hint: () => number) {
  const time = createTime()
  const random = createRandom(39)
  const arrivals = new Map<number, number>()
  let listening = true
  let underWay = 0
  let freeAtMs = 0
  let life = 0
  let refused = 0

  function dial(agent: Agent): void {
    if (!listening) return failed(agent, 'refused')
    agent.attempts++
    const second = Math.floor(time.now() / 1000)
    arrivals.set(second, (arrivals.get(second) ?? 0) + 1)
    if (underWay >= mostHandshakes) return failed(agent, 'too many handshakes')
    underWay++
    const mine = life
    freeAtMs = Math.max(freeAtMs, time.now()) + admitMs
    const tookMs = freeAtMs - time.now()
    time.after(Math.min(tookMs, handshakeMs), () => {
      if (mine !== life) return
      underWay--
      if (tookMs >= handshakeMs) return failed(agent, 'deadline')
      agent.online = true
      agent.waits.connected(hint())
    })
  }

  function failed(agent: Agent, why: string): void {
    if (why !== 'refused') refused++
    time.after(agent.waits.afterFailure(new FairleadError('bad_upstream', why)), () => dial(agent))
  }

  const all: Agent[] = Array.from({ length: agents }, () => ({ waits: createWaits(random), attempts: 0, online: true }))
  for (const { waits } of all) waits.connected(hint())

  return {
    time,
    all,
    /** The hub ends and listens again after so long; each agent that was online hears of it in its own way. */
    lose(downMs: number, endOf: (index: number) => Pick<SessionEnd, 'code' | 'reconnectInMs'> = () => ({ code: 1006 })): void {
      life++
      listening = false
      underWay = 0
      for (const [index, agent] of all.entries()) {
        agent.attempts = 0
        if (!agent.online) continue
        agent.online = false
        time.after(agent.waits.afterLoss(endOf(index), 600_000), () => dial(agent))
      }
      arrivals.clear()
      time.after(downMs, () => {
        listening = true
        freeAtMs = time.now()
      })
    },
    settle(): { seconds: number; attempts: number; peak: number; refused: number } {
      const startMs = time.now()
      while (all.some(({ online }) => !online) && time.now() - startMs < 600_000) time.advance(100)
      const attempts = all.reduce((sum, agent) => sum + agent.attempts, 0) / agents
      return { seconds: (time.now() - startMs) / 1000, attempts, peak: Math.max(...arrivals.values()), refused }
    },
  }
}

function assertCalm({ seconds, attempts, peak, refused }: ReturnType<ReturnType<typeof openWorld>['settle']>, mostSeconds: number): void {
  const said = `${seconds} s, ${attempts} attempts each, at most ${peak} in a second, ${refused} sent away`
  assert.ok(attempts >= 1 && attempts <= 1.1, said)
  assert.ok(peak <= 1.5 * admitPerSecond, said)
  assert.ok(seconds <= mostSeconds, said)
}

describe('ten thousand agents that lose their hub at once', () => {
  const hint = () => smearOf(agents, true)

  for (const downMs of [100, 2000, 10_000, 60_000])
    it(`return after ${downMs / 1000} s of its absence with at most 1.1 attempts each, never faster than it can let them in [security 39 160]`, () => {
      const world = openWorld(hint)
      world.lose(downMs)
      assertCalm(world.settle(), downMs / 1000 + 60)
    })

  it('return as calmly when it dies again among those who came back first [security 39]', () => {
    const world = openWorld(hint)
    world.lose(2000)
    world.time.advance(12_000)
    world.lose(2000)
    assertCalm(world.settle(), 90)
  })

  it('return as it told them when it was stopped and not killed [security 39]', () => {
    const told: number[] = []
    const fleet = openFleet()
    for (let n = 0; n < agents; n++) {
      const session = {
        goaway: (_reason: string, inMs: number) => void told.push(inMs),
        close: () => undefined,
      } as Partial<Session> as Session
      const id = `host-${n}`
      fleet.attach({ id, organization: 'o', name: id, bootId: id, features: [], clockSkewMs: 0, quarantined: false }, session)
    }
    fleet.closeAll()
    assert.equal(told.length, agents)
    const world = openWorld(hint)
    world.lose(2000, (index) => ({ code: 1001, reconnectInMs: told[index]! }))
    assertCalm(world.settle(), 62)
  })

  // The proof that the figures mean something: without a hint, and with the hint of whoever is online.
  it('would come all at once without the hint', () => {
    const world = openWorld(() => 100)
    world.lose(100)
    const { attempts, peak } = world.settle()
    assert.ok(attempts > 1.1 && peak > 1.5 * admitPerSecond, `${attempts} ${peak}`)
  })
})
