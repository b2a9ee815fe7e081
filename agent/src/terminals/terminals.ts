import { randomBytes } from 'node:crypto'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { Terminal, terminals } from '@fairlead/protocol/features/terminals.ts'
import { systemClock } from '@fairlead/protocol/wire/clock.ts'
import type { Clock } from '@fairlead/protocol/wire/transport.ts'
import type { Engine } from '../docker/engine.ts'
import { openHeld, type Held } from './held.ts'

const mostTerminals = 16
/** The policy of the host may say less. */
const dayMs = 24 * 3_600_000

/** Terminals live here, whether or not anyone watches, hub or no hub, until nobody watched for so long. */
export function serveTerminals(engine: Engine, clock: Clock = systemClock, idleMs: () => number = () => dayMs): Handlers<typeof terminals> {
  const held = new Map<string, Held>()

  function find(id: string): Held {
    const found = held.get(id)
    if (found === undefined) throw new FairleadError('not_found', 'This terminal is no longer open on the host.')
    return found
  }

  function close(id: string): void {
    held.get(id)?.close()
    held.delete(id)
  }

  /** One timer for all of them: whoever was left alone for too long goes. */
  function sweep(): void {
    clock.after(60_000, () => {
      for (const [id, terminal] of held) if (terminal.idleForMs() > idleMs()) close(id)
      if (held.size > 0) sweep()
    })
  }

  return {
    list: async () => [...held.values()].map(({ describe }) => describe()),
    async open(input) {
      if (held.size >= mostTerminals)
        throw new FairleadError('too_many', `This host already holds ${mostTerminals} terminals; close one first.`)
      const id = randomBytes(16).toString('hex')
      const terminal = await openHeld(engine, id, input, clock)
      held.set(id, terminal)
      if (held.size === 1) sweep()
      return terminal.describe()
    },
    async *attach({ id, after, watch }, context) {
      yield* find(id).attach(context, { after, watch })
    },
    async rename({ id, name }): Promise<Terminal> {
      const terminal = find(id)
      terminal.rename(name)
      return terminal.describe()
    },
    async close({ id }) {
      find(id)
      close(id)
      return { id }
    },
  }
}
