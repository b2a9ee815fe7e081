/** What taking in lines may cost of a frame; the rest of it belongs to drawing and to whoever reads. */
const mostMs = 5

/** Slows down what comes faster than it can be shown: lines wait where they are written, and the page stays quick. */
export function makeGate(now: () => number, nextFrame: () => Promise<void>, budgetMs = mostMs) {
  let spentMs = 0
  let waiting: Promise<void> | undefined
  return {
    /** Says that work which began at a time is done; resolves when there is time for more. */
    async done(beganMs: number): Promise<void> {
      spentMs += now() - beganMs
      waiting ??= nextFrame().then(() => {
        spentMs = 0
        waiting = undefined
      })
      while (spentMs > budgetMs) await waiting
    },
  }
}
