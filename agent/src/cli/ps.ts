import type { Cli } from './verb.ts'
import { context, withEngine } from './host.ts'
import { readAll } from './protect.ts'
import { findProtected } from '../policy/protect.ts'
import { table } from './show.ts'

export async function run(cli: Cli): Promise<void> {
  const all = await withEngine(cli, (containers) => containers.list({ all: cli.options['all'] === true }, context()))
  const guarded = readAll(cli)
  const rows = all.map((one) => ({ ...one, protected: findProtected(guarded, one) !== undefined }))
  cli.say(rows, () => {
    if (rows.length === 0)
      return cli.options['all'] === true ? 'No container is here.' : 'No container runs here; --all shows those that are stopped.'
    return table(
      ['NAME', 'ID', 'IMAGE', 'STATUS', 'PORTS'],
      rows.map(({ name, id, image, detail, ports, protected: isGuarded }) => [
        isGuarded ? `${name} (protected)` : name,
        id.slice(0, 12),
        image,
        detail,
        [
          ...new Set(
            ports.filter(({ publicPort = 0 }) => publicPort > 0).map(({ publicPort, privatePort }) => `${publicPort}->${privatePort}`),
          ),
        ].join(' '),
      ]),
    )
  })
}
