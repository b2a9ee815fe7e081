import type { Code } from '@fairlead/protocol/errors.ts'

/** One thing that the doctor looked at. */
export interface Check {
  readonly name: string
  readonly state: 'ok' | 'warn' | 'failed' | 'skipped'
  readonly detail: string
  /** What mends it: a command where there is one. */
  readonly mend?: string
  /** For the exit code. */
  readonly code?: Code
}
