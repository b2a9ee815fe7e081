import type { RuleAct } from '@fairlead/protocol/features/rules.ts'
import type { Done } from './kept.ts'

/** What whoever does something by a rule is handed. */
export interface ActDeps {
  readonly done: Done
  /** Throws where the disk takes nothing. */
  readonly save: () => void
  readonly tell: (act: RuleAct) => void
  readonly onProblem: (message: string, error: unknown) => void
  /** Ms since 1970. */
  readonly now: () => number
  readonly after: (ms: number, run: () => void) => () => void
}

/** Writes down what was done. False: the disk does not take it, and what cannot be counted is not to be done. */
export function keep({ save, onProblem }: ActDeps): boolean {
  try {
    save()
    return true
  } catch (error) {
    onProblem('what was done by rules cannot be written down, so nothing is done by them', error)
    return false
  }
}
