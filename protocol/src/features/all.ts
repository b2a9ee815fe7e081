import type { Api, Features } from '../api.ts'
import { auditApi } from './audit.ts'
import { containers, containersApi } from './containers.ts'
import { enrolmentApi } from './enrolment.ts'
import { events, eventsApi } from './events.ts'
import { fleetApi } from './fleet.ts'
import { hosts, hostsApi } from './hosts.ts'
import { inventory } from './inventory.ts'
import { loginsApi } from './logins.ts'
import { metrics, metricsApi } from './metrics.ts'
import { terminals, terminalsApi } from './terminals.ts'

/** What agents answer. The wire name of a method is `feature.method`. */
export const agentFeatures = { containers, events, hosts, inventory, metrics, terminals } satisfies Features

/** What the hub offers to people, the console and scripts. */
export const hubFeatures = {
  audit: auditApi,
  containers: containersApi,
  enrolment: enrolmentApi,
  events: eventsApi,
  fleet: fleetApi,
  hosts: hostsApi,
  logins: loginsApi,
  metrics: metricsApi,
  terminals: terminalsApi,
} satisfies Record<string, Api>
