import { readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import * as z from 'zod/mini'
import { writeForAgent } from '../whole.ts'
import type { Look } from './follow.ts'

export const lockFile = (stateDir: string) => join(stateDir, 'lock.json')

const Lock = z.strictObject({
  sinceMs: z.number(),
  /** null: until somebody unlocks it. */
  untilMs: z.nullable(z.number()),
  reason: z.string().check(z.maxLength(256)),
  by: z.string().check(z.maxLength(64)),
  /** A clock that is set forward does not open it: within one boot the time counts that the machine was on. */
  boot: z.string().check(z.maxLength(64)),
  untilUptimeS: z.nullable(z.number()),
})
export type Lock = z.infer<typeof Lock>

/** For `forMs`, or until it is opened. */
export function writeLock(stateDir: string, { forMs, reason, by }: { forMs: number | undefined; reason: string; by: string }): Lock {
  const lock: Lock = {
    sinceMs: Date.now(),
    untilMs: forMs === undefined ? null : Date.now() + forMs,
    reason: reason.slice(0, 256),
    by: by.slice(0, 64),
    boot: bootId(),
    untilUptimeS: forMs === undefined ? null : os.uptime() + forMs / 1000,
  }
  writeForAgent(lockFile(stateDir), JSON.stringify(lock))
  return lock
}

/** False: it was not locked. */
export function removeLock(stateDir: string): boolean {
  const there = readLockText(stateDir) !== undefined
  rmSync(lockFile(stateDir), { force: true })
  return there
}

function readLockText(stateDir: string): string | undefined {
  try {
    return readFileSync(lockFile(stateDir), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** A lock that cannot be read is one. */
const unreadable: Lock = { sinceMs: 0, untilMs: null, reason: 'lock.json cannot be read', by: '', boot: '', untilUptimeS: null }

export function parseLock(look: Look): Lock | undefined {
  if (look.is === 'absent') return undefined
  if (look.is === 'bad') return unreadable
  try {
    return Lock.parse(JSON.parse(look.text))
  } catch {
    return unreadable
  }
}

export function isOver({ untilMs, boot, untilUptimeS }: Lock, now = { ms: Date.now(), uptimeS: os.uptime(), boot: bootId() }): boolean {
  if (untilMs === null) return false
  return boot !== '' && boot === now.boot && untilUptimeS !== null ? now.uptimeS >= untilUptimeS : now.ms >= untilMs
}

let ownBoot: string | undefined

/** Of the machine, not of the agent. */
function bootId(): string {
  try {
    return (ownBoot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())
  } catch {
    return ''
  }
}
