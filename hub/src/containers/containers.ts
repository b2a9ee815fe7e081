import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { containersApi } from '@fairlead/protocol/features/containers.ts'
import type { HubContext } from '../base/access.ts'
import type { Fleet } from '../fleet/fleet.ts'
import { readLogFile } from './log-file.ts'

/** Each method is the host's own; streams pass through undecoded. */
export function serveContainers(fleet: Pick<Fleet, 'onHost' | 'find'>): Handlers<typeof containersApi, HubContext> {
  const { onHost } = fleet
  return {
    list: (input, { host, signal, trace }) => onHost(host).containers.list(input, { signal, trace }),
    get: (input, { host, signal, trace }) => onHost(host).containers.get(input, { signal, trace }),
    inspect: (input, { host, signal, trace }) => onHost(host).containers.inspect(input, { signal, trace }),
    start: (input, { host, signal, trace }) => onHost(host).containers.start(input, { signal, trace }),
    stop: (input, { host, signal, trace }) => onHost(host).containers.stop(input, { signal, trace }),
    restart: (input, { host, signal, trace }) => onHost(host).containers.restart(input, { signal, trace }),
    kill: (input, { host, signal, trace }) => onHost(host).containers.kill(input, { signal, trace }),
    pause: (input, { host, signal, trace }) => onHost(host).containers.pause(input, { signal, trace }),
    unpause: (input, { host, signal, trace }) => onHost(host).containers.unpause(input, { signal, trace }),
    rename: (input, { host, signal, trace }) => onHost(host).containers.rename(input, { signal, trace }),
    remove: (input, { host, signal, trace }) => onHost(host).containers.remove(input, { signal, trace }),
    logs: (input, { host, signal, trace }) => onHost(host).containers.logs(input, { signal, trace }),
    logFile: (input, context) => readLogFile(fleet, input, context),
    stats: (input, { host, signal, trace }) => onHost(host).containers.stats(input, { signal, trace }),
    exec: (input, { host, signal, trace }) => onHost(host).containers.exec(input, { signal, trace }),
  }
}
