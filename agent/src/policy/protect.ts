import { join } from 'node:path'
import * as z from 'zod/mini'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { mostProtected } from '@fairlead/protocol/features/policy.ts'
import { writeForAgent } from '../whole.ts'
import type { Look } from './follow.ts'

export const protectedFile = (stateDir: string) => join(stateDir, 'protected.json')

const One = z.strictObject({
  id: z.string().check(z.regex(/^(?:[0-9a-f]{64})?$/)),
  name: z.string().check(z.maxLength(128)),
  reason: z.string().check(z.maxLength(64)),
})
/** By id, and by name: what is made anew under its name is protected, too. */
export type ProtectedContainer = z.infer<typeof One>

const All = z.array(One).check(z.maxLength(mostProtected))

/** `undefined`: it cannot be read, and everything counts as protected. */
export function parseProtected(look: Look): readonly ProtectedContainer[] | undefined {
  if (look.is === 'absent') return []
  if (look.is === 'bad') return undefined
  try {
    return All.parse(JSON.parse(look.text))
  } catch {
    return undefined
  }
}

export function writeProtected(stateDir: string, all: readonly ProtectedContainer[]): void {
  if (all.length > mostProtected)
    throw new FairleadError(
      'too_large',
      `At most ${mostProtected} containers are protected one by one; for more, lock the host or deny container.lifecycle in its policy.`,
    )
  writeForAgent(protectedFile(stateDir), JSON.stringify(all))
}

export interface ContainerNames {
  readonly id: string
  readonly name: string
}

export function findProtected(all: readonly ProtectedContainer[], { id, name }: ContainerNames): ProtectedContainer | undefined {
  return all.find((one) => (one.id !== '' && one.id === id) || (one.name !== '' && one.name === name))
}
