import { underWay, type Counts } from './store.ts'
import type { WaveRow } from './tables.ts'
import { againMs, endThose, keyOf, longestMs, turnOf, type At, type Engine, type WavesDeps } from './turn.ts'
import { halt, tellEnd } from './trail.ts'

export interface Waves {
  /** Looks again at what is not over; resolves once what there was to begin has begun. */
  advance(organization: string): Promise<void>
  /** The same, where there is something that is not over. */
  news(organization: string): void
  /** Ends what is on its way to a host, to those of a wave, or to all of an organization. */
  end(organization: string, which?: { readonly wave?: string; readonly host?: string }): void
  progressOf(wave: string, host: string): { readonly sent: number; readonly wanted: number } | undefined
  close(): Promise<void>
}

/**
 * Moves waves on. All that counts is in the database; what is in memory here is who is on the way, and a hub that dies finds the rest
 * again. Moved by what happens: a host that came or said something, a person, a pause or a window that is over.
 */
export function openWaves(deps: WavesDeps): Waves {
  const looks = createLooks()
  const engine: Engine = {
    ...deps,
    openedMs: deps.nowMs(),
    active: new Map(),
    started: new Map(),
    tries: new Map(),
    closed: false,
    advance: (organization) => looks.advance(engine, organization),
  }
  return {
    advance: engine.advance,
    news(organization) {
      if (!looks.idle.has(organization)) void engine.advance(organization)
    },
    end: (organization, { wave, host } = {}) =>
      endThose(engine, (one) => one.organization === organization && (wave ?? one.wave) === one.wave && (host ?? one.host) === one.host),
    progressOf: (waveId, hostId) => engine.active.get(keyOf({ waveId, hostId }))?.progress,
    async close() {
      engine.closed = true
      endThose(engine, () => true)
      await looks.close()
    },
  }
}

/** One look at an organization at a time; what happened meanwhile is looked at after it. */
function createLooks() {
  const turns = new Map<string, { again: boolean; done: Promise<void> }>()
  const timers = new Map<string, () => void>()
  /** Organizations in which all is over. */
  const idle = new Set<string>()

  function advance(engine: Engine, organization: string): Promise<void> {
    const turn = turns.get(organization)
    if (turn !== undefined) {
      turn.again = true
      return turn.done
    }
    const own = { again: true, done: Promise.resolve() }
    turns.set(organization, own)
    own.done = (async () => {
      while (own.again && !engine.closed) {
        own.again = false
        await look(engine, organization).catch((error: unknown) => {
          if (engine.closed) return
          engine.log('warn', 'waves of updates could not be looked at; again in a moment', { organization, error: String(error) })
          wake(engine, organization, engine.nowMs() + againMs)
        })
      }
      turns.delete(organization)
    })()
    return own.done
  }

  function wake(engine: Engine, organization: string, atMs: number): void {
    timers.get(organization)?.()
    const delayMs = Math.min(longestMs, Math.max(0, atMs - engine.nowMs()))
    timers.set(
      organization,
      engine.clock.after(delayMs, () => void advance(engine, organization)),
    )
  }

  async function look(engine: Engine, organization: string): Promise<void> {
    const { store, book } = engine
    if (engine.held() !== undefined) return
    idle.delete(organization)
    const waves = await store.open(organization)
    if (waves.length === 0) return void idle.add(organization)
    const [records, windows] = await Promise.all([book.hosts(organization), store.windows(organization)])
    let wakeMs = Number.POSITIVE_INFINITY
    for (const wave of waves) {
      const at = { organization, records, windows, wakeAt: (ms: number) => void (wakeMs = Math.min(wakeMs, ms)) }
      while (await step(engine, at, wave.id)) if (engine.closed) return
    }
    if (Number.isFinite(wakeMs)) wake(engine, organization, wakeMs)
  }

  return {
    idle,
    advance,
    async close() {
      for (const stop of timers.values()) stop()
      await Promise.allSettled([...turns.values()].map(({ done }) => done))
    },
  }
}

/** true: something of it is otherwise, and it is to be looked at once more. */
async function step(engine: Engine, at: At, id: string): Promise<boolean> {
  const { store } = engine
  const { organization } = at
  const wave = await store.wave(organization, id)
  if (wave === undefined) return false
  const counts = (await store.countsOf(organization, [id])).get(id) ?? new Map()
  if (await halt(engine, organization, wave, counts)) {
    endThose(engine, (one) => one.wave === id)
    return true
  }
  const rows = await store.rows(organization, id, wave.stage)
  let otherwise = false
  for (const row of rows) if (await turnOf(engine, at, wave, row)) otherwise = true
  if (otherwise) return true
  return underWay.some((state) => state === wave.state) && (await goOn(engine, at, wave, counts))
}

/** The stage, when nobody of it is on the way any more. */
async function goOn(engine: Engine, at: At, wave: WaveRow, counts: Counts): Promise<boolean> {
  const { organization } = at
  const { store, active } = engine
  const here = counts.get(wave.stage) ?? {}
  const busy = (here.waiting ?? 0) + (here.sending ?? 0) + (here.starting ?? 0)
  const moving = [...active.values()].some((one) => one.wave === wave.id)
  const next = moving || (here.starting ?? 0) > 0 ? 'running' : 'waiting'
  if (busy > 0) {
    if (next === wave.state) return false
    engine.changed(organization)
    return (await store.turn(organization, wave.id, [wave.state], { state: next })) === undefined
  }
  engine.changed(organization)
  const succeeded = (here.done ?? 0) > 0
  if (!succeeded && (await store.promote(organization, wave.id, wave.stage))) return true
  const lefts = [...counts].reduce((sum, [stage, { left = 0 }]) => sum + (stage <= wave.stage ? left : 0), 0)
  if (!succeeded && lefts > 0) {
    // Nobody of it is there: it waits for the first one that is.
    if (wave.state !== 'waiting') await store.turn(organization, wave.id, [wave.state], { state: 'waiting' })
    return false
  }
  const later = [...counts.keys()].filter((stage) => stage > wave.stage)
  if (later.length === 0) {
    if ((await store.turn(organization, wave.id, underWay, { state: 'done' })) !== undefined)
      await tellEnd(engine, organization, wave, counts)
    return true
  }
  const notBefore = new Date(engine.nowMs() + wave.pauseMinutes * 60_000)
  return (await store.turn(organization, wave.id, underWay, { state: 'waiting', stage: Math.min(...later), notBefore })) !== undefined
}
