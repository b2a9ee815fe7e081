import { hostStates, reasons, waveStates } from '@fairlead/protocol/features/updates-api.ts'
import { count, integer, moment, pgTable, text, uuid } from '../base/drizzle.ts'

export const updateWaves = pgTable('update_waves', {
  organizationId: uuid('organization_id').notNull(),
  id: uuid('id').notNull(),
  version: text('version').notNull(),
  counter: count('counter').notNull(),
  environmentId: uuid('environment_id'),
  tag: text('tag').notNull().default(''),
  /** Of one host alone: whoever asked for it meant now, so windows are not waited for. */
  hostId: uuid('host_id'),
  pauseMinutes: integer('pause_minutes').notNull(),
  state: text('state', { enum: waveStates }).notNull(),
  stage: integer('stage').notNull().default(0),
  notBefore: moment('not_before'),
  why: text('why').notNull().default(''),
  madeBy: text('made_by').notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
  endedAt: moment('ended_at'),
})

export const updateHosts = pgTable('update_hosts', {
  organizationId: uuid('organization_id').notNull(),
  waveId: uuid('wave_id').notNull(),
  hostId: uuid('host_id').notNull(),
  place: integer('place').notNull(),
  stage: integer('stage').notNull(),
  state: text('state', { enum: hostStates }).notNull(),
  reason: text('reason', { enum: reasons }).notNull().default(''),
  said: text('said').notNull().default(''),
  fromVersion: text('from_version').notNull().default(''),
  startedAt: moment('started_at'),
})

export const updateWindows = pgTable('update_windows', {
  organizationId: uuid('organization_id').notNull(),
  environmentId: uuid('environment_id').notNull(),
  days: integer('days').array().notNull(),
  fromMinute: integer('from_minute').notNull(),
  toMinute: integer('to_minute').notNull(),
  zone: text('zone').notNull(),
})

export type WaveRow = typeof updateWaves.$inferSelect
export type HostRow = typeof updateHosts.$inferSelect
