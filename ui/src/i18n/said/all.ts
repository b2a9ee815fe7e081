import { accessSaid } from './access-fr.ts'
import { auditSaid } from './audit-fr.ts'
import { backupSaid } from './backup-fr.ts'
import { containersSaid } from './containers-fr.ts'
import { filesSaid } from './files-fr.ts'
import { hostsSaid } from './hosts-fr.ts'
import { hubSaid } from './hub-fr.ts'
import { identitiesSaid } from './identities-fr.ts'
import { linkSaid } from './link-fr.ts'
import { loginsSaid } from './logins-fr.ts'
import { policySaid } from './policy-fr.ts'
import { secretsSaid } from './secrets-fr.ts'
import { updatesSaid } from './updates-fr.ts'
import { wireSaid } from './wire-fr.ts'
import { makeSaid, type Templates } from './templates.ts'

/** All of it, as hub and hosts may say any of it on any page. */
export const templates: Templates = {
  ...accessSaid,
  ...auditSaid,
  ...backupSaid,
  ...containersSaid,
  ...filesSaid,
  ...hostsSaid,
  ...hubSaid,
  ...identitiesSaid,
  ...linkSaid,
  ...loginsSaid,
  ...policySaid,
  ...secretsSaid,
  ...updatesSaid,
  ...wireSaid,
}

/** Says a sentence of the hub's or of a host's in French. Without an import of what is loaded first, which that would be cut up for. */
export const makeFrench = (spaced: (text: string) => string): ((text: string) => string) =>
  makeSaid(Object.fromEntries(Object.entries(templates).map(([english, french]) => [english, spaced(french)])))
