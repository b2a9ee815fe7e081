import { FairleadError } from '@fairlead/protocol/errors.ts'
import { forgetLast, readMemory } from '../updates/memory.ts'
import { installed, readSlots, writeSlots } from '../updates/slots.ts'
import type { Cli } from './verb.ts'
import { poke, refuseOthers, writeDown } from './host.ts'
import { asOwner } from './owner.ts'

/** By whoever owns this host, so without a try: the one of before runs, whether or not it finds its hub. */
export async function run(cli: Cli): Promise<void> {
  refuseOthers(cli)
  const { stateDir } = cli.config
  const { now, before, next } = readSlots(stateDir)
  const to = next === '' ? before : now
  if (to === '')
    throw new FairleadError('not_found', 'No agent of before is kept here. To install another one, run the line of its hub’s console.')
  const known = readMemory(stateDir).slots[to]?.version
  await asOwner(stateDir, () => {
    writeSlots(stateDir, { now: to, before: next === '' ? now : before, next: '' })
    forgetLast(stateDir)
  })
  const version = known ?? (to === installed ? 'the one that was installed' : to.slice(0, 12))
  writeDown(cli, { verb: 'rollback', targetName: version }, 'ok')
  const runs = await poke(cli)
  cli.say({ version, agentRuns: runs }, () =>
    [
      `${version} is the agent of this host again.`,
      runs ? 'It starts now.' : 'No agent runs; start it: systemctl restart fairlead-agent',
    ].join('\n'),
  )
}
