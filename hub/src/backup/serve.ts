import type { Handlers } from '@fairlead/protocol/contract.ts'
import type { backupApi } from '@fairlead/protocol/features/backup.ts'
import type { HubContext } from '../base/access.ts'
import type { Database } from '../base/db.ts'
import type { Epochs } from '../fleet/epoch.ts'
import { lastBackup, lateAfterMs } from './notes.ts'
import type { BackupSettings } from './schedule.ts'

export interface BackupDeps {
  readonly db: Database
  readonly settings: BackupSettings | undefined
  readonly epochs: Pick<Epochs, 'held'>
}

/** What people are shown of the backups. A hub that is held is confirmed on its machine alone: only there is it known that no other one runs. */
export function serveBackup({ db, settings, epochs }: BackupDeps): Handlers<typeof backupApi, HubContext> {
  return {
    async state() {
      const { made, failed } = await lastBackup(db)
      return {
        plan: planOf(settings),
        last: made ?? null,
        failed: failed ?? null,
        lateAfterMs: lateAfterMs(settings?.everyMs),
        held: epochs.held ?? null,
      }
    },
  }
}

function planOf(settings: BackupSettings | undefined) {
  if (settings === undefined) return null
  const { dir, everyMs, keep, passphrase } = settings
  return { dir, everyMs, keep, passphrase: passphrase !== undefined }
}
