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

/** A fresh backup is looked at each minute; one that somebody waits for, and whether this hub was just confirmed, more often. */
const lookMs = { calm: 60_000, awaited: 5000 } as const

/** For whoever runs the hub; of anybody else nothing is asked. */
export function createBackup(): Loaded<BackupState | undefined> {
  const backup = createLoaded<BackupState | undefined>('hub:settings', undefined, () => ask('backup.state', {}))
  const awaited = createMemo(() => {
    const now = backup.now()
    return now !== undefined && (now.held !== null || !['none', 'fresh'].includes(standingOf(now, Date.now())))
  })
  createEffect(() => {
    const timer = setInterval(() => !document.hidden && void backup.load(), awaited() ? lookMs.awaited : lookMs.calm)
    onCleanup(() => clearInterval(timer))
  })
  return backup
}
