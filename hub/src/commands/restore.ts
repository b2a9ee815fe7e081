import { checkBackup, restoreBackup, type Restored } from '../backup/backup.ts'
import { openOwner } from '../base/owner.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { askHidden, askLine, readPassphrase, readArgs, sayProgress, settingsOfHub, wrongUse } from './ask.ts'

const restoreUsage = 'restore FILE [--passphrase-file FILE] [--replace] [--check] [--json]'

const options = {
  'passphrase-file': { type: 'string' },
  replace: { type: 'boolean', default: false },
  check: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const

/** A backup into an empty place, or over what is here; `--check` reads it only. */
export async function restore(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArgs(restoreUsage, args, options)
  const [file, ...more] = positionals
  if (file === undefined || more.length > 0) return wrongUse(restoreUsage)
  const config = settingsOfHub()
  const fromFile = values['passphrase-file']
  let asked: Promise<string> | undefined
  const passphrase = async () =>
    fromFile !== undefined ? readPassphrase(fromFile) : await (asked ??= askHidden('Passphrase of the backup: '))
  const input = {
    file,
    dataDir: config.dataDir,
    kek: config.kek,
    passphrase,
    onProgress: sayProgress(
      values.json,
      ({ step, bytes }: { readonly step: string; readonly bytes: number }) => `${step}: ${Math.round(bytes / 1024)} KiB`,
    ),
  }
  if (values.check) {
    const { key: _key, head: _head, manifest: _manifest, ...found } = await checkBackup(input)
    return tell(found, 'is whole', values.json)
  }
  if (values.replace && (await askLine('Everything in this hub goes, its database and its keys. Type "replace" to go on: ')) !== 'replace')
    throw new FairleadError('canceled', 'Nothing was changed.')
  const owner = await openOwner(config, { alone: true })
  try {
    return tell(await restoreBackup({ ...input, owner: owner.sql, replace: values.replace }), 'was restored', values.json)
  } finally {
    await owner.close()
  }
}

function tell(found: Restored, how: string, json: boolean): number {
  if (json) {
    process.stdout.write(`${JSON.stringify(found)}\n`)
    return 0
  }
  const settings = Object.entries(found.settings).map(([name, value]) => `  ${name}=${value}\n`)
  process.stdout.write(
    `The backup of ${new Date(found.madeMs).toISOString()} ${how}: ${found.rows} rows of ${found.tables} tables and ${found.files} files.\n` +
      (settings.length === 0 ? '' : `The hub that made it was told:\n${settings.join('')}`) +
      (how === 'is whole' ? '' : 'Start the hub; it changes nothing on hosts until you run "fairlead-hub confirm".\n'),
  )
  return 0
}
