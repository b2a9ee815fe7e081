import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Entry } from '../journal/entry.ts'
import { readJournal } from '../journal/files.ts'
import { readInbox } from '../journal/inbox.ts'
import { countEntries } from '../journal/read.ts'
import { parseCount } from './args.ts'
import type { Cli } from './verb.ts'
import { table, time } from './show.ts'

export function run(cli: Cli): void {
  const { config, options, say, warn } = cli
  const { entries, changedIn } = readJournal(config.stateDir)
  const problem =
    changedIn === undefined ? undefined : `The journal was changed by somebody else: from ${changedIn} on it is not what was written.`
  if (options['verify'] === true) {
    if (problem !== undefined) throw new FairleadError('conflict', problem)
    return say({ ok: true, entries: entries.length }, () => `${entries.length} entries, each as it was written.`)
  }
  if (problem !== undefined) warn(problem)
  const tail = options['tail'] === undefined ? 50 : parseCount('--tail', String(options['tail']), 1_000_000)
  // Done by hand, and not taken in yet: no agent runs.
  const waiting = readInbox(config.stateDir).map(({ news }) => ({ kind: 'waiting' as const, ...news }))
  const shown = [...entries.filter(({ kind }) => kind !== 'head'), ...waiting].slice(tail === 0 ? Number.POSITIVE_INFINITY : -tail)
  say({ changedIn: changedIn ?? null, counts: countEntries(entries), entries: shown }, () =>
    shown.length === 0 ? 'Nothing was asked of this host yet.' : table(['TIME (UTC)', 'WHAT', 'BY', 'ON', 'HOW'], shown.map(rowOf)),
  )
}

type Shown = Entry | ({ readonly kind: 'waiting' } & ReturnType<typeof readInbox>[number]['news'])

function rowOf(entry: Shown): string[] {
  const at = time(entry.timeMs)
  if (entry.kind === 'begun') return [at, entry.method, `hub ${entry.trace}`, entry.target, `began (${entry.seq})`]
  if (entry.kind === 'refused')
    return [
      at,
      entry.method,
      `hub ${entry.trace}`,
      entry.target,
      `refused${entry.skipped === undefined ? '' : `, and ${entry.skipped} more`}: ${entry.why}`,
    ]
  if (entry.kind === 'done') return [at, '', 'hub', '', `${entry.code} after ${entry.ms} ms (${entry.of})`]
  if (entry.kind === 'head') return [at, '', '', '', '']
  const more = Object.entries(entry.facts).map(([name, value]) => `${name} ${value}`)
  return [at, entry.verb, entry.who, entry.targetName || entry.target, [entry.outcome, ...more].join(', ')]
}
