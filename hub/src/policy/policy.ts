import type { Handlers } from '@fairlead/protocol/contract.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { policyApi } from '@fairlead/protocol/features/policy.ts'
import type { HubContext } from '../base/access.ts'
import { asked } from '../fleet/asked.ts'
import { featureOf } from '../fleet/feature.ts'
import type { Fleet } from '../fleet/fleet.ts'

/** What a host lets this hub do, in the host's own words; the hub can only take away from it. */
export function servePolicy(fleet: Pick<Fleet, 'onHost' | 'find'>): Handlers<typeof policyApi, HubContext> {
  const policyOf = (host: string) => featureOf(fleet, host, 'policy', 'have a policy, and does whatever the hub asks')
  return {
    async get(_input, { host, signal, trace }) {
      for await (const view of policyOf(host).watch({}, { signal, trace })) return view
      throw new FairleadError('bad_upstream', 'The host did not say what its policy is.')
    },
    narrow: (input, context) => policyOf(context.host).narrow(input, asked(context)),
  }
}
