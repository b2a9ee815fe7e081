import { document, integer, moment, pgTable, text, uuid } from '../base/drizzle.ts'

/** Whoever a directory made. `document`: what it said of them; their name and whether they may come in are their account's. */
export const scimUsers = pgTable('scim_users', {
  organizationId: uuid('organization_id').notNull(),
  accountId: uuid('account_id').notNull(),
  provisioner: uuid('provisioner'),
  userName: text('user_name').notNull(),
  externalId: text('external_id'),
  document: document<Readonly<Record<string, unknown>>>()('document').notNull(),
  version: integer('version').notNull().default(1),
  createdAt: moment('created_at').notNull().defaultNow(),
  updatedAt: moment('updated_at').notNull().defaultNow(),
  /** `userName`, folded: what is alike is one name. */
  nameKey: text('name_key').notNull(),
})

/** Teams that a directory made. */
export const scimGroups = pgTable('scim_groups', {
  organizationId: uuid('organization_id').notNull(),
  teamId: uuid('team_id').notNull(),
  provisioner: uuid('provisioner'),
  externalId: text('external_id'),
  version: integer('version').notNull().default(1),
  createdAt: moment('created_at').notNull().defaultNow(),
  updatedAt: moment('updated_at').notNull().defaultNow(),
})
