/**
 * Where in each step this process does what it does now and then: one place for all of it, for each wake of an idle process costs more
 * than most of what is looked at. Drawn, away from the edges, so that a fleet does not measure all at once.
 */
const place = 0.1 + 0.8 * Math.random()

export interface Steps {
  stop(): void
  /** As of a timer. */
  unref(): Steps
}

/**
 * Runs at one fixed place in each step of the clock: a plain interval wanders, and now and then leaves a step of the charts empty and the
 * next one with two.
 */
export function everyStep(everyMs: number, run: () => void): Steps {
  let timer: NodeJS.Timeout
  let keeps = true
  const arm = () => {
    const nowMs = Date.now() - everyMs * place
    const waitMs = everyMs - (((nowMs % everyMs) + everyMs) % everyMs)
    // What fired a moment early has had its step.
    timer = setTimeout(step, waitMs < everyMs / 20 ? waitMs + everyMs : waitMs)
    if (!keeps) timer.unref()
  }
  const step = () => {
    run()
    arm()
  }
  arm()
  const steps = {
    stop: () => clearTimeout(timer),
    unref() {
      keeps = false
      timer.unref()
      return steps
    },
  }
  return steps
}
