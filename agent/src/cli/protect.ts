import { FairleadError } from '@fairlead/protocol/errors.ts'
import { followFile } from '../policy/follow.ts'
import {
  findProtected,
  parseProtected,
  protectedFile,
  writeProtected,
  type ContainerNames,
  type ProtectedContainer,
} from '../policy/protect.ts'
import { context, doing, refuseNoContainer, refuseOthers, withEngine } from './host.ts'
import { asOwnerNow } from './owner.ts'
import type { Cli } from './verb.ts'
import { table } from './show.ts'

export async function run(cli: Cli): Promise<void> {
  const all = readAll(cli)
  const [ref] = cli.words
  if (ref === undefined)
    return cli.say(all, () =>
      all.length === 0
        ? 'No container is protected.'
        : table(
            ['NAME', 'ID', 'REASON'],
            all.map(({ id, name, reason }) => [name, id.slice(0, 12), reason]),
          ),
    )
  refuseOthers(cli)
  const { id, name } = await named(cli, ref)
  const one: ProtectedContainer = { id, name, reason: String(cli.options['reason'] ?? '').slice(0, 64) }
  const rest = all.filter((other) => findProtected([other], one) === undefined)
  await doing(cli, { verb: 'protect', target: id, targetName: name, facts: one.reason === '' ? {} : { reason: one.reason } }, () =>
    asOwnerNow(cli.config.stateDir, () => writeProtected(cli.config.stateDir, [...rest, one])),
  )
  cli.say(one, () => `Container ${name} is protected: the hub may look at it, and neither change nor enter it.`)
}

export function readAll({ config }: Pick<Cli, 'config'>): readonly ProtectedContainer[] {
  const all = parseProtected(followFile(protectedFile(config.stateDir), true)())
  if (all !== undefined) return all
  throw new FairleadError(
    'invalid_input',
    `${protectedFile(config.stateDir)} cannot be read, so every container counts as protected. Move it away, and protect them anew.`,
  )
}

/** An engine that is down is no reason to leave a container unprotected: then by the name alone. */
export async function named(cli: Cli, ref: string): Promise<ContainerNames> {
  refuseNoContainer(ref)
  try {
    const { id, name } = await withEngine(cli, (containers) => containers.get({ id: ref }, context()))
    return { id: /^[0-9a-f]{64}$/.test(id) ? id : '', name }
  } catch (error) {
    cli.warn(`${(error as Error).message} It goes by the name "${ref}" alone.`)
    return { id: '', name: ref }
  }
}
