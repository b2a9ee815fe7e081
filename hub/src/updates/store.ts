import type { UpdateWindow, WaveHostState, Reason } from '@fairlead/protocol/features/updates-api.ts'
import type { Database } from '../base/db.ts'
import { and, asc, desc, eq, gt, inArray, or, sql, type Orm } from '../base/drizzle.ts'
import { updateHosts, updateWaves, updateWindows, type HostRow, type WaveRow } from './tables.ts'

/** What is stored of waves. Each change is one statement on the state that was: two hubs, or a person and the hub, cannot both have it. */
export type Store = ReturnType<typeof createStore>
type Tx = <T>(organization: string, run: (orm: Orm) => Promise<T>) => Promise<T>

/** Of each stage, how many hosts are in which state. */
export type Counts = ReadonlyMap<number, Partial<Record<WaveHostState, number>>>

export const underWay = ['waiting', 'running'] as const
/** Hosts of a wave are given it while it is one of these; a wave that is done waits for those that were offline. */
const giving = ['waiting', 'running', 'done'] as const
const mostSaid = 1000

export interface Change {
  readonly state: WaveHostState
  readonly reason?: Reason
  readonly said?: string
  readonly fromVersion?: string
  readonly startedAt?: Date
}

export function createStore(db: Database) {
  const tx: Tx = (organization, run) => db.tx({ organization }, (_sql, orm) => run(orm))
  return { ...onWaves(tx), ...onMany(tx), ...onHosts(tx), ...onTurns(tx), ...onWindows(tx) }
}

const isRow = (waveId: string, hostId: string) => and(eq(updateHosts.waveId, waveId), eq(updateHosts.hostId, hostId))

function onWaves(tx: Tx) {
  return {
    /** What is not over: waves under way, and hosts of other ones that are on their way or were offline. */
    open: (organization: string): Promise<WaveRow[]> =>
      tx(organization, (orm) => {
        const left = sql`EXISTS (SELECT 1 FROM ${updateHosts} WHERE ${updateHosts.waveId} = ${updateWaves.id} AND
          (${updateHosts.state} IN ('sending', 'starting') OR (${updateHosts.state} = 'left' AND ${updateWaves.state} = 'done')))`
        return orm
          .select()
          .from(updateWaves)
          .where(or(inArray(updateWaves.state, [...underWay]), left))
          .orderBy(asc(updateWaves.createdAt))
      }),

    waves: (organization: string, most: number): Promise<WaveRow[]> =>
      tx(organization, (orm) => orm.select().from(updateWaves).orderBy(desc(updateWaves.createdAt)).limit(most)),

    wave: async (organization: string, id: string): Promise<WaveRow | undefined> =>
      (
        await tx(organization, (orm) =>
          orm
            .select()
            .from(updateWaves)
            .where(eq(sql`${updateWaves.id}::text`, id)),
        )
      )[0],

    /** Of a wave that was in one of these states. What its end leaves undone is dropped, what a pause interrupts waits again. */
    turn: (organization: string, id: string, from: readonly WaveRow['state'][], to: Partial<WaveRow>): Promise<WaveRow | undefined> =>
      tx(organization, async (orm) => {
        const ends = to.state === 'halted' || to.state === 'stopped'
        const over = ends || to.state === 'done' ? { endedAt: sql<Date>`now()` } : {}
        const [row] = await orm
          .update(updateWaves)
          .set({ ...to, ...over })
          .where(and(eq(updateWaves.id, id), inArray(updateWaves.state, [...from])))
          .returning()
        const mine = (states: readonly WaveHostState[]) => and(eq(updateHosts.waveId, id), inArray(updateHosts.state, [...states]))
        if (row !== undefined && ends)
          await orm
            .update(updateHosts)
            .set({ state: 'dropped' })
            .where(mine(['waiting', 'sending', 'left']))
        if (row !== undefined && to.state === 'paused')
          await orm
            .update(updateHosts)
            .set({ state: 'waiting' })
            .where(mine(['sending']))
        return row
      }),
  }
}

/** How many hosts there are, and new ones. */
function onMany(tx: Tx) {
  return {
    /** Of many waves, of the hosts that somebody sees; `undefined`: of all. */
    countsOf: (organization: string, waveIds: readonly string[], hostIds?: readonly string[]): Promise<ReadonlyMap<string, Counts>> =>
      tx(organization, async (orm) => {
        if (waveIds.length === 0 || hostIds?.length === 0) return new Map()
        const { waveId, hostId, stage, state } = updateHosts
        const rows = await orm
          .select({ waveId, stage, state, hosts: sql<number>`count(*)::int` })
          .from(updateHosts)
          .where(and(inArray(waveId, [...waveIds]), hostIds === undefined ? undefined : inArray(hostId, [...hostIds])))
          .groupBy(waveId, stage, state)
        const all = new Map<string, Map<number, Partial<Record<WaveHostState, number>>>>()
        for (const row of rows) {
          const counts = all.get(row.waveId) ?? new Map<number, Partial<Record<WaveHostState, number>>>()
          all.set(row.waveId, counts.set(row.stage, { ...counts.get(row.stage), [row.state]: row.hosts }))
        }
        return all
      }),

    /** With its hosts. Those that an earlier wave left over, for they were offline, have this one instead. */
    async insert(wave: typeof updateWaves.$inferInsert, hosts: readonly (typeof updateHosts.$inferInsert)[]): Promise<WaveRow> {
      return tx(wave.organizationId, async (orm) => {
        const [row] = await orm.insert(updateWaves).values(wave).returning()
        for (let at = 0; at < hosts.length; at += 500) {
          const piece = hosts.slice(at, at + 500)
          const ids = piece.map(({ hostId }) => hostId)
          await orm
            .update(updateHosts)
            .set({ state: 'skipped', reason: 'newer' })
            .where(and(inArray(updateHosts.hostId, ids), eq(updateHosts.state, 'left')))
          await orm.insert(updateHosts).values(piece)
        }
        return row!
      })
    },
  }
}

