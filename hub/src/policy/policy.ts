import type { Handlers } from '@fairlead/protocol/contract.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { policyApi } from '@fairlead/protocol/features/policy.ts'
import type { HubContext } from '../base/access.ts'
import { asked } from '../fleet/asked.ts'
import type { Fleet } from '../fleet/fleet.ts'

/** What a host lets this hub do, in the host's own words; the hub can only take away from it. */
export function servePolicy({ onHost, find }: Pick<Fleet, 'onHost' | 'find'>): Handlers<typeof policyApi, HubContext> {
  const hostOf = (host: string) => {
    const clients = onHost(host)
    if (find(host)?.features.includes('policy') === true) return clients
    throw new FairleadError(
      'unsupported',
      'The agent of this host is too old to have a policy: it does whatever the hub asks. Run the install line there again.',
    )
  }
  return {
    async get(_input, { host, signal, trace }) {
      for await (const view of hostOf(host).policy.watch({}, { signal, trace })) return view
      throw new FairleadError('bad_upstream', 'The host did not say what its policy is.')
    },
    narrow: (input, context) => hostOf(context.host).policy.narrow(input, asked(context)),
  }
}
