/** What taking in lines may cost of a frame, ms; the rest of it belongs to drawing and to whoever reads. */
const mostMs = 5
const leastMs = 1
/** A frame that took longer was late; one that took much longer was not awaited. */
const lateMs = 20
const idleMs = 100

/**
 * Slows down what comes faster than it can be shown: lines wait where they are written, and the page stays quick. Late frames
 * leave less time for lines, frames in time a little more: a machine gets what it can draw.
 */
export function makeGate(now: () => number, nextFrame: () => Promise<number>) {
  let budgetMs = mostMs
  let spentMs = 0
  let lastMs = Number.NEGATIVE_INFINITY
  let waiting: Promise<void> | undefined

  function framed(atMs: number): void {
    const tookMs = atMs - lastMs
    if (tookMs < idleMs) budgetMs = tookMs > lateMs ? Math.max(leastMs, budgetMs * 0.8) : Math.min(mostMs, budgetMs + 0.01)
    lastMs = atMs
    spentMs = 0
    waiting = undefined
  }

  return {
    /** Says that work which began at a time is done; resolves when there is time for more. */
    async done(beganMs: number): Promise<void> {
      spentMs += now() - beganMs
      waiting ??= nextFrame().then(framed)
      while (spentMs > budgetMs) await waiting
    },
    budgetMs: () => budgetMs,
  }
}
