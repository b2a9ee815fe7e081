// Doors under load: people signing in at once, judging, tokens, and 200 people who look around, on the real hub with PostgreSQL 15.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { openDatabase, type Database } from '@fairlead/hub/base/db.ts'
import { createOwner } from '../fleet/console.ts'
import { startPostgres15 } from '../fleet/postgres.ts'
import { startHub } from '../fleet/programs.ts'
import { timeAuthorize } from './doors/judge.ts'
import { browse } from './doors/look.ts'
import { furnish, type Furnished } from './doors/people.ts'
import { signInAll } from './doors/sign-in.ts'
import { checkTokens } from './doors/tokens.ts'
import { ask } from './measure/ask.ts'
import { percentile, round } from './measure/numbers.ts'
import type { BenchOptions } from './measure/options.ts'
import type { Probed } from './measure/probe.ts'

const people = { signingIn: 50, looking: 200 } as const

export async function run({ seconds }: BenchOptions): Promise<Record<string, unknown>> {
  const dir = mkdtempSync('/var/tmp/fairlead-doors-')
  chmodSync(dir, 0o711)
  const database = await startPostgres15(dir, { logs: false, roles: ['fairlead_work'] })
  const [owner, work] = [database.url('owner'), database.url('fairlead_work')]
  const probe = `--import ${import.meta.dirname}/measure/probe.ts ${process.env['BENCH_HUB_OPTIONS'] ?? ''}`
  const hub = await startHub({ env: { NODE_OPTIONS: probe, DATABASE_URL: work, DATABASE_OWNER_URL: owner } })
  let db: Database | undefined
  try {
    const base = `https://127.0.0.1:${hub.httpsPort}`
    await createOwner(base, hub.code)
    db = await openDatabase({ databaseUrl: work, databaseOwnerUrl: owner, dataDir: dir })
    const made = await db.owner((sql) => furnish(sql, people.looking))
    return {
      ...(await atTheDoor(() => ask<Probed>(hub.process, 'probe', { gc: false }), base, made)),
      authorizeUs: round(timeAuthorize()),
      tokenChecksCpuS: round(await checkTokens(db, made)),
      ...(await inside(db, base, made, Math.min(seconds, 30))),
    }
  } finally {
    await db?.close()
    await hub.stop()
    await database.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}

async function atTheDoor(probe: () => Promise<Probed>, base: string, { people: all }: Furnished): Promise<Record<string, unknown>> {
  await signInAll(base, all.slice(0, 4))
  await probe()
  const startMs = performance.now()
  const { refused } = await signInAll(base, all.slice(4, 4 + people.signingIn))
  const seconds = (performance.now() - startMs) / 1000
  const { loopP99Ms, loopMaxMs } = await probe()
  return { loginLoopP99Ms: round(loopP99Ms), loginLoopMaxMs: round(loopMaxMs), loginSeconds: round(seconds), loginsToldToWait: refused }
}

async function inside(db: Database, base: string, { people: all }: Furnished, seconds: number): Promise<Record<string, unknown>> {
  const { apiMs, databaseMs, failed, pagesMs } = await browse({ db, base, people: all.slice(0, people.looking), seconds })
  return {
    users: people.looking,
    apiRequestsPerSecond: round(apiMs.length / seconds),
    apiP50Ms: round(percentile(apiMs, 0.5)),
    apiP95Ms: round(percentile(apiMs, 0.95)),
    dbP50Ms: round(percentile(databaseMs, 0.5)),
    dbP95Ms: round(percentile(databaseMs, 0.95)),
    apiFailed: failed,
    apiP50MsOf: Object.fromEntries([...pagesMs].map(([page, ms]) => [page, round(percentile(ms, 0.5))])),
  }
}
