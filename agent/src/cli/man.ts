import { codes } from '@fairlead/protocol/errors.ts'
import { usageOf } from './args.ts'
import type { Cli } from './verb.ts'
import { runSays, verbs } from './verbs.ts'

export function run({ version }: Pick<Cli, 'version'>): void {
  process.stdout.write(page(version))
}

const sentence = (says: string) => `${says[0]!.toUpperCase()}${says.slice(1)}.`

/** Text as roff takes it: nothing in it is a word of roff's own. */
const roff = (text: string) =>
  text
    .replaceAll('\\', '\\\\')
    .replaceAll('-', '\\-')
    .replaceAll('’', '\\(cq')
    .replaceAll(/^([.'])/gm, '\\&$1')

/** All of the CLI as one page, in the words of roff. */
export function page(version: string): string {
  const each = Object.entries(verbs).flatMap(([name, verb]) => [
    '.TP',
    `.B ${roff(usageOf(name, verb).replace('fairlead-agent ', ''))}`,
    roff(sentence(verb.says)),
    ...Object.entries(verb.options ?? {}).flatMap(([long, { arg, says }]) => [
      '.br',
      roff(`--${long}${arg === undefined ? '' : ` ${arg}`}: ${says}`),
    ]),
  ])
  const byExit = new Map<number, string[]>()
  for (const [code, { exit }] of Object.entries(codes)) byExit.set(exit, [...(byExit.get(exit) ?? []), code])
  const exits = [...byExit].sort(([a], [b]) => a - b).flatMap(([exit, names]) => ['.TP', `.B ${exit}`, roff(names.join(', '))])
  return [
    `.TH FAIRLEAD-AGENT 8 "" "fairlead ${roff(version)}"`,
    '.SH NAME',
    'fairlead\\-agent \\- the agent of a host, and what to do when its hub is gone',
    '.SH SYNOPSIS',
    '.B fairlead\\-agent',
    'verb [options]',
    '.SH VERBS',
    '.TP',
    '.B run',
    sentence(runSays),
    ...each,
    '.SH EXIT STATUS',
    '.TP',
    '.B 0',
    'It went well. Of exec: what the command ended with.',
    ...exits,
    '.SH FILES',
    '.TP',
    '.B /etc/fairlead/policy.json',
    'What the hub may do on this host. Owned by root, written by nobody else.',
    '.TP',
    '.B /var/lib/fairlead',
    'The state of the agent: its key, its hub, its journal, the lock.',
    '',
  ].join('\n')
}
