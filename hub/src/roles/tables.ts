import { moment, pgTable, text, uuid } from '../base/drizzle.ts'

export const roles = pgTable('roles', {
  organizationId: uuid('organization_id').notNull(),
  id: uuid('id').notNull(),
  name: text('name').notNull(),
  description: text('description').notNull().default(''),
  permissions: text('permissions').array().notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
})

/** One of account and team; one of a built-in role and a role of the organization's own; at most one place, none is all of it. */
export const grants = pgTable('grants', {
  organizationId: uuid('organization_id').notNull(),
  id: uuid('id').notNull(),
  accountId: uuid('account_id'),
  teamId: uuid('team_id'),
  builtIn: text('built_in'),
  roleId: uuid('role_id'),
  effect: text('effect', { enum: ['allow', 'deny'] }).notNull(),
  environmentId: uuid('environment_id'),
  hostId: uuid('host_id'),
  tag: text('tag'),
  createdAt: moment('created_at').notNull().defaultNow(),
  /** Whose rules gave it; null: given by hand. */
  providerId: uuid('provider_id'),
})
