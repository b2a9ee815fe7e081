import type { PruneHere, RuleAct } from '@fairlead/protocol/features/rules.ts'
import { isOpen, nextChange } from '@fairlead/protocol/window.ts'
import { keep, type ActDeps } from './acts.ts'
import type { Unused } from './images.ts'

export interface PruneDeps extends ActDeps {
  readonly prune: readonly PruneHere[]
  readonly zone: string
  readonly find: (rule: PruneHere) => Promise<readonly Unused[]>
  readonly remove: (image: Unused) => Promise<boolean>
  readonly why: () => string | undefined
}

const dayMs = 86_400_000
/** A clock that was set, or a machine that slept, is noticed by then. */
const lookMs = 15 * 60_000

/** When it prunes next; the present when it is about to; undefined: never. */
export function nextRun(rule: PruneHere, zone: string, lastMs: number | undefined, nowMs: number): number | undefined {
  if (!rule.on) return undefined
  const window = { ...rule, zone }
  const ranMs = lastMs ?? Number.NEGATIVE_INFINITY
  if (isOpen(window, nowMs) && !ranIn(window, ranMs, nowMs)) return nowMs
  const closes = isOpen(window, nowMs) ? nextChange(window, nowMs) : nowMs
  // A window that never closes is used once a day.
  if (closes === undefined) return ranMs + dayMs
  return isOpen(window, closes) ? closes : nextChange(window, closes)
}

/** Within this very opening of it: a later one is another. A time in the future was told by a clock that was wrong. */
function ranIn(window: Parameters<typeof isOpen>[0], ranMs: number, nowMs: number): boolean {
  if (ranMs <= nowMs - dayMs || ranMs > nowMs + dayMs) return false
  return ranMs > nowMs || (nextChange(window, ranMs) ?? Number.POSITIVE_INFINITY) > nowMs
}

/** Prunes when a window opens, or when the agent starts within one; never afterwards. */
export function createPruner(deps: PruneDeps): { close(): void } {
  const { prune, done, now, zone } = deps
  let cancel: () => void = () => undefined
  let closed = false

  function wait(): void {
    if (closed) return
    const due = prune.flatMap((rule) => nextRun(rule, zone, done.prunedMs[keyOf(rule)], now()) ?? [])
    if (due.length > 0) cancel = deps.after(Math.max(0, Math.min(lookMs, Math.min(...due) - now())), () => void run())
  }

  async function run(): Promise<void> {
    for (const rule of prune) {
      if (closed) return
      const atMs = now()
      const dueMs = nextRun(rule, zone, done.prunedMs[keyOf(rule)], atMs)
      if (dueMs === undefined || dueMs > atMs) continue
      done.prunedMs[keyOf(rule)] = atMs
      // Before it is done: a machine that dies over it does not begin again and again.
      if (keep(deps)) await pruneBy(rule)
    }
    wait()
  }

  async function pruneBy(rule: PruneHere): Promise<void> {
    const said = (outcome: RuleAct['outcome'], why: string) =>
      deps.tell({ ...whoseOf(rule), timeMs: now(), outcome, why: why.slice(0, 256) })
    const verdict = deps.why()
    if (verdict !== undefined) return said('held', verdict)
    let [count, bytes] = [0, 0]
    try {
      for (const image of await deps.find(rule)) {
        // A lock that comes in between ends it, as does the end of its window.
        if (closed || deps.why() !== undefined || !isOpen({ ...rule, zone }, now())) break
        if (!(await deps.remove(image))) continue
        count++
        bytes += image.bytes
      }
      said('ok', `${count} images, ${bytes} bytes`)
    } catch (error) {
      said('failed', `${count} images, ${bytes} bytes: ${(error as Error).message}`)
    }
  }

  wait()
  return {
    close() {
      closed = true
      cancel()
    },
  }
}

/** A host's rule of the same name is another one. */
export const keyOf = ({ from, name }: Pick<PruneHere, 'from' | 'name'>) => `${from} ${name}`

function whoseOf({ name, from }: PruneHere) {
  return { kind: 'prune', rule: name, from, target: '', targetName: '' } as const
}
