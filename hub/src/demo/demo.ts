import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { demoApi, DemoState } from '@fairlead/protocol/features/demo.ts'
import type { HubContext } from '../base/access.ts'
import type { Enrolment } from '../enrolment/enrolment.ts'
import type { Hosts } from '../hosts/hosts.ts'

/** Whoever started this hub, and can make hosts up beside it. */
export interface DemoStarter {
  /** One join string for each host to make up. */
  start(joins: readonly string[]): void
  stop(): void
}

interface Deps {
  readonly starter: DemoStarter | undefined
  readonly enrolment: Enrolment
  readonly hosts: Hosts
  /** Where an agent on this machine finds the hub. */
  readonly address: () => string
}

export interface Demo {
  readonly handlers: Handlers<typeof demoApi, HubContext>
  start(organization: string, hosts: number): Promise<DemoState>
}

/** What every made-up host is known by; its invitation says it, so no host of a person's own has it by chance. */
const tag = 'demo'

export function openDemo({ starter, enrolment, hosts, address }: Deps): Demo {
  const made = async (organization: string) => (await hosts.list(organization)).filter(({ tags }) => tags.includes(tag))
  const state = async (organization: string): Promise<DemoState> => ({
    available: starter !== undefined,
    hosts: (await made(organization)).length,
  })

  function wanted(): DemoStarter {
    if (starter !== undefined) return starter
    throw new FairleadError('unsupported', 'This hub cannot make hosts up; start it with "npm start" in the clone to see a demo fleet.')
  }

  async function start(organization: string, count: number): Promise<DemoState> {
    const by = wanted()
    const missing = Math.max(0, count - (await made(organization)).length)
    const joins: string[] = []
    for (let i = 0; i < missing; i++)
      joins.push((await enrolment.invite(organization, { ttlSeconds: 900, tags: [tag], address: address() })).join)
    by.start(joins)
    return state(organization)
  }

  return {
    start,
    handlers: {
      state: (_input, { caller }) => state(caller.organization),
      start: ({ hosts: count }, { caller }) => start(caller.organization, count),
      async stop(_input, { caller }) {
        wanted().stop()
        for (const { id } of await made(caller.organization)) await hosts.revoke(caller.organization, id)
        return state(caller.organization)
      },
    },
  }
}
