import type { RuleSet } from '@fairlead/protocol/features/rules.ts'
import { document, pgTable, uuid } from '../base/drizzle.ts'

export const environmentRules = pgTable('environment_rules', {
  organizationId: uuid('organization_id').notNull(),
  environmentId: uuid('environment_id').notNull(),
  rules: document<RuleSet>()('rules').notNull(),
})

export const hostRules = pgTable('host_rules', {
  organizationId: uuid('organization_id').notNull(),
  hostId: uuid('host_id').notNull(),
  rules: document<RuleSet>()('rules').notNull(),
})
