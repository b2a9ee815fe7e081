import { LogsInput } from '@fairlead/protocol/features/containers.ts'
import { parseInput } from '@fairlead/protocol/wire/input.ts'
import type * as z from 'zod/mini'
import { parseCount } from './args.ts'
import type { Cli } from './verb.ts'
import { context, withEngine } from './host.ts'
import { print } from './lines.ts'

export async function run(cli: Cli): Promise<void> {
  const { options, words, json } = cli
  const tail = options['tail'] === undefined ? 200 : parseCount('--tail', String(options['tail']), 1_000_000)
  const input = parseInput({ input: LogsInput }, { id: words[0], follow: options['follow'] === true, tail }) as z.output<typeof LogsInput>
  const leaving = new AbortController()
  process.once('SIGINT', () => leaving.abort())
  await withEngine(cli, (containers) => print(containers.logs(input, context(leaving.signal)), json))
}
