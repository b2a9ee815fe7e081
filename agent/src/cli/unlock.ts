import { removeLock } from '../policy/lock.ts'
import type { Cli } from './verb.ts'
import { poke, refuseOthers, writeDown } from './host.ts'

export async function run(cli: Cli): Promise<void> {
  refuseOthers(cli)
  const was = removeLock(cli.config.stateDir)
  if (was) writeDown(cli, { verb: 'unlock' }, 'ok')
  await poke(cli)
  cli.say({ locked: false, was }, () =>
    was ? 'Unlocked: the policy of this host holds again ("fairlead-agent policy" shows it).' : 'It was not locked.',
  )
}
