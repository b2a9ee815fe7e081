import { randomUUID } from 'node:crypto'
import { openDatabase } from '@fairlead/hub/base/db.ts'
import { openHubIdentity } from '@fairlead/hub/fleet/identity.ts'
import { createOwner, type Person } from '../../fleet/console.ts'
import { startHub, type HubProcess } from '../../fleet/programs.ts'
import { ask } from './ask.ts'
import type { Probed } from './probe.ts'

/** The hub as people run it, with a probe inside and hosts that were enrolled before. */
export interface BenchHub {
  readonly hub: HubProcess
  readonly owner: Person
  readonly hubKey: Uint8Array
  readonly httpAddress: string
  readonly httpsAddress: string
  probe(gc?: boolean): Promise<Probed>
}

/**
 * Starts a hub, sets it up, stops it, writes hosts with these keys straight into its database, and starts it again: enrolment
 * itself is not what is measured. `execArgv`: for the hub's process, a profiler for example.
 */
export async function startBenchHub(keys: readonly Uint8Array[], execArgv = process.env['BENCH_HUB_OPTIONS'] ?? ''): Promise<BenchHub> {
  const hub = await startHub({ env: { NODE_OPTIONS: `--import ${import.meta.dirname}/probe.ts ${execArgv}` } })
  const owner = await createOwner(`https://127.0.0.1:${hub.httpsPort}`, hub.code)
  const ended = new Promise<void>((done) => hub.process.once('exit', () => done()))
  hub.process.kill('SIGTERM')
  await ended
  await enrolHosts(hub.dataDir, keys)
  await hub.restart('SIGTERM')
  return {
    hub,
    owner,
    hubKey: openHubIdentity(hub.dataDir).publicKey,
    get httpAddress() {
      return `http://127.0.0.1:${new URL(hub.url).port}`
    },
    get httpsAddress() {
      return `https://127.0.0.1:${hub.httpsPort}`
    },
    probe: (gc = false) => ask<Probed>(hub.process, 'probe', { gc }),
  }
}

/** Writes hosts with these keys straight into the database of a hub that does not run. */
export async function enrolHosts(dataDir: string, keys: readonly Uint8Array[]): Promise<void> {
  const db = await openDatabase({ databaseUrl: undefined, databaseOwnerUrl: undefined, dataDir })
  try {
    await db.owner(async (sql) => {
      const [environment] = await sql<{ organization_id: string; id: string }[]>`SELECT organization_id, id FROM environments LIMIT 1`
      const rows = keys.map((key, index) => ({
        organization_id: environment!.organization_id,
        id: randomUUID(),
        environment_id: environment!.id,
        public_key: Buffer.from(key),
        name: hostName(index),
      }))
      for (let at = 0; at < rows.length; at += 2000) await sql`INSERT INTO hosts ${sql(rows.slice(at, at + 2000))}`
      await sql`ANALYZE hosts`
    })
  } finally {
    await db.close()
  }
}

export const hostName = (index: number): string => `host-${String(index).padStart(5, '0')}`
