import { codes } from '@fairlead/protocol/errors.ts'
import type { Check } from './check.ts'
import type { Cli } from './verb.ts'
import { hubChecks } from './doctor-hub.ts'
import { hostChecks } from './doctor-host.ts'
import { clean } from './show.ts'

const marks = { ok: 'ok     ', warn: 'look   ', failed: 'FAILED ', skipped: '-      ' } as const

export async function run(cli: Cli): Promise<void> {
  const checks = await examine(cli)
  cli.say(checks, () =>
    checks
      .map(({ name, state, detail, mend }) =>
        clean(`${marks[state]}${name.padEnd(10)} ${detail}${mend === undefined ? '' : `\n${' '.repeat(18)}-> ${mend}`}`),
      )
      .join('\n'),
  )
  const failed = checks.find(({ state }) => state === 'failed')
  if (failed !== undefined) cli.exit(codes[failed.code ?? 'bad_upstream'].exit)
}

/** Everything that the agent needs, nearest first. */
export async function examine(cli: Pick<Cli, 'config' | 'version'>): Promise<Check[]> {
  return [...(await hostChecks(cli)), ...(await hubChecks(cli))]
}
