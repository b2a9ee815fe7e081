import { FairleadError } from '@fairlead/protocol/errors.ts'
import { askHub } from '../base/control.ts'
import { readArgs, settingsOfHub, wrongUse } from './ask.ts'

const usage = 'certificate renew [--json]'

interface Ordered {
  readonly untilMs: number
  readonly reason?: string
  readonly detail: string
}

/** Has the authority make a new certificate now: after something was mended, or before its time. */
export async function certificate(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArgs(usage, args, { json: { type: 'boolean', default: false } })
  if (positionals.join(' ') !== 'renew') return wrongUse(usage)
  const { acme, dataDir } = settingsOfHub()
  if (acme === undefined)
    throw new FairleadError('conflict', 'No authority makes this hub’s certificate; FAIRLEAD_ACME_AGREE=1 asks one (docs/operations.md).')
  const done = (await askHub(dataDir, 'renew-certificate', {})) as Ordered | undefined
  if (done === undefined)
    throw new FairleadError('refused', 'No hub runs on this data folder, or it starts or stops; start it, then try again.')
  const until = new Date(done.untilMs).toISOString()
  const text =
    done.reason === undefined ? `The authority made a certificate, good until ${until}.` : `None was made (${done.reason}): ${done.detail}`
  process.stdout.write(`${values.json ? JSON.stringify(done) : text}\n`)
  return done.reason === undefined ? 0 : 1
}
