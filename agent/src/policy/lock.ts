import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import * as z from 'zod/mini'
import { readText, writeForAgent } from '../whole.ts'
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
  try {
    writeForAgent(lockFile(stateDir), JSON.stringify(lock))
  } catch (error) {
    if (!/^(ENOSPC|EDQUOT)$/.test((error as NodeJS.ErrnoException).code ?? '')) throw error
    rmSync(`${lockFile(stateDir)}.new`, { force: true })
    writeIntoReserve(stateDir, lock)
  }
  return lock
}

const reserveBytes = 1024
const reserveFile = (stateDir: string) => join(stateDir, 'lock-reserve')

/** Room for a lock on the day on which the disk is full: it must close then, too. */
export function reserveLock(stateDir: string): void {
  try {
    if (statSync(reserveFile(stateDir)).size === reserveBytes) return
  } catch {
    // It is not there yet.
  }
  writeForAgent(reserveFile(stateDir), ' '.repeat(reserveBytes))
}

/** Over what is there: it takes no block more. Blanks after a document are none of its business. */
function writeIntoReserve(stateDir: string, lock: Lock): void {
  const text = Buffer.alloc(reserveBytes, ' ')
  text.write(JSON.stringify({ ...lock, reason: lock.reason.slice(0, 100) }))
  const descriptor = openSync(reserveFile(stateDir), 'r+')
  try {
    writeSync(descriptor, text, 0, reserveBytes, 0)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(reserveFile(stateDir), lockFile(stateDir))
}

/** False: it was not locked. */
export function removeLock(stateDir: string): boolean {
  const there = readLockText(stateDir) !== undefined
  rmSync(lockFile(stateDir), { force: true })
  return there
}

function readLockText(stateDir: string): string | undefined {
  try {
    return readText(lockFile(stateDir))
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
