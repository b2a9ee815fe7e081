import type { LocalVerb } from '@fairlead/protocol/features/journal.ts'

interface Base {
  /** Rises by one from line to line, through all files. */
  readonly seq: number
  readonly timeMs: number
}

/** How often each verdict was given since the journal began: files go, these stay. */
export interface Counts {
  readonly allowed: number
  readonly refused: number
  readonly local: number
}

/** The first line of each file. */
export interface Head extends Base {
  readonly kind: 'head'
  readonly chain: string
  /** The hash before this line. */
  readonly before: string
  readonly counts: Counts
}

/** What the hub asked for; `trace` finds who did in its audit trail, `hash` is of what it asked. */
export interface Asked {
  readonly method: string
  readonly trace: string
  readonly target: string
  readonly hash: string
}

/** It is about to be done. */
export interface Begun extends Base, Asked {
  readonly kind: 'begun'
  /** Of what is asked once: a repeat of it is known by this after a start, too. */
  readonly key?: string
}

export interface Done extends Base {
  readonly kind: 'done'
  /** The `seq` of its `begun`. */
  readonly of: number
  readonly code: string
  readonly ms: number
}

export interface Refused extends Base, Asked {
  readonly kind: 'refused'
  readonly why: string
  /** More refusals since the line before, of which no line was made: a flood of them pushes nothing else out. */
  readonly skipped?: number
}

/** What somebody did on this host, or the agent by itself. */
export interface Local extends Base {
  readonly kind: 'local'
  /** Its own count, for the hub. */
  readonly number: number
  /** Of what was handed in by a program beside the agent. */
  readonly id?: string
  readonly verb: LocalVerb
  readonly who: string
  readonly outcome: 'ok' | 'failed'
  readonly target: string
  readonly targetName: string
  readonly facts: Readonly<Record<string, string>>
}

export type Entry = Head | Begun | Done | Refused | Local
export type LocalNews = Omit<Local, 'kind' | 'seq' | 'number' | 'timeMs'> & { readonly timeMs?: number }

/** An entry as it is said: the chain numbers it. */
export type Fresh = Omit<Begun, 'seq'> | Omit<Done, 'seq'> | Omit<Refused, 'seq'> | Omit<Local, 'seq' | 'number'>