function onHosts(tx: Tx) {
  return {
    /** Up to a stage, those whose turn it is and that are not over. */
    rows: (organization: string, waveId: string, stage: number): Promise<HostRow[]> =>
      tx(organization, (orm) =>
        orm
          .select()
          .from(updateHosts)
          .where(
            and(
              eq(updateHosts.waveId, waveId),
              sql`${updateHosts.stage} <= ${stage}`,
              inArray(updateHosts.state, ['waiting', 'sending', 'starting', 'left']),
            ),
          )
          .orderBy(asc(updateHosts.place)),
      ),

    hostsOf: (organization: string, waveId: string): Promise<HostRow[]> =>
      tx(organization, (orm) => orm.select().from(updateHosts).where(eq(updateHosts.waveId, waveId)).orderBy(asc(updateHosts.place))),

    row: async (organization: string, waveId: string, hostId: string): Promise<HostRow | undefined> =>
      (await tx(organization, (orm) => orm.select().from(updateHosts).where(isRow(waveId, hostId))))[0],

    /** The last wave of a host. */
    lastOf: (organization: string, hostId: string): Promise<{ wave: WaveRow; own: HostRow } | undefined> =>
      tx(organization, async (orm) => {
        const [found] = await orm
          .select({ wave: updateWaves, own: updateHosts })
          .from(updateHosts)
          .innerJoin(updateWaves, eq(updateWaves.id, updateHosts.waveId))
          .where(eq(updateHosts.hostId, hostId))
          .orderBy(desc(updateWaves.createdAt))
          .limit(1)
        return found
      }),

    busy: async (organization: string): Promise<ReadonlySet<string>> => {
      const rows = await tx(organization, (orm) =>
        orm
          .select({ hostId: updateHosts.hostId })
          .from(updateHosts)
          .where(inArray(updateHosts.state, ['waiting', 'sending', 'starting'])),
      )
      return new Set(rows.map(({ hostId }) => hostId))
    },
  }
}

/** What becomes of a host. */
function onTurns(tx: Tx) {
  return {
    /** false: it was not in one of these states any more. Into `sending` and `starting` only while its wave gives. */
    change: (organization: string, { waveId, hostId }: HostRow, from: readonly WaveHostState[], to: Change): Promise<boolean> =>
      tx(organization, async (orm) => {
        const gives =
          to.state === 'sending' || to.state === 'starting'
            ? sql`(SELECT ${updateWaves.state} FROM ${updateWaves} WHERE ${updateWaves.id} = ${waveId} FOR SHARE) IN ${[...giving]}`
            : undefined
        const { said = '', ...rest } = to
        const done = await orm
          .update(updateHosts)
          .set({ reason: '', ...rest, said: said.slice(0, mostSaid) })
          .where(and(isRow(waveId, hostId), inArray(updateHosts.state, [...from]), gives))
          .returning({ id: updateHosts.hostId })
        return done.length > 0
      }),

    /** The next host of a later stage comes into this one: a stage in which nobody could take it proves nothing. */
    promote: (organization: string, waveId: string, stage: number): Promise<boolean> =>
      tx(organization, async (orm) => {
        const [next] = await orm
          .select({ hostId: updateHosts.hostId })
          .from(updateHosts)
          .where(and(eq(updateHosts.waveId, waveId), gt(updateHosts.stage, stage), eq(updateHosts.state, 'waiting')))
          .orderBy(asc(updateHosts.place))
          .limit(1)
        if (next === undefined) return false
        await orm.update(updateHosts).set({ stage }).where(isRow(waveId, next.hostId))
        return true
      }),

    async forgetHost(organization: string, hostId: string): Promise<void> {
      await tx(organization, (orm) => orm.delete(updateHosts).where(eq(updateHosts.hostId, hostId)))
    },
  }
}

function onWindows(tx: Tx) {
  return {
    windows: (organization: string): Promise<ReadonlyMap<string, UpdateWindow>> =>
      tx(organization, async (orm) => {
        const rows = await orm.select().from(updateWindows)
        return new Map(
          rows.map(({ environmentId, days, fromMinute, toMinute, zone }) => [environmentId, { days, fromMinute, toMinute, zone }]),
        )
      }),

    async setWindow(organization: string, environmentId: string, window: UpdateWindow | null): Promise<void> {
      await tx(organization, async (orm) => {
        await orm.delete(updateWindows).where(eq(updateWindows.environmentId, environmentId))
        if (window !== null) await orm.insert(updateWindows).values({ organizationId: organization, environmentId, ...window })
      })
    },
  }
}
