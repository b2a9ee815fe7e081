import { bytes, count, flag, moment, pgTable, sql, text, uuid } from '../base/drizzle.ts'

// All of these belong to an account; all but totp show themselves to `app.account` alone.

export const totp = pgTable('totp', {
  accountId: uuid('account_id').notNull(),
  /** Sealed. */
  secret: bytes('secret').notNull(),
  lastStep: count('last_step').notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
  /** The database's own: of the key in `secret`. */
  secretKey: uuid('secret_key').generatedAlwaysAs(sql`sealed_key(secret)`),
})

export const recoveryCodes = pgTable('recovery_codes', {
  accountId: uuid('account_id').notNull(),
  codeHash: bytes('code_hash').notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
})

export const passkeys = pgTable('passkeys', {
  accountId: uuid('account_id').notNull(),
  credentialId: bytes('credential_id').notNull(),
  publicKey: bytes('public_key').notNull(),
  counter: count('counter').notNull(),
  transports: text('transports').array().notNull().default([]),
  name: text('name').notNull(),
  synced: flag('synced').notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
  usedAt: moment('used_at'),
})

export const devices = pgTable('devices', {
  accountId: uuid('account_id').notNull(),
  tokenHash: bytes('token_hash').notNull(),
  seenAt: moment('seen_at').notNull().defaultNow(),
})

export const accountNotices = pgTable('account_notices', {
  accountId: uuid('account_id').notNull(),
  id: uuid('id').notNull(),
  at: moment('at').notNull().defaultNow(),
  kind: text('kind').notNull(),
  ip: text('ip').notNull(),
  userAgent: text('user_agent').notNull(),
})
