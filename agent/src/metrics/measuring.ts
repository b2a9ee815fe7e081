import { join } from 'node:path'
import type { Config } from '../config.ts'
import type { Say } from '../say.ts'
import { openCollector } from './collect.ts'
import { openMetrics } from './metrics.ts'
import { openRing } from './ring.ts'

/** The metrics of this host, from its files to a hub. */
export function openMeasuring(
  { stateDir, metricsMs: everyMs, hostRoot }: Pick<Config, 'stateDir' | 'metricsMs' | 'hostRoot'>,
  bootId: string,
  say: Say,
): ReturnType<typeof openMetrics> {
  const onProblem = (message: string) => say('warn', message)
  const collector = openCollector(hostRoot)
  const { handlers, stop } = openMetrics({ collector, ring: openRing(join(stateDir, 'metrics'), onProblem), bootId, everyMs, onProblem })
  return {
    handlers,
    stop() {
      stop()
      collector.close()
    },
  }
}
