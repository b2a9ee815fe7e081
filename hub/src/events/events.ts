import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { eventsApi } from '@fairlead/protocol/features/events.ts'
import type { HubContext } from '../base/access.ts'
import type { Fleet } from '../fleet/fleet.ts'

/** What happens on a host, as it happens. */
export function serveEvents({ onHost }: Pick<Fleet, 'onHost'>): Handlers<typeof eventsApi, HubContext> {
  return { watch: (input, { host, signal, trace }) => onHost(host).events.watch(input, { signal, trace }) }
}
