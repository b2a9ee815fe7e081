import { createEffect, createMemo, onCleanup } from 'solid-js'
import type { BackupState } from '@fairlead/protocol/features/backup.ts'
import { ask } from '../api/api.ts'
import { createLoaded, type Loaded } from '../kit/loaded.ts'

export type Standing = 'none' | 'first' | 'fresh' | 'overdue' | 'failed'

/** In one word how the backups are at a moment. */
export function standingOf({ plan, last, failed, lateAfterMs }: BackupState, atMs: number): Standing {
  if (failed !== null) return 'failed'
  if (last === null) return plan === null ? 'none' : 'first'
  return atMs - last.atMs > lateAfterMs ? 'overdue' : 'fresh'
}

/** A backup is looked at each minute; whether somebody just confirmed this hub, more often. */
const lookMs = { calm: 60_000, held: 5000 } as const

/** For whoever runs the hub; of anybody else nothing is asked. */
export function createBackup(): Loaded<BackupState | undefined> {
  const backup = createLoaded<BackupState | undefined>('hub:settings', undefined, () => ask('backup.state', {}))
  const held = createMemo(() => (backup.now()?.held ?? null) !== null)
  createEffect(() => {
    const timer = setInterval(() => !document.hidden && void backup.load(), held() ? lookMs.held : lookMs.calm)
    onCleanup(() => clearInterval(timer))
  })
  return backup
}
