import type { Factor } from '@fairlead/protocol/api.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Through } from '../base/access.ts'
import type { AuditEntry } from '../base/audit.ts'
import type { LoginContext } from './logins.ts'

/** A row of the trail for what happens before there is a caller. */
export function entry(
  verb: string,
  outcome: 'ok' | 'refused',
  { organization, id, name }: { readonly organization: string; readonly id: string; readonly name: string },
  { caller: { ip, userAgent, trace } }: LoginContext,
  factor?: Factor,
  through?: Through,
): AuditEntry {
  const nowhere = { host: '', hostName: '', target: '', code: '' }
  const by = factor === undefined ? {} : { factor }
  const at = through === undefined ? {} : { target: through.id, targetName: through.name }
  return { ...nowhere, ...at, organization, verb, outcome, actor: id, actorName: name, ...by, ip, userAgent, trace }
}

export function refuseInsecure({ door }: LoginContext): void {
  if (!door.secure) throw new FairleadError('forbidden', door.insecureReason)
}
