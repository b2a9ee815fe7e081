import { bytes, flag, integer, moment, pgTable, text, uuid } from '../base/drizzle.ts'

/** Found by the digest of the cookie's token; the token itself is nowhere. */
export const logins = pgTable('logins', {
  organizationId: uuid('organization_id').notNull(),
  tokenHash: bytes('token_hash').notNull(),
  accountId: uuid('account_id').notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
  usedAt: moment('used_at').notNull().defaultNow(),
  expiresAt: moment('expires_at').notNull(),
  id: uuid('id').notNull().defaultRandom(),
  factor: text('factor', { enum: ['password', 'totp', 'recovery', 'passkey', 'provider'] })
    .notNull()
    .default('password'),
  provenAt: moment('proven_at').notNull().defaultNow(),
  ip: text('ip').notNull().default(''),
  userAgent: text('user_agent').notNull().default(''),
  /** That it came through. */
  providerId: uuid('provider_id'),
  /** After so long without a request it has ended. */
  idleMinutes: integer('idle_minutes').notNull().default(720),
  /** Begun with the organization: nobody could have a second factor yet. */
  grace: flag('grace').notNull().default(false),
})
