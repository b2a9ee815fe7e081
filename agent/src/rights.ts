import { agentFeatures } from '@fairlead/protocol/features/agent.ts'
import type { Capability } from '@fairlead/protocol/features/policy.ts'
import type { HostEvent } from '@fairlead/protocol/features/events.ts'
import type { Config } from './config.ts'
import { ask, type Engine } from './docker/engine.ts'
import type { HeldOnes } from './containers/held.ts'
import type { LocalNews } from './journal/entry.ts'
import { openJournal, type Journal } from './journal/journal.ts'
import { guardHandlers, type HandlersOf } from './policy/guard.ts'
import { needs } from './policy/needs.ts'
import { ownContainer } from './policy/own.ts'
import { judge, openPolicy, type Policy } from './policy/policy.ts'
import { findProtected, type ContainerNames } from './policy/protect.ts'
import type { Say } from './say.ts'

type AgentHandlers = HandlersOf<typeof agentFeatures>

/** What this host lets its hub do, and what it writes down of that. */
export interface Rights {
  readonly policy: Policy
  readonly journal: Journal
  readonly held: HeldOnes
  guard(handlers: AgentHandlers): AgentHandlers
  /** Somebody on this host changed something, or wants to see it in force at once. */
  look(): Promise<void>
  stop(): Promise<void>
}

export interface RightsDeps {
  readonly config: Pick<Config, 'stateDir' | 'policyFile'>
  readonly engine: Engine
  readonly say: Say
  readonly tell: (event: HostEvent) => void
}

export function openRights({ config: { stateDir, policyFile }, engine, say, tell }: RightsDeps): Rights {
  const journal = openJournal({ stateDir, onProblem: (message, facts) => say('error', message, facts) })
  const note = (news: LocalNews) => {
    journal.note(news)
    tell({ timeMs: Date.now(), type: 'agent', action: news.verb, id: 'policy', name: 'policy', facts: { ...news.facts } })
  }
  const policy = openPolicy({ file: policyFile, stateDir, say, note, own: ownContainer() })
  void journal.takeIn()
  return {
    policy,
    journal,
    held: {
      why: (container) => whyNot(policy, 'container.lifecycle', container),
      shut: (container) => whyNot(policy, 'container.exec', container),
      onChange: (listener) => policy.onChange(listener),
    },
    guard: (handlers) =>
      guardHandlers(agentFeatures, needs, handlers, {
        policy,
        journal,
        async container(ref) {
          const { Id, Name = '' } = await engine.call<{ Id: string; Name?: string }>(ask('GET /containers/{id}/json', { id: ref }))
          return { id: Id, name: Name.replace(/^\//, '') }
        },
        containerOfTerminal: async (id) =>
          (await handlers.terminals.list({}, { signal: AbortSignal.any([]), trace: '' })).find((one) => one.id === id)?.container,
      }),
    async look() {
      policy.inForce()
      await journal.takeIn()
    },
    async stop() {
      policy.stop()
      await journal.settle()
    },
  }
}

function whyNot({ inForce }: Policy, capability: Capability, container: ContainerNames) {
  const now = inForce()
  const verdict = judge(now, capability)
  if (verdict !== 'yes') return verdict
  return now.guarded === undefined || findProtected(now.guarded, container) !== undefined ? 'protected' : undefined
}
