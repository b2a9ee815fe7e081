// What the rest of the hub sees of backups.
export { refuseHalfRestored } from './files.ts'
export { inOneState } from './dump.ts'
export { lastBackup, lateAfterMs, noteBackup } from './notes.ts'
export { serveBackup } from './serve.ts'
export { checkBackup, restoreBackup, type Restored } from './restore.ts'
export { hubVersion, makeBackup, type BackupInput, type BackupMade } from './make.ts'
