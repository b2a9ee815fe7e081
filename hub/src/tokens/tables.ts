import { bytes, moment, pgTable, text, uuid } from '../base/drizzle.ts'

export const tokens = pgTable('tokens', {
  organizationId: uuid('organization_id').notNull(),
  id: text('id').notNull(),
  accountId: uuid('account_id').notNull(),
  name: text('name').notNull(),
  tokenHash: bytes('token_hash').notNull(),
  scopes: text('scopes').array().notNull(),
  addresses: text('addresses').array().notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
  expiresAt: moment('expires_at').notNull(),
  usedAt: moment('used_at'),
  usedIp: text('used_ip').notNull().default(''),
})
