import type { Features } from '../api.ts'
import { witness } from './audit.ts'
import { containers } from './containers.ts'
import { events } from './events.ts'
import { files } from './files.ts'
import { hosts } from './hosts.ts'
import { inventory } from './inventory.ts'
import { journal } from './journal.ts'
import { metrics } from './metrics.ts'
import { policy } from './policy.ts'
import { rules } from './rules.ts'
import { terminals } from './terminals.ts'
import { updates } from './updates.ts'

/** What agents answer. The wire name of a method is `feature.method`. */
export const agentFeatures = {
  audit: witness,
  containers,
  events,
  files,
  hosts,
  inventory,
  journal,
  metrics,
  policy,
  rules,
  terminals,
  updates,
} satisfies Features
