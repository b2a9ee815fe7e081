import { For, type JSX } from 'solid-js'
import type { BackupState } from '@fairlead/protocol/features/backup.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { Backups } from './Backups.tsx'
import { HeldBox } from './Held.tsx'

const hourMs = 3_600_000
const nowMs = Date.now()
const plan = { dir: '/mnt/other-disk/fairlead', everyMs: 24 * hourMs, keep: 7, passphrase: true }
const place = `${plan.dir}/fairlead-2026-01-31T03-00-00-000Z.backup`
const last = (ageHours: number) => ({ atMs: nowMs - ageHours * hourMs, place, bytes: 48_234_567 })
const failed = { atMs: nowMs - hourMs, place, why: `ENOSPC: no space left on device, write '${place}.part'` }
const calm: BackupState = { plan, last: last(3), failed: null, lateAfterMs: 48 * hourMs, held: null }

const states: readonly BackupState[] = [
  calm,
  { ...calm, plan: null, last: null },
  { ...calm, plan: null, last: { ...last(3), place: 'hub.backup' } },
  { ...calm, last: null },
  { ...calm, last: last(90), plan: { ...plan, passphrase: false, keep: 1, dir: `/mnt/${'d'.repeat(120)}` } },
  { ...calm, failed },
  { ...calm, last: null, failed },
]
const held = [
  { why: 'restored', sinceMs: nowMs - hourMs, backupMs: nowMs - 30 * hourMs },
  { why: 'set back', sinceMs: nowMs - hourMs, backupMs: null },
  { why: 'superseded', sinceMs: null, backupMs: null },
] as const
const loaded = (now: BackupState | undefined, error?: unknown) => ({ now: () => now, error: () => error, load: async () => undefined })

/** Backups, and a hub that is held, in every state that they can be in. */
export function BackupStates(): JSX.Element {
  return (
    <>
      <For each={held}>{(one) => <HeldBox held={one} />}</For>
      <For each={states}>{(state) => <Backups backup={loaded(state)} />}</For>
      <Backups backup={loaded(undefined)} />
      <Backups backup={loaded(undefined, new FairleadError('host_offline', 'The hub does not answer.'))} />
    </>
  )
}
