import type { Api } from '../api.ts'
import { accountsApi } from './accounts.ts'
import { approvalsApi } from './approvals.ts'
import { auditApi } from './audit.ts'
import { backupApi } from './backup.ts'
import { containersApi } from './containers.ts'
import { demoApi } from './demo.ts'
import { enrolmentApi } from './enrolment.ts'
import { environmentsApi } from './environments.ts'
import { eventsApi } from './events.ts'
import { factorsApi } from './factors.ts'
import { filesApi } from './files.ts'
import { fleetApi } from './fleet.ts'
import { hostsApi } from './hosts.ts'
import { identitiesApi } from './identities.ts'
import { journalApi } from './journal.ts'
import { loginsApi } from './logins.ts'
import { metricsApi } from './metrics.ts'
import { organizationsApi } from './organizations.ts'
import { policyApi } from './policy.ts'
import { rolesApi } from './roles.ts'
import { rulesApi } from './rules.ts'
import { scimApi } from './scim.ts'
import { teamsApi } from './teams.ts'
import { secretsApi } from './secrets.ts'
import { settingsApi } from './settings.ts'
import { terminalsApi } from './terminals.ts'
import { tokensApi } from './tokens.ts'
import { updatesApi } from './updates-api.ts'

/** What the hub offers to people, the console and scripts. */
export const hubFeatures = {
  accounts: accountsApi,
  approvals: approvalsApi,
  audit: auditApi,
  backup: backupApi,
  containers: containersApi,
  demo: demoApi,
  enrolment: enrolmentApi,
  environments: environmentsApi,
  events: eventsApi,
  factors: factorsApi,
  files: filesApi,
  fleet: fleetApi,
  hosts: hostsApi,
  identities: identitiesApi,
  journal: journalApi,
  logins: loginsApi,
  metrics: metricsApi,
  organizations: organizationsApi,
  policy: policyApi,
  roles: rolesApi,
  rules: rulesApi,
  scim: scimApi,
  teams: teamsApi,
  secrets: secretsApi,
  settings: settingsApi,
  terminals: terminalsApi,
  tokens: tokensApi,
  updates: updatesApi,
} satisfies Record<string, Api>
