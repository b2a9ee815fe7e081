import type { Reach } from '../base/rights.ts'
import { bytes, document, moment, pgTable, text, uuid } from '../base/drizzle.ts'

/** A role that waits for somebody with this e-mail. Used and canceled ones are gone. */
export const accountInvitations = pgTable('account_invitations', {
  organizationId: uuid('organization_id').notNull(),
  id: uuid('id').notNull(),
  secretHash: bytes('secret_hash').notNull(),
  email: text('email').notNull(),
  /** A built-in one's name, or the id of one of the organization's own. */
  role: text('role').notNull(),
  reach: document<Reach>()('reach').notNull(),
  invitedBy: uuid('invited_by').notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
  expiresAt: moment('expires_at').notNull(),
})
