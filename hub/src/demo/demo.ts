import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { demoApi, DemoState } from '@fairlead/protocol/features/demo.ts'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import type { HubContext } from '../base/access.ts'
import { wholeSight } from '../base/sight.ts'
import type { Enrolment } from '../enrolment/enrolment.ts'
import type { Hosts } from '../hosts/hosts.ts'

/** Whoever started this hub, and can make hosts up beside it. */
export interface DemoStarter {
  /** It asks for made-up hosts by itself, as soon as there is somebody whose they can be. */
  readonly begins?: boolean
  /** One join string for each host to make up. */
  start(joins: readonly string[]): void
  stop(): void
}

interface Deps {
  readonly starter: DemoStarter | undefined
  readonly enrolment: Pick<Enrolment, 'invite' | 'madeUp'>
  readonly hosts: Pick<Hosts, 'list' | 'revoke'>
  /** Where an agent on this machine finds the hub. */
  readonly address: () => string
}

export interface Demo {
  readonly handlers: Handlers<typeof demoApi, HubContext>
  start(organization: string, hosts: number): Promise<DemoState>
}

/** What people see of it. They may give it to hosts of their own, so nothing is ended by it. */
const tag = 'demo'

export function openDemo({ starter, enrolment, hosts, address }: Deps): Demo {
  let begins = starter?.begins === true
  const asked = new Set<string>()
  async function made(organization: string): Promise<Host[]> {
    const ids = await enrolment.madeUp(organization)
    return (await hosts.list(organization, wholeSight)).filter(({ id }) => ids.has(id))
  }
  async function state(organization: string): Promise<DemoState> {
    const count = (await made(organization)).length
    return { available: starter !== undefined, hosts: count, starting: count === 0 && (begins || asked.has(organization)) }
  }

  function wanted(): DemoStarter {
    if (starter !== undefined) return starter
    throw new FairleadError('unsupported', 'This hub cannot make hosts up; start it with "npm start" in the clone to see a demo fleet.')
  }

  async function start(organization: string, count: number): Promise<DemoState> {
    const by = wanted()
    const missing = Math.max(0, count - (await made(organization)).length)
    const joins: string[] = []
    for (let i = 0; i < missing; i++)
      joins.push((await enrolment.invite(organization, { ttlSeconds: 900, tags: [tag], address: address(), for: 'madeUp' })).join)
    begins = false
    if (missing > 0) asked.add(organization)
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
        asked.delete(caller.organization)
        for (const { id } of await made(caller.organization)) await hosts.revoke(caller.organization, id)
        return state(caller.organization)
      },
    },
  }
}
