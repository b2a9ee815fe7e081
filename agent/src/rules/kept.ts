import { join } from 'node:path'
import * as z from 'zod/mini'
import { mostActs, RuleAct, RulesHere } from '@fairlead/protocol/features/rules.ts'
import { readText, writeForAgent } from '../whole.ts'

// Two files: the rules as they were handed down, and what was done by them. Each is written whole, and read by the emergency CLI too.

const Kept = z.extend(RulesHere, {
  /** Since when containers are looked after here: what ended before is not brought back. */
  healsSinceMs: z.number(),
})
export type Kept = z.infer<typeof Kept>

export const noRules: Kept = { counter: 0, heal: [], prune: [], healsSinceMs: 0 }

const Ids = z.string().check(z.regex(/^[0-9a-f]{12,64}$/))
const GaveUp = z.object({ name: z.string(), rule: z.string(), sinceMs: z.number() })
const Done = z.object({
  acts: z.array(RuleAct).check(z.maxLength(mostActs)),
  /** When each container was restarted by a rule in the last hour. */
  tries: z.record(Ids, z.array(z.number())),
  gaveUp: z.record(Ids, GaveUp),
  /** When each rule that prunes did so last. */
  prunedMs: z.record(z.string(), z.number()),
})
export type Done = z.infer<typeof Done>

const rulesFile = (stateDir: string) => join(stateDir, 'rules.json')
const doneFile = (stateDir: string) => join(stateDir, 'rules-done.json')

/** `problem`: it is there and no rules are in it; '' otherwise. Then nothing is done by any. */
export function readRules(stateDir: string): { readonly kept: Kept; readonly problem: string } {
  try {
    return { kept: Kept.parse(JSON.parse(readText(rulesFile(stateDir)))), problem: '' }
  } catch (error) {
    const absent = (error as NodeJS.ErrnoException).code === 'ENOENT'
    return { kept: noRules, problem: absent ? '' : `${rulesFile(stateDir)} cannot be read: ${(error as Error).message.slice(0, 200)}` }
  }
}

export function writeRules(stateDir: string, kept: Kept): void {
  writeForAgent(rulesFile(stateDir), JSON.stringify(kept))
}

export function readDone(stateDir: string): Done {
  try {
    return Done.parse(JSON.parse(readText(doneFile(stateDir))))
  } catch {
    return { acts: [], tries: {}, gaveUp: {}, prunedMs: {} }
  }
}

/** Throws what the disk says: what cannot be counted is not done. */
export function writeDone(stateDir: string, done: Done): void {
  writeForAgent(doneFile(stateDir), JSON.stringify(done))
}
