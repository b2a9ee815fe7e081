import { openOwner } from '@fairlead/hub/base/owner.ts'
import type { HubProcess } from './programs.ts'

/** Everybody proved who they are six minutes ago: what wants a fresh proof asks for it. The hub starts anew, for it knows some by heart. */
export async function ageProofs(hub: HubProcess): Promise<void> {
  const owner = await openOwner({ dataDir: hub.dataDir, databaseUrl: undefined, databaseOwnerUrl: undefined })
  try {
    await owner.sql`UPDATE logins SET proven_at = now() - interval '6 minutes'`
  } finally {
    await owner.close()
  }
  await hub.restart('SIGTERM')
}
