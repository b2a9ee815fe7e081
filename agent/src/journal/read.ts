import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type * as z from 'zod/mini'
import type { journal, JournalPage, JournalRow } from '@fairlead/protocol/features/journal.ts'
import type { Begun, Done, Entry, Local, Refused } from './entry.ts'
import { plainFlags } from '../whole.ts'
import { journalDir, listSegments } from './files.ts'
import { parseSegment } from './segment.ts'

type Query = z.output<typeof journal.read.input>

/** What was asked and done, the newest first; a request and its end are one row. One file at a time: others are served in between. */
export async function readRows(stateDir: string, { before = Number.MAX_SAFE_INTEGER, only, limit }: Query): Promise<JournalPage> {
  const folder = journalDir(stateDir)
  const ends = new Map<number, Done>()
  const page = { rows: [] as JournalRow[], more: false, counts: { allowed: 0, refused: 0, local: 0 }, changedIn: '' }
  const names = listSegments(folder).toReversed()
  for (const [age, name] of names.entries()) {
    const { entries, changed } = parseSegment(await readFile(join(folder, name), { flag: plainFlags }))
    if (age === 0) page.counts = countEntries(entries)
    if (changed) page.changedIn = name
    for (const entry of entries.toReversed()) {
      if (entry.kind === 'done') ends.set(entry.of, entry)
      if (entry.kind === 'done' || entry.kind === 'head' || entry.seq >= before || !fits(entry, only)) continue
      if (page.rows.length === limit) return { ...page, more: true }
      page.rows.push(rowOf(entry, ends.get(entry.seq)))
    }
  }
  return page
}

/** Each verdict since the journal began; files that are gone are in the first line of the next. */
export function countEntries(entries: readonly Entry[]): JournalPage['counts'] {
  const [first] = entries
  const counts = first?.kind === 'head' ? { ...first.counts } : { allowed: 0, refused: 0, local: 0 }
  for (const entry of entries) {
    if (entry.kind === 'begun') counts.allowed++
    if (entry.kind === 'local') counts.local++
    if (entry.kind === 'refused') counts.refused += 1 + (entry.skipped ?? 0)
  }
  return counts
}

function fits({ kind }: Entry, only: Query['only']): boolean {
  return only === 'all' || kind === only
}

function rowOf(entry: Begun | Refused | Local, end: Done | undefined): JournalRow {
  const { seq, timeMs, target } = entry
  const base = { seq, timeMs, target, skipped: 0, ms: null }
  if (entry.kind === 'local') {
    const { verb: what, who, targetName, outcome, facts } = entry
    const why = Object.entries(facts).map(([name, value]) => `${name} ${value}`)
    return { ...base, by: 'local', what, trace: '', who, targetName, outcome, why: why.join(', ').slice(0, 1024) }
  }
  const asked = { ...base, by: 'hub' as const, what: entry.method, trace: entry.trace, who: '', targetName: '' }
  if (entry.kind === 'refused') return { ...asked, outcome: 'refused', why: entry.why, skipped: entry.skipped ?? 0 }
  if (end === undefined) return { ...asked, outcome: 'open', why: '' }
  const ok = end.code === 'ok'
  return { ...asked, outcome: ok ? 'ok' : 'failed', why: ok ? '' : end.code, ms: end.ms }
}
