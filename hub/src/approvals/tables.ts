import { bytes, flag, moment, pgTable, text, uuid } from '../base/drizzle.ts'

/** `params` is canonical JSON, `digest` of it and the method: what was agreed to is this and nothing else. */
export const approvals = pgTable('approvals', {
  organizationId: uuid('organization_id').notNull(),
  id: uuid('id').notNull(),
  method: text('method').notNull(),
  params: text('params').notNull(),
  digest: bytes('digest').notNull(),
  hostId: uuid('host_id'),
  environmentId: uuid('environment_id'),
  target: text('target').notNull().default(''),
  why: text('why').notNull().default(''),
  accountId: uuid('account_id').notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
  expiresAt: moment('expires_at').notNull(),
  decidedBy: uuid('decided_by'),
  decidedAt: moment('decided_at'),
  refused: flag('refused').notNull().default(false),
  usedAt: moment('used_at'),
})
