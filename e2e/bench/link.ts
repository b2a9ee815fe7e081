// The link against the engine asked directly, in the same process and the same run, in three ways of joining hub and agent.
import type { BenchOptions } from './measure/options.ts'
import { measureArchive, measureEcho, measureList, measureLogs, measureStalled, type Figures } from './link/rows.ts'
import { measureCuts, measureDelays, measureKeys, measureStartup } from './link/shaped.ts'
import type { Mode } from './link/pair.ts'
import { openWorlds, type World } from './link/world.ts'

const parts: Readonly<Record<string, (world: World) => Promise<Figures>>> = {
  list: measureList,
  logs: measureLogs,
  archive: measureArchive,
  key: measureKeys,
  delay: measureDelays,
  echo: measureEcho,
  cuts: measureCuts,
  stalled: measureStalled,
  startup: measureStartup,
}

const modes: readonly Mode[] = ['plain', 'tls', 'sealed']

export async function run({ mode, only, megabytes }: BenchOptions): Promise<Record<string, unknown>> {
  const wanted = Object.entries(parts).filter(([name]) => only === undefined || only.includes(name))
  const worlds = await openWorlds(megabytes)
  const figures: Record<string, Figures> = {}
  try {
    for (const one of modes.filter((name) => mode === undefined || mode === name)) {
      const own: Figures = (figures[one] = {})
      for (const [name, measure] of wanted) {
        console.error(`${one}: ${name}`)
        Object.assign(own, await measure(worlds.of(one)))
      }
    }
    return figures
  } finally {
    await worlds.stop()
  }
}
