import { readFileSync } from 'node:fs'
import { codes, FairleadError } from '@fairlead/protocol/errors.ts'
import { verifyFiles, type FileReport } from '../audit/verify-file.ts'
import { readArgs, wrongUse } from './ask.ts'

const usage = `audit verify FILE... [--key KEY] [--witness NOTE]... [--json]

  Looks at exports (NDJSON) and archives (.ndjson.gz) of an audit trail, without a hub: every row against its hash, all of them against
  what was signed, several files against one another. --key: the key from the console, else the file's own is taken at its word.
  --witness: a file with what "fairlead-agent witness" said on a host. Ends with 0 when all is well, with ${codes.conflict.exit} when it is not.
`

/** `audit verify`: needs no hub, no database, no settings. */
export async function auditCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArgs(usage, args, {
    key: { type: 'string' },
    witness: { type: 'string', multiple: true },
    json: { type: 'boolean' },
  })
  const [verb, ...files] = positionals
  if (verb !== 'verify' || files.length === 0) return wrongUse(usage)
  const witnesses = (values.witness ?? []).map((file) => ({ who: file, note: textOf(file) }))
  const reports = await verifyFiles(files, { key: values.key, witnesses })
  const ok = reports.every((report) => report.ok)
  process.stdout.write(values.json === true ? `${JSON.stringify({ ok, files: reports })}\n` : reports.map(tell).join(''))
  return ok ? 0 : codes.conflict.exit
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new FairleadError('not_found', `What a host keeps cannot be read from ${file}.`, { cause })
  }
}

function tell({ file, ok, rows, from, to, signed, checkpoints, problems, key, keyGiven }: FileReport): string {
  const left = to - from + 1 - rows
  const about = `${rows} rows of ${from} to ${to}${left > 0 ? ` (${left} left out)` : ''}, ${checkpoints} checkpoints, signed up to row ${signed}`
  const trust = keyGiven ? '' : `\n  The file itself names the key; compare it with the console, or with what a host keeps:\n  ${key}`
  return `${file}: ${ok ? 'whole' : 'NOT WHOLE'}. ${about}.${problems.map(({ message }) => `\n  ${message}`).join('')}${trust}\n`
}
