import { mkdirSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { parseSegment, type Parsed } from './segment.ts'
import type { Entry, Head } from './entry.ts'
import { readPlain } from '../whole.ts'

const nameForm = /^(\d{15})\.jnl$/

export const journalDir = (stateDir: string) => join(stateDir, 'journal')
export const segmentName = (firstSeq: number) => `${String(firstSeq).padStart(15, '0')}.jnl`

/** Oldest first. */
export function listSegments(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => nameForm.test(name))
      .sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

export function makeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
}

/** What somebody changed is kept for whoever wants to look, and no longer read. */
export function setAside(folder: string, name: string): string {
  const aside = join(folder, `${name}.${new Date().toISOString().replaceAll(/[:.]/g, '')}.changed`)
  renameSync(join(folder, name), aside)
  return aside
}

export interface WholeJournal {
  readonly entries: readonly Entry[]
  /** The first place at which it is not what was written; undefined: it holds. */
  readonly changedIn: string | undefined
}

/** Every file, each held against the one before. For whoever looks, with or without the agent. */
export function readJournal(stateDir: string): WholeJournal {
  const folder = journalDir(stateDir)
  const entries: Entry[] = []
  let last: string | undefined
  let seq: number | undefined
  for (const name of listSegments(folder)) {
    const bytes = readPlain(join(folder, name))
    const parsed = parseSegment(bytes)
    const head = parsed.entries[0]
    if (
      head !== undefined &&
      (head.kind !== 'head' || (last !== undefined && head.before !== last) || (seq !== undefined && head.seq !== seq + 1))
    )
      return { entries, changedIn: name }
    entries.push(...parsed.entries)
    if (parsed.changed) return { entries, changedIn: name }
    last = parsed.hash
    seq = parsed.entries.at(-1)?.seq ?? seq
  }
  return { entries, changedIn: undefined }
}

/** The last file, as it is found at a start. */
export function readSegment(
  folder: string,
  name: string,
): Parsed & { readonly head: Head | undefined; readonly size: number; readonly lines: number } {
  const bytes = readPlain(join(folder, name))
  const parsed = parseSegment(bytes)
  const [first] = parsed.entries
  return {
    ...parsed,
    head: first?.kind === 'head' ? first : undefined,
    size: bytes.length,
    lines: bytes.reduce((sum, byte) => sum + (byte === 10 ? 1 : 0), 0),
  }
}
