import type { Config } from '../config.ts'

export interface Option {
  /** What comes after it; absent: nothing. */
  readonly arg?: string
  readonly short?: string
  readonly says: string
}

export interface Verb {
  /** What comes after the verb, as a person reads it. */
  readonly args: string
  /** How many words at least, and at most. */
  readonly words: readonly [number, number]
  readonly says: string
  readonly options?: Readonly<Record<string, Option>>
  /** All after `--` is a command of its own. */
  readonly command?: true
  /** Nothing of a verb is loaded before it is asked for: least of all by the agent that runs. */
  readonly load: () => Promise<{ run(cli: Cli): Promise<void> | void }>
}

/** What was typed after a verb. */
export interface Parsed {
  readonly words: readonly string[]
  readonly options: Readonly<Record<string, string | true>>
  /** What came after `--`. */
  readonly command: readonly string[]
}

/** What a verb is handed. */
export interface Cli extends Parsed {
  readonly config: Config
  readonly version: string
  readonly json: boolean
  /** The answer: as a document with `--json`, in words otherwise. */
  say(document: unknown, words: () => string): void
  /** Beside the answer, on standard error. */
  warn(words: string): void
  exit(code: number): void
}
