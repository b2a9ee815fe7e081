import * as z from 'zod/mini'
import { api } from '../api.ts'
import { call } from '../contract.ts'

/** How the backups of a hub are, and whether it waits to be confirmed after a restore. Times are ms since the epoch. */
export const BackupState = z.object({
  /** What the hub does by itself; null: nothing is set up. */
  plan: z.nullable(
    z.object({
      dir: z.string(),
      everyMs: z.number(),
      /** So many are kept. */
      keep: z.int(),
      /** Of what the backups open with: a passphrase, else the key of the secrets. */
      passphrase: z.boolean(),
    }),
  ),
  /** Also one that somebody made by hand. */
  last: z.nullable(z.object({ atMs: z.number(), place: z.string(), bytes: z.number() })),
  /** The last try, when it made none. */
  failed: z.nullable(z.object({ atMs: z.number(), place: z.string(), why: z.string() })),
  /** From this age on the last one is overdue. */
  lateAfterMs: z.number(),
  /** Nothing can be changed on hosts until somebody says on the hub's machine that this hub is the one to act. */
  held: z.nullable(
    z.object({
      why: z.enum(['restored', 'set back', 'superseded']),
      /** Null: not known, since just now. */
      sinceMs: z.nullable(z.number()),
      /** When the backup was made that is in this hub now. */
      backupMs: z.nullable(z.number()),
    }),
  ),
})
export type BackupState = z.infer<typeof BackupState>

const backup = {
  /** Of the hub itself, for whoever runs it. */
  state: call(z.object({}), BackupState),
}

export const backupApi = {
  state: api(backup.state, { http: 'GET /backup', needs: 'hub:settings', on: 'organization' }),
}
