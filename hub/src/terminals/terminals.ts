import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { terminalsApi } from '@fairlead/protocol/features/terminals.ts'
import type { HubContext } from '../base/access.ts'
import { asked } from '../fleet/asked.ts'
import type { Fleet } from '../fleet/fleet.ts'

/** Terminals live on their hosts; the hub only passes bytes. */
export function serveTerminals({ onHost }: Pick<Fleet, 'onHost'>): Handlers<typeof terminalsApi, HubContext> {
  return {
    list: (input, { host, signal, trace }) => onHost(host).terminals.list(input, { signal, trace }),
    open: (input, context) => onHost(context.host).terminals.open(input, asked(context)),
    attach: (input, { host, trace }) => onHost(host).terminals.attach(input, { trace }),
    rename: (input, context) => onHost(context.host).terminals.rename(input, asked(context)),
    close: (input, context) => onHost(context.host).terminals.close(input, asked(context)),
  }
}
