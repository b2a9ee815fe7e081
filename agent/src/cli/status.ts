import { codeOf } from '@fairlead/protocol/errors.ts'
import type { HostPolicy } from '@fairlead/protocol/features/policy.ts'
import type { Engine } from '@fairlead/protocol/features/hosts.ts'
import { readPin } from '../pin.ts'
import { askAgent } from '../local.ts'
import type { LinkHistory } from '../losses.ts'
import type { Cli } from './verb.ts'
import { readPolicy } from './policy.ts'
import { clean, facts, span } from './show.ts'

interface Running extends LinkHistory {
  readonly version: string
  readonly pid: number
  readonly policy: HostPolicy
  readonly engine: Engine
}

export async function run(cli: Cli): Promise<void> {
  const status = await readStatus(cli)
  cli.say(status, () => inWords(status))
}

/** With the agent or without it. */
export async function readStatus(cli: Pick<Cli, 'config' | 'version'>) {
  const pin = readPin(cli.config.stateDir)
  const running = await askAgent<Running>(cli.config.stateDir, 'status').catch((error: Error) => error)
  const agent =
    running instanceof Error
      ? { runs: false as const, code: codeOf(running), problem: running.message }
      : { runs: true as const, ...running }
  return {
    version: cli.version,
    hub: pin === undefined ? null : { address: pin.address, standby: pin.standby, host: pin.host, organization: pin.organization },
    agent,
    policy: agent.runs ? agent.policy : readPolicy(cli),
  }
}

type Status = Awaited<ReturnType<typeof readStatus>>

function inWords({ version, hub, agent, policy }: Status): string {
  return facts([
    ['Version', version],
    ['Hub', hub === null ? 'Not enrolled.' : `Enrolled with ${hub.address} as host ${hub.host}.${elsewhere(hub.standby)}`],
    ['Agent', agent.runs ? `runs, process ${agent.pid}` : agent.problem],
    ...(agent.runs ? [['Link', linkWords(agent)] as const] : []),
    ...(agent.runs ? [['Engine', agent.engine.up ? `${agent.engine.name} ${agent.engine.version}` : agent.engine.problem] as const] : []),
    ['Policy', `${policy.mode}${policy.lock === null ? '' : ', locked'}${policy.problem === '' ? '' : `; ${policy.problem}`}`],
  ])
}

function elsewhere(standby: readonly string[]): string {
  return standby.length === 0 ? '' : ` It may also be at ${clean(standby.join(', '))}.`
}

export function linkWords({ upSinceMs, lastTry }: LinkHistory): string {
  if (upSinceMs !== null) return `up for ${span(Date.now() - upSinceMs)}`
  return lastTry === null
    ? 'down; it was not tried yet'
    : clean(`down: ${lastTry.reason} (tried ${lastTry.tries} times, ${span(Date.now() - lastTry.atMs)} ago)`)
}
