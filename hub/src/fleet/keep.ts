import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf } from '@fairlead/protocol/errors.ts'
import type { Log } from '../base/log.ts'
import type { LiveHost } from './fleet.ts'

const againMs = 2000
/** Its policy says no; that may change, and it need not hear of it every other second until then. */
const deniedMs = 60_000

/** Listens to a host while this very link lives: what its agent ends is asked again, not in a hurry. `what`: for the log. */
export async function keepListening(
  host: LiveHost,
  { log, what }: { readonly log: Log; readonly what: string },
  run: () => Promise<void>,
): Promise<void> {
  const { session } = host
  while (host.session === session && session?.alive === true) {
    let waitMs = againMs
    await run().catch((error: unknown) => {
      if (codeOf(error) === 'forbidden') waitMs = deniedMs
      if (session.alive) log('warn', 'a host stopped telling', { host: host.id, what, error: String(error) })
    })
    await sleep(waitMs, undefined, { ref: false })
  }
}
