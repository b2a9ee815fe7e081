/** A stretch of time in which something began, ms since the epoch. */
interface Began {
  readonly fromMs: number
  readonly untilMs: number
}

const hourMs = 3_600_000
const unitMs: Readonly<Record<string, number>> = {
  second: 1000,
  minute: 60_000,
  hour: hourMs,
  day: 24 * hourMs,
  week: 7 * 24 * hourMs,
  month: 30 * 24 * hourMs,
  year: 365 * 24 * hourMs,
}
/** `Up 2 minutes (healthy)`, `Exited (137) About an hour ago`, `Restarting (1) 4 seconds ago`. */
const aged = /^(?:Up|Exited|Restarting)(?: \(-?\d+\))? (Less than a|About an?|\d+) (second|minute|hour|day|week|month|year)s?\b/

/**
 * When what the engine's text tells of began: a container's start while it is up, paused or not, and its end once it ended.
 * The text rounds, so the answer is a stretch; undefined for a text without an age.
 */
export function readBegan(text: string, nowMs: number): Began | undefined {
  const [, count = '', unit = ''] = aged.exec(text) ?? []
  const size = unitMs[unit]
  if (size === undefined) return undefined
  const n = count.startsWith('Less') ? 0 : count.startsWith('About') ? 1 : Number(count)
  // Hours are rounded to the nearest, once there is a whole one, and so are the days that are counted from them; all else is cut off.
  const halfMs = size >= hourMs ? hourMs / 2 : 0
  const oldestMs = (n + 1) * size + (size > hourMs ? halfMs : -halfMs)
  const youngestMs = Math.max(n * size - halfMs, size >= hourMs ? hourMs : 0)
  return { fromMs: nowMs - oldestMs, untilMs: nowMs - youngestMs }
}

/** The engine's clock shows whole seconds, and its answer takes a moment. */
const slackMs = 2000

/**
 * Turns each reading of a container's text into one time that stays what it is while the text agrees with it: the text grows
 * coarser as the container grows older, the time does not.
 */
export function createSinces() {
  const known = new Map<string, number>()
  return {
    /** ms since the epoch; 0: the text does not say. */
    read(id: string, text: string, createdMs: number, nowMs: number): number {
      const began = readBegan(text, nowMs)
      if (began === undefined) {
        known.delete(id)
        return 0
      }
      const { fromMs, untilMs } = began
      const before = known.get(id)
      if (before !== undefined && before >= fromMs - slackMs && before <= untilMs + slackMs) return before
      // Most are started as they are made; else as old as the text says.
      const sinceMs = createdMs >= fromMs - slackMs && createdMs <= untilMs ? createdMs : untilMs
      known.set(id, sinceMs)
      return sinceMs
    },
    /** Forgets all but these. */
    keep(ids: ReadonlySet<string>): void {
      for (const id of known.keys()) if (!ids.has(id)) known.delete(id)
    },
    forget: (id: string) => void known.delete(id),
  }
}

export type Sinces = ReturnType<typeof createSinces>
