import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '@fairlead/agent/config.ts'
import { enrol } from '@fairlead/agent/enrol.ts'
import { readPin, type Pin } from '@fairlead/agent/pin.ts'
import { readProxies } from '@fairlead/agent/proxy.ts'
import { runAgent, type Agent } from '@fairlead/agent/run.ts'

/** A real agent, without an engine, in this very process: many of them cost little. */
export interface LightAgent {
  readonly name: string
  readonly stateDir: string
  /** As it is on its disk. */
  readonly pin: Pin
  /** What it said, a line each. */
  readonly said: readonly string[]
  start(): Promise<void>
  stop(): Promise<void>
}

export interface LightAgents {
  /** Enrolled; not started. */
  enrol(name: string, join: string): Promise<LightAgent>
  close(): Promise<void>
}

export function openLightAgents(): LightAgents {
  const dir = mkdtempSync('/var/tmp/fairlead-many-')
  const all: LightAgent[] = []
  return {
    async enrol(name, line) {
      const stateDir = join(dir, name)
      mkdirSync(stateDir)
      const config: Config = {
        stateDir,
        engineSocket: '/nowhere.sock',
        metricsMs: 10_000,
        joinFile: undefined,
        name,
        compileWhenBusy: false,
        policyFile: join(stateDir, 'policy.json'),
        proxies: readProxies({}),
      }
      const said: string[] = []
      let running: Agent | undefined
      await enrol(config, line, () => undefined)
      const agent: LightAgent = {
        name,
        stateDir,
        said,
        get pin() {
          return readPin(stateDir)!
        },
        async start() {
          running = await runAgent(config, (level, message, facts = {}) => void said.push(`${level} ${message} ${JSON.stringify(facts)}`))
        },
        async stop() {
          await running?.stop()
          running = undefined
        },
      }
      all.push(agent)
      return agent
    },
    async close() {
      for (const agent of all) await agent.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
