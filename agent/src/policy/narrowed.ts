import { join } from 'node:path'
import * as z from 'zod/mini'
import { capabilities, modes } from '@fairlead/protocol/features/policy.ts'
import { writeForAgent } from '../whole.ts'
import type { Look } from './follow.ts'
import { lesserMode, type Narrowed } from './rules.ts'

export const narrowedFile = (stateDir: string) => join(stateDir, 'narrowed.json')

const Kept = z.strictObject({
  mode: z.nullable(z.enum(modes)),
  deny: z.array(z.enum(capabilities)).check(z.maxLength(capabilities.length)),
})

export const notNarrowed: Narrowed = { mode: null, deny: [] }

/** What cannot be read counts as everything that the hub can give away. */
export function parseNarrowed(look: Look): Narrowed {
  if (look.is === 'absent') return notNarrowed
  try {
    if (look.is === 'read') return Kept.parse(JSON.parse(look.text))
  } catch {
    // As one that cannot be read at all.
  }
  return { mode: 'monitor', deny: [] }
}

/** Only ever less: an empty one, an older one and a wider one change nothing. */
export function narrowFurther(before: Narrowed, more: Narrowed): Narrowed {
  const deny = [...new Set([...before.deny, ...more.deny])].sort()
  return { mode: more.mode === null ? before.mode : lesserMode(more.mode, before.mode), deny }
}

export function writeNarrowed(stateDir: string, narrowed: Narrowed): void {
  writeForAgent(narrowedFile(stateDir), JSON.stringify(narrowed))
}
