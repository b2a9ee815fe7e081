import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Fleet, HostClients } from './fleet.ts'

/**
 * What a host's agent answers of one feature. Throws `host_offline`, or `unsupported` for an agent that does not have it yet; `what` says
 * what that one cannot do.
 */
export function featureOf<Name extends keyof HostClients & string>(
  { onHost, find }: Pick<Fleet, 'onHost' | 'find'>,
  host: string,
  name: Name,
  what: string,
): HostClients[Name] {
  const clients = onHost(host)
  if (find(host)?.features.includes(name) === true) return clients[name]
  throw new FairleadError('unsupported', `The agent of this host is too old to ${what}. Update it, or run the install line there again.`)
}
