import { join } from 'node:path'
import * as z from 'zod/mini'
import { Version } from '@fairlead/protocol/features/updates.ts'
import { makeForAgent, readText, writeForAgent } from '../whole.ts'
import { programsDir } from './slots.ts'

const text = (most: number) => z.string().check(z.maxLength(most))
const Sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/))
const Count = z.int().check(z.gte(0))

/** A release, as far as one host needs it after it was judged. */
const Release = z.object({ version: Version, counter: Count, sha256: Sha256, bytes: Count, expiresMs: z.number() })
export type Release = z.infer<typeof Release>

const Memory = z.object({
  /** What is known of each slot. */
  slots: z._default(z.record(text(80), Release), {}),
  /** The last thing that became of a release here, for whoever asks after a start. */
  last: z._default(z.nullable(z.object({ phase: z.enum(['ready', 'kept', 'returned']), slot: text(80), problem: text(1024) })), null),
})
export type Memory = z.infer<typeof Memory>

const memoryFile = (stateDir: string) => join(programsDir(stateDir), 'memory.json')

/** What is not there, or damaged, was nothing: no program is found by it. */
export function readMemory(stateDir: string): Memory {
  return readAs(Memory, memoryFile(stateDir)) ?? { slots: {}, last: null }
}

export function writeMemory(stateDir: string, memory: Memory): void {
  makeForAgent(programsDir(stateDir))
  writeForAgent(memoryFile(stateDir), JSON.stringify(memory))
}

/** Of this slot, beside what is known of others. */
export function remember(stateDir: string, slot: string, release: Release): void {
  const memory = readMemory(stateDir)
  writeMemory(stateDir, { ...memory, slots: { ...memory.slots, [slot]: release } })
}

/** What became of an update is past: somebody here decided otherwise. */
export function forgetLast(stateDir: string): void {
  writeMemory(stateDir, { ...readMemory(stateDir), last: null })
}

const Taken = z.object({ counter: Count, sha256: Sha256 })
export type Taken = z.infer<typeof Taken>

/** Beside the programs: an installation by hand takes those away, and still nobody goes back behind this. */
const takenFile = (stateDir: string) => join(stateDir, 'taken.json')

/** The newest release that this host let run. */
export function readTaken(stateDir: string): Taken {
  return readAs(Taken, takenFile(stateDir)) ?? { counter: 0, sha256: '' }
}

export function writeTaken(stateDir: string, taken: Taken): void {
  writeForAgent(takenFile(stateDir), JSON.stringify(taken))
}

function readAs<S extends z.ZodMiniType>(schema: S, file: string): z.output<S> | undefined {
  try {
    return schema.parse(JSON.parse(readText(file)))
  } catch {
    return undefined
  }
}
