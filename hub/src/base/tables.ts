import type { HostFacts } from '@fairlead/protocol/features/hosts.ts'
import type { ProviderSettings } from '@fairlead/protocol/features/identities.ts'
import { bytes, count, document, flag, integer, moment, pgTable, sql, text, uuid } from './drizzle.ts'

// What the migrations made, for typed queries: a test compares each column with the real one. Row-level security, keys and
// indexes are in the migrations alone. Tables that one feature alone asks are in its own tables.ts.

export const organizations = pgTable('organizations', {
  organizationId: uuid('organization_id').notNull(),
  name: text('name').notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
  secondFactor: text('second_factor', { enum: ['optional', 'admins', 'everyone'] })
    .notNull()
    .default('admins'),
  /** Of these, empty: what the hub does by itself. */
  language: text('language', { enum: ['en', 'fr'] }),
  loginIdleMinutes: integer('login_idle_minutes'),
  loginLifeMinutes: integer('login_life_minutes'),
  /** Verbs of the trail that need a second person's yes. */
  secondPerson: text('second_person').array().notNull().default([]),
})

export const accounts = pgTable('accounts', {
  id: uuid('id').notNull(),
  /** With the password, or neither: an account that came through a provider, or of a service. */
  email: text('email'),
  name: text('name').notNull(),
  language: text('language', { enum: ['en', 'fr'] })
    .notNull()
    .default('en'),
  passwordHash: text('password_hash'),
  createdAt: moment('created_at').notNull().defaultNow(),
  /** Runs the hub itself. */
  runsHub: flag('runs_hub').notNull().default(false),
  /** Nobody signs in to a service: only tokens act for it. */
  kind: text('kind', { enum: ['person', 'service'] })
    .notNull()
    .default('person'),
})

export const memberships = pgTable('memberships', {
  organizationId: uuid('organization_id').notNull(),
  accountId: uuid('account_id').notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
  /** false: it keeps its roles and teams, and may use none of them. */
  active: flag('active').notNull().default(true),
})

export const teams = pgTable('teams', {
  organizationId: uuid('organization_id').notNull(),
  id: uuid('id').notNull(),
  name: text('name').notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
})

export const teamMembers = pgTable('team_members', {
  organizationId: uuid('organization_id').notNull(),
  teamId: uuid('team_id').notNull(),
  accountId: uuid('account_id').notNull(),
})

/** `settings.kind` is `kind`. */
export const identityProviders = pgTable('identity_providers', {
  organizationId: uuid('organization_id').notNull(),
  id: uuid('id').notNull(),
  kind: text('kind').notNull(),
  name: text('name').notNull(),
  settings: document<ProviderSettings>()('settings').notNull(),
  /** Sealed, for the row `id`. */
  secret: bytes('secret'),
  enabled: flag('enabled').notNull().default(false),
  justInTime: flag('just_in_time').notNull().default(true),
  secondFactor: text('second_factor', { enum: ['here', 'provider'] })
    .notNull()
    .default('here'),
  createdAt: moment('created_at').notNull().defaultNow(),
  /** The database's own: of the key in `secret`. */
  secretKey: uuid('secret_key').generatedAlwaysAs(sql`sealed_key(secret)`),
  /** The service account to whose people it leads; null: to nobody's whom a directory made. */
  provisioner: uuid('provisioner'),
  /** For how long what it said of somebody counts, from when they came through it last. */
  heardHours: integer('heard_hours').notNull().default(24),
})

export const identities = pgTable('identities', {
  organizationId: uuid('organization_id').notNull(),
  id: uuid('id').notNull(),
  providerId: uuid('provider_id').notNull(),
  subject: text('subject').notNull(),
  accountId: uuid('account_id').notNull(),
  name: text('name').notNull(),
  email: text('email').notNull().default(''),
  linked: flag('linked').notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
  usedAt: moment('used_at').notNull().defaultNow(),
})

export const environments = pgTable('environments', {
  organizationId: uuid('organization_id').notNull(),
  id: uuid('id').notNull(),
  name: text('name').notNull(),
})

export const hosts = pgTable('hosts', {
  organizationId: uuid('organization_id').notNull(),
  id: uuid('id').notNull(),
  environmentId: uuid('environment_id').notNull(),
  publicKey: bytes('public_key').notNull(),
  name: text('name').notNull(),
  tags: text('tags').array().notNull().default([]),
  facts: document<HostFacts>()('facts'),
  enrolledAt: moment('enrolled_at').notNull().defaultNow(),
  lastSeenAt: moment('last_seen_at'),
  lastLoss: text('last_loss').notNull().default(''),
  revokedAt: moment('revoked_at'),
  quarantinedAt: moment('quarantined_at'),
  hubKey: count('hub_key'),
})

export const invitations = pgTable('invitations', {
  organizationId: uuid('organization_id').notNull(),
  id: text('id').notNull(),
  environmentId: uuid('environment_id').notNull(),
  secretHash: bytes('secret_hash').notNull(),
  tags: text('tags').array().notNull().default([]),
  hostname: text('hostname'),
  createdAt: moment('created_at').notNull().defaultNow(),
  expiresAt: moment('expires_at').notNull(),
  usedAt: moment('used_at'),
  canceledAt: moment('canceled_at'),
  hostId: uuid('host_id'),
  /** The host whose place it gives, under another key; null: it makes a host. */
  rejoins: uuid('rejoins'),
})

/** Keys that hosts had before: over for good. */
export const replacedKeys = pgTable('replaced_keys', {
  organizationId: uuid('organization_id').notNull(),
  publicKey: bytes('public_key').notNull(),
  hostId: uuid('host_id').notNull(),
  replacedAt: moment('replaced_at').notNull().defaultNow(),
})

/** `body` is the row as canonical JSON, exactly as it was hashed together with the hash before it. */
export const audit = pgTable('audit', {
  organizationId: uuid('organization_id').notNull(),
  seq: count('seq').notNull(),
  at: moment('at').notNull(),
  body: text('body').notNull(),
  hash: bytes('hash').notNull(),
})
