import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { askHub } from '../base/control.ts'
import { createLog } from '../base/log.ts'
import { openOwner, type OwnerConnection } from '../base/owner.ts'
import { openSeal } from '../base/seal.ts'
import { inOneState } from '../backup/backup.ts'
import type { Config } from '../config.ts'
import { sealedColumns } from '../hub.ts'
import { rotateKeys, type RotateInput, type Rotated } from '../secrets/rotate.ts'
import { readArgs, settingsOfHub, wrongUse } from './ask.ts'
import { writeEverywhere } from './trail.ts'

const usage = 'keys rotate [--kek | --kek-file FILE] [--wait] [--json]'

/** New keys for the secrets, while the hub serves or not: data keys, or the one that these are sealed under. */
export async function keys(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArgs(usage, args, options)
  if (positionals.join(' ') !== 'rotate' || (values.kek && values['kek-file'] !== undefined)) return wrongUse(usage)
  const config = settingsOfHub()
  const file = values['kek-file'] === undefined ? undefined : resolve(values['kek-file'])
  if (values.kek && config.kek !== undefined)
    throw new FairleadError(
      'invalid_input',
      'The key encryption key of this hub is where its settings say; make a new one there, give its file with --kek-file, and change the settings afterwards.',
    )
  const owner = await openOwner(config)
  try {
    const all = await inOneState(owner.sql, (db) => db<{ id: string }[]>`SELECT organization_id::text AS id FROM organizations`)
    const input: RotateInput = {
      organizations: all.map(({ id }) => id),
      ...(file === undefined ? {} : { kekFile: file }),
      ...(values.kek ? { ownKek: true } : {}),
    }
    const done = owner.hubRuns ? await online(config, input) : await offline(owner, config, input)
    await writeEverywhere(owner, { verb: 'hub.rotate-keys', target: input.ownKek === true || file !== undefined ? 'kek' : 'data' })
    if (values.wait) await wait(owner, values.json)
    return tell(done, file, values.json)
  } finally {
    await owner.close()
  }
}

const flag = { type: 'boolean', default: false } as const
const options = { kek: flag, 'kek-file': { type: 'string' }, wait: flag, json: flag } as const

async function online({ dataDir }: Config, input: RotateInput): Promise<Rotated> {
  const done = await askHub(dataDir, 'rotate-keys', { ...input })
  if (done === undefined) throw new FairleadError('refused', 'The hub is starting or stopping; try again in a moment.')
  return done as Rotated
}

async function offline({ db }: OwnerConnection, { dataDir, kek, kekOld }: Config, input: RotateInput): Promise<Rotated> {
  const seal = await openSeal({ db, dataDir, log: createLog(), kek, kekOld, columns: sealedColumns })
  try {
    const done = await rotateKeys({ seal, kekPath: join(dataDir, 'kek') }, input)
    // One round now: the rest is done by the hub, which is not in the way of it.
    await seal.tend()
    return done
  } finally {
    await seal.close()
  }
}

/** Until nothing is under an old key: a minute after the last value that is. */
async function wait({ sql }: OwnerConnection, json: boolean): Promise<void> {
  for (let before = -1; ;) {
    const [row] = await inOneState(
      sql,
      (db) => db<{ left: number }[]>`SELECT ((SELECT count(*) FROM data_keys WHERE retired_at IS NOT NULL)
        + (SELECT count(*) FROM hub_keys WHERE retired_at IS NOT NULL))::int AS left`,
    )
    const { left } = row!
    if (left !== before) process.stderr.write(json ? `${JSON.stringify({ left })}\n` : `${left} old keys are still needed\n`)
    if (left === 0) return
    before = left
    await sleep(1000)
  }
}

function tell({ dataKeys, wrapped, before }: Rotated, file: string | undefined, json: boolean): number {
  const kept = before === undefined ? '' : ` The key before it is kept as ${before}: you need it for backups from before.`
  const own = file === undefined ? '' : ` Now make ${file} the hub’s key in its settings (FAIRLEAD_KEK_FILE): it starts with no other.`
  const text =
    wrapped === undefined
      ? `${dataKeys} data keys give way to new ones: new values take these at once, what is there follows within minutes.`
      : `The key encryption key was changed; ${wrapped} data keys are sealed under it.${kept}${own}`
  process.stdout.write(`${json ? JSON.stringify({ dataKeys, wrapped, before }) : text}\n`)
  return 0
}
