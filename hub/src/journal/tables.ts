import { count, pgTable, text, uuid } from '../base/drizzle.ts'

export const hostJournals = pgTable('host_journals', {
  organizationId: uuid('organization_id').notNull(),
  hostId: uuid('host_id').notNull(),
  chain: text('chain').notNull(),
  number: count('number').notNull(),
})
