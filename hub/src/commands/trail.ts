import { openAudits } from '../base/audit.ts'
import type { OwnerConnection } from '../base/owner.ts'
import { inOneState } from '../backup/backup.ts'

export interface Done {
  readonly verb: string
  readonly target: string
  readonly targetName?: string
}

/** What somebody at the hub's own machine did, in the trail of one organization. */
export async function writeTrail(
  { db }: Pick<OwnerConnection, 'db'>,
  organization: string,
  { verb, target, targetName }: Done,
): Promise<void> {
  await openAudits(db).write({
    organization,
    verb,
    outcome: 'ok',
    actor: '',
    actorName: 'fairlead-hub',
    host: '',
    hostName: '',
    target,
    ...(targetName === undefined ? {} : { targetName }),
    code: '',
    ip: '',
    userAgent: '',
    trace: '',
  })
}

/** In the trail of every organization: it is about the hub itself. */
export async function writeEverywhere(owner: OwnerConnection, done: Done): Promise<void> {
  const all = await inOneState(owner.sql, (db) => db<{ id: string }[]>`SELECT organization_id::text AS id FROM organizations`)
  for (const { id } of all) await writeTrail(owner, id, done)
}
