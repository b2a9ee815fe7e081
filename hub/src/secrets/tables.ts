import { bytes, integer, moment, pgTable, sql, text, uuid } from '../base/drizzle.ts'

export const secrets = pgTable('secrets', {
  organizationId: uuid('organization_id').notNull(),
  id: uuid('id').notNull(),
  environmentId: uuid('environment_id'),
  name: text('name').notNull(),
  description: text('description').notNull().default(''),
  version: integer('version').notNull().default(1),
  createdAt: moment('created_at').notNull().defaultNow(),
  updatedAt: moment('updated_at').notNull().defaultNow(),
  /** All three or none: where it is kept, when it is not here. */
  provider: text('provider'),
  path: text('path'),
  field: text('field'),
  accountId: uuid('account_id'),
})

/** `value` is sealed, for the row `secret_id/id`. */
export const secretVersions = pgTable('secret_versions', {
  organizationId: uuid('organization_id').notNull(),
  secretId: uuid('secret_id').notNull(),
  id: uuid('id').notNull(),
  n: integer('n').notNull(),
  value: bytes('value').notNull(),
  accountId: uuid('account_id').notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
  /** The database's own: of the key in `value`. */
  valueKey: uuid('value_key').generatedAlwaysAs(sql`sealed_key(value)`),
})

export const secretProviders = pgTable('secret_providers', {
  organizationId: uuid('organization_id').notNull(),
  name: text('name').notNull(),
  address: text('address').notNull(),
  mount: text('mount').notNull(),
  namespace: text('namespace').notNull().default(''),
  auth: text('auth', { enum: ['token', 'approle'] }).notNull(),
  roleId: text('role_id').notNull().default(''),
  authMount: text('auth_mount').notNull().default('approle'),
  secret: text('secret').notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
})
