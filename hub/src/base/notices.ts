import { setTimeout as sleep } from 'node:timers/promises'
import type { Sql } from 'postgres'
import type { Log } from './log.ts'

/** One connection to the database itself, with these options of the driver. */
export type Direct = (options: object) => Sql

export interface Listener {
  readonly heard: (text: string) => void
  /** It listens from now on: what was said before, also between two of these, was not heard. */
  readonly begun: () => Promise<void>
  readonly log: Log
}

const againMs = 500
/** A connection that a network dropped without a word is found out. */
const aliveMs = 10_000

/** Listens on a connection of its own for as long as the hub runs; one that is lost is opened again. */
export function hearNotices(direct: Direct, { heard, begun, log }: Listener): { close(): Promise<void> } {
  const ending = new AbortController()
  let lost = Promise.withResolvers<void>()
  let warned = false
  const sql = direct({
    max: 1,
    idle_timeout: null,
    max_lifetime: null,
    onnotify: (_channel: string, text: string) => heard(text),
    onclose: () => lost.resolve(),
  })

  async function once(): Promise<void> {
    lost = Promise.withResolvers()
    await sql`LISTEN fairlead`
    if (!warned && (await isPooled(sql))) {
      warned = true
      log('warn', 'The database is reached through a pooler, which passes nothing on that other hubs say; set DATABASE_DIRECT_URL.')
    }
    await begun()
    while (!ending.signal.aborted) {
      const state = await Promise.race([lost.promise.then(() => 'lost' as const), pause(aliveMs)])
      if (state === 'lost') return
      await sql`SELECT 1`
    }
  }

  const pause = (ms: number) => sleep(ms, undefined, { signal: ending.signal, ref: false }).catch(() => undefined)

  const ended = (async () => {
    while (!ending.signal.aborted) {
      // Whatever it was, the database may be back in a moment; the hub's own questions say in the log what is amiss.
      await once().catch(() => undefined)
      await pause(againMs)
    }
  })()
  return {
    async close() {
      ending.abort()
      await sql.end({ timeout: 1 })
      await ended
    },
  }
}

/** A pooler makes up the process id that it greets with. */
async function isPooled(sql: Sql): Promise<boolean> {
  const asked = await sql<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`
  return (asked.state as { readonly pid?: number }).pid !== asked[0]!.pid
}
