import { makeBackup, hubVersion, noteBackup, type BackupMade } from '../backup/backup.ts'
import { writeWhole } from '../backup/whole-file.ts'
import { openOwner } from '../base/owner.ts'
import { askHidden, checked, readPassphrase, readArgs, sayProgress, settingsOfHub, wrongUse } from './ask.ts'

const backupUsage = 'backup [FILE|-] [--passphrase | --passphrase-file FILE] [--with-key] [--json]'

const options = {
  passphrase: { type: 'boolean', default: false },
  'passphrase-file': { type: 'string' },
  'with-key': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const

/** All of a hub in one file, while it runs or not. */
export async function backup(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArgs(backupUsage, args, options)
  if (positionals.length > 1) wrongUse(backupUsage)
  const config = settingsOfHub()
  const file = positionals[0] ?? `fairlead-${new Date().toISOString().replaceAll(/[:.]/g, '-')}.backup`
  const fromFile = values['passphrase-file']
  const passphrase =
    fromFile !== undefined
      ? readPassphrase(fromFile)
      : values.passphrase || values['with-key']
        ? checked(await askHidden('Passphrase for the backup: '))
        : undefined
  const owner = await openOwner(config)
  const input = {
    owner: owner.sql,
    dataDir: config.dataDir,
    hub: hubVersion(),
    kek: config.kek,
    passphrase,
    withKey: values['with-key'],
    certificate: { cert: config.tlsCert, key: config.tlsKey },
    settings: config.said ?? {},
    onProgress: sayProgress(
      values.json,
      ({ table, rows, bytes }: { readonly table: string; readonly rows: number; readonly bytes: number }) =>
        `backup: ${rows} rows, ${Math.round(bytes / 1024)} KiB, now ${table}`,
    ),
  }
  try {
    if (file === '-') return tell(await makeBackup(input, process.stdout), file, values.json)
    const made = await writeWhole(file, (out) => makeBackup(input, out))
    await noteBackup(owner.sql, { place: file, bytes: made.bytes })
    return tell(made, file, values.json)
  } finally {
    await owner.close()
  }
}

function tell(made: BackupMade, file: string, json: boolean): number {
  const under = made.under === 'kek' ? 'the key of the secrets; keep a copy of it apart' : 'the passphrase'
  const key = made.withKey ? ' The key of the secrets is in it.' : ' The key of the secrets is not in it.'
  const text = `${file}: ${made.rows} rows of ${made.tables} tables and ${made.files} files, ${Math.ceil(made.bytes / 1024)} KiB. It opens with ${under}.${key}`
  // What is written to "-" is the backup itself.
  const out = file === '-' ? process.stderr : process.stdout
  out.write(`${json ? JSON.stringify({ file, ...made }) : text}\n`)
  return 0
}
