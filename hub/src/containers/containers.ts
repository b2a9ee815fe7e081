import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { containersApi } from '@fairlead/protocol/features/containers.ts'
import type { HubContext } from '../base/access.ts'
import { asked } from '../fleet/asked.ts'
import type { Fleet } from '../fleet/fleet.ts'
import { readLogFile } from './log-file.ts'

/** Each method is the host's own; streams pass through undecoded. */
export function serveContainers(fleet: Pick<Fleet, 'onHost' | 'find'>): Handlers<typeof containersApi, HubContext> {
  const { onHost } = fleet
  return {
    list: (input, { host, signal, trace }) => onHost(host).containers.list(input, { signal, trace }),
    get: (input, { host, signal, trace }) => onHost(host).containers.get(input, { signal, trace }),
    inspect: (input, { host, signal, trace }) => onHost(host).containers.inspect(input, { signal, trace }),
    start: (input, context) => onHost(context.host).containers.start(input, asked(context)),
    stop: (input, context) => onHost(context.host).containers.stop(input, asked(context)),
    restart: (input, context) => onHost(context.host).containers.restart(input, asked(context)),
    kill: (input, context) => onHost(context.host).containers.kill(input, asked(context)),
    pause: (input, context) => onHost(context.host).containers.pause(input, asked(context)),
    unpause: (input, context) => onHost(context.host).containers.unpause(input, asked(context)),
    rename: (input, context) => onHost(context.host).containers.rename(input, asked(context)),
    remove: (input, context) => onHost(context.host).containers.remove(input, asked(context)),
    logs: (input, { host, signal, trace }) => onHost(host).containers.logs(input, { signal, trace }),
    logFile: (input, context) => readLogFile(fleet, input, context),
    stats: (input, { host, signal, trace }) => onHost(host).containers.stats(input, { signal, trace }),
    exec: (input, context) => onHost(context.host).containers.exec(input, asked(context)),
  }
}
