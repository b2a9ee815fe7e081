import { writeLock } from '../policy/lock.ts'
import { parseTime } from './args.ts'
import type { Cli } from './verb.ts'
import { poke, refuseOthers, whoami, writeDown } from './host.ts'
import { asOwnerNow } from './owner.ts'
import { time } from './show.ts'

export async function run(cli: Cli): Promise<void> {
  const { config, options, say } = cli
  refuseOthers(cli)
  const reason = String(options['reason'] ?? '')
  const forMs = options['for'] === undefined ? undefined : parseTime(String(options['for']))
  // In force with this file: the agent looks before each thing that it does.
  const by = whoami()
  const lock = asOwnerNow(config.stateDir, () => writeLock(config.stateDir, { forMs, reason, by }))
  const until = lock.untilMs === null ? undefined : time(lock.untilMs)
  writeDown(
    cli,
    { verb: 'lock', facts: { ...(reason === '' ? {} : { reason: reason.slice(0, 256) }), ...(until === undefined ? {} : { until }) } },
    'ok',
  )
  const runs = await poke(cli)
  say({ locked: true, untilMs: lock.untilMs, reason, agentRuns: runs }, () =>
    [
      `Locked${until === undefined ? '' : ` until ${until} UTC`}: the hub may only read here, and cannot take that back.`,
      runs ? 'What it had open was ended.' : 'The agent does not run; it will find the lock when it starts.',
      'To open: fairlead-agent unlock',
    ].join('\n'),
  )
}
