import { document, moment, pgTable, text, uuid } from '../base/drizzle.ts'
import type { Reach } from '../base/rights.ts'

// The providers and the identities themselves are in base/tables.ts: roles and accounts ask for them too.

export const identityRules = pgTable('identity_rules', {
  organizationId: uuid('organization_id').notNull(),
  id: uuid('id').notNull(),
  providerId: uuid('provider_id').notNull(),
  externalGroup: text('external_group').notNull(),
  /** A built-in one's name, or the id of one of the organization's own. */
  role: text('role').notNull(),
  reach: document<Reach>()('reach').notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
})
