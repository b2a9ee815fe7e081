import { FairleadError } from '@fairlead/protocol/errors.ts'
import { findProtected, writeProtected } from '../policy/protect.ts'
import type { Cli } from './verb.ts'
import { doing, refuseOthers } from './host.ts'
import { asOwnerNow } from './owner.ts'
import { readAll } from './protect.ts'

export async function run(cli: Cli): Promise<void> {
  refuseOthers(cli)
  const all = readAll(cli)
  const ref = cli.words[0]!
  const found = all.find(
    (one) => findProtected([one], { id: ref, name: ref }) !== undefined || (ref.length >= 12 && one.id.startsWith(ref)),
  )
  if (found === undefined) throw new FairleadError('not_found', `"${ref}" is not protected; "fairlead-agent protect" lists those that are.`)
  await doing(cli, { verb: 'unprotect', target: found.id, targetName: found.name }, () =>
    asOwnerNow(cli.config.stateDir, () =>
      writeProtected(
        cli.config.stateDir,
        all.filter((one) => one !== found),
      ),
    ),
  )
  cli.say(found, () => `Container ${found.name} is no longer protected.`)
}
