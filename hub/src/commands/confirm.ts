import { FairleadError } from '@fairlead/protocol/errors.ts'
import { openOwner } from '../base/owner.ts'
import { confirmEpoch } from '../fleet/epoch.ts'
import { openHubIdentity } from '../fleet/identity.ts'
import { askLine, settingsOfHub, wrongUse } from './ask.ts'
import { writeEverywhere } from './trail.ts'

const confirmUsage = 'confirm [--yes]'

/** After a restore: this hub is the one that acts. */
export async function confirm(args: readonly string[]): Promise<number> {
  if (args.length > 1 || (args[0] !== undefined && args[0] !== '--yes')) wrongUse(confirmUsage)
  const config = settingsOfHub()
  const owner = await openOwner(config)
  try {
    const yes = args[0] === '--yes'
    const question = 'Hosts will follow this hub, and no earlier one with its key any more. Type "confirm" to go on: '
    if (!yes && (await askLine(question)) !== 'confirm') throw new FairleadError('canceled', 'Nothing was changed.')
    const { was } = await owner.sql.begin((db) => confirmEpoch(db, openHubIdentity(config.dataDir)))
    await writeEverywhere(owner, { verb: 'hub.confirm', target: was })
    process.stdout.write('This hub is confirmed: hosts follow it, and no earlier one with its key.\n')
    return 0
  } finally {
    await owner.close()
  }
}
