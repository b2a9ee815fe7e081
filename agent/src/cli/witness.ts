import { codes, FairleadError } from '@fairlead/protocol/errors.ts'
import { forgetWitness, readWitness } from '../audit/audit.ts'
import type { Cli } from './verb.ts'

/** The note alone goes to standard output: "fairlead-hub audit verify FILE --witness NOTE" takes it as it is. */
export function run({ config: { stateDir }, words: [word], warn, exit }: Cli): void {
  if (word === 'forget') {
    const aside = forgetWitness(stateDir)
    return warn(aside === undefined ? 'There was nothing to forget.' : `Set aside as ${aside}; start the agent again.`)
  }
  if (word !== undefined)
    throw new FairleadError('invalid_input', `"witness ${word}" is no verb of the agent; "witness" and "witness forget" are.`)
  const seen = readWitness(stateDir)
  if (seen === undefined) return warn('This host has seen nothing of an audit trail yet.')
  process.stdout.write(seen.note)
  if (seen.contradiction === null) return
  const { why, atMs, note } = seen.contradiction
  warn(`Since ${new Date(atMs).toISOString()} the hub contradicts it (${why}); it then showed:\n\n${note}`)
  exit(codes.conflict.exit)
}
