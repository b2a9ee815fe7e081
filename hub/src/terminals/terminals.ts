import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { terminalsApi } from '@fairlead/protocol/features/terminals.ts'
import type { HubContext } from '../base/access.ts'
import type { Fleet } from '../fleet/fleet.ts'

/** Terminals live on their hosts; the hub only passes bytes. */
export function serveTerminals({ onHost }: Pick<Fleet, 'onHost'>): Handlers<typeof terminalsApi, HubContext> {
  return {
    list: (input, { host, signal, trace }) => onHost(host).terminals.list(input, { signal, trace }),
    open: (input, { host, signal, trace }) => onHost(host).terminals.open(input, { signal, trace }),
    attach: (input, { host, trace }) => onHost(host).terminals.attach(input, { trace }),
    rename: (input, { host, signal, trace }) => onHost(host).terminals.rename(input, { signal, trace }),
    close: (input, { host, signal, trace }) => onHost(host).terminals.close(input, { signal, trace }),
  }
}
