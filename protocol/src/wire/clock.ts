import type { Clock } from './transport.ts'

const immediate = (globalThis as { readonly setImmediate?: (run: () => void) => unknown }).setImmediate

/** Real time; timers do not keep a process alive. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, run) {
    const timer: unknown = setTimeout(run, delayMs)
    if (typeof timer === 'object' && timer !== null && 'unref' in timer) (timer as { unref(): void }).unref()
    return () => clearTimeout(timer as number)
  },
  // A browser has no such moment, and sends little.
  afterTurn: (run) => (immediate === undefined ? queueMicrotask(run) : void immediate(run)),
}

export interface FakeClock extends Clock {
  /** Runs every timer due within so many ms, in order, letting promises settle between them. */
  advance(ms: number): Promise<void>
}

/** Time that moves when a test says so. */
export function fakeClock(): FakeClock {
  let now = 0
  let order = 0
  const turns: (() => void)[] = []
  const timers: { at: number; order: number; run: () => void }[] = []
  return {
    now: () => now,
    after(delayMs, run) {
      const timer = { at: now + Math.max(0, delayMs), order: order++, run }
      timers.push(timer)
      return () => {
        const index = timers.indexOf(timer)
        if (index >= 0) timers.splice(index, 1)
      }
    },
    afterTurn: (run) => void turns.push(run),
    async advance(ms) {
      const until = now + ms
      for (;;) {
        await settle(turns)
        timers.sort((a, b) => a.at - b.at || a.order - b.order)
        const next = timers[0]
        if (next === undefined || next.at > until) break
        timers.shift()
        now = next.at
        next.run()
      }
      now = until
      await settle(turns)
    },
  }
}

async function settle(turns: (() => void)[]): Promise<void> {
  for (;;) {
    for (let i = 0; i < 8; i++) await Promise.resolve()
    if (turns.length === 0) return
    for (const run of turns.splice(0)) run()
  }
}
