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
