import { FairleadError } from '@fairlead/protocol/errors.ts'
import { readPin } from '../pin.ts'
import { poke } from './host.ts'
import type { Cli } from './verb.ts'
import { run as enrol } from './enrol.ts'

export async function run(cli: Cli): Promise<void> {
  if (readPin(cli.config.stateDir) === undefined)
    throw new FairleadError('conflict', 'This host belongs to no hub yet; use: fairlead-agent enrol')
  // Two that are online with one key are a machine and its copy to the hub.
  if (await poke(cli))
    throw new FairleadError('conflict', 'The agent runs. Stop it first, and start it afterwards: systemctl stop fairlead-agent')
  await enrol(cli)
}
