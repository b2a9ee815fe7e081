import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { codes, codeOf, FairleadError } from '@fairlead/protocol/errors.ts'
import { keyWords } from '@fairlead/protocol/join.ts'
import { jsonLine } from '@fairlead/protocol/line.ts'
import { readConfig } from './config.ts'
import { readPin } from './identity.ts'
import { enrol } from './enrol.ts'
import { forgetWitness, readWitness } from './audit/audit.ts'
import { stayQuiet } from './quiet.ts'
import { runAgent, type Say } from './run.ts'
import { version } from './version.ts'

const usage = `fairlead-agent ${version}

  fairlead-agent run        connect to the hub and serve it
  fairlead-agent enrol      join a hub; the join string comes on standard input
  fairlead-agent status     which hub this host belongs to
  fairlead-agent witness    what this host saw of its hub's audit trail ("witness forget" begins anew)
  fairlead-agent --version
`

/** One JSON object a line; control characters cannot break out of it. */
const say: Say = (level, message, facts = {}) => console.log(jsonLine({ time: new Date().toISOString(), level, message, ...facts }))

/** For a person at a terminal. */
const tell: Say = (_level, message, { reason, inMs } = {}) => console.error(`${message}: ${String(reason)} (in ${String(inMs)} ms)`)

async function main(verb: string | undefined, word?: string): Promise<void> {
  if (verb === '--version') return console.log(version)
  if (verb === undefined || verb === 'help' || verb === '--help') return console.log(usage)
  const config = settings()
  switch (verb) {
    case 'enrol': {
      const pin = await enrol(config, readFileSync(0, 'utf8'), tell)
      const words = keyWords(createHash('sha256').update(pin.hubKey).digest()).join(' ')
      return console.log(`Enrolled with ${pin.address} as host ${pin.host}. The hub’s key in words: ${words}.`)
    }
    case 'status': {
      const pin = readPin(config.stateDir)
      return console.log(pin === undefined ? 'Not enrolled.' : `Enrolled with ${pin.address} as host ${pin.host}.`)
    }
    case 'witness':
      return showWitness(config.stateDir, word)
    case 'run':
      return run()
    default:
      throw new FairleadError('invalid_input', `"${verb}" is no verb of the agent.\n\n${usage}`)
  }

  async function run(): Promise<void> {
    if (config.joinFile !== undefined && readPin(config.stateDir) === undefined)
      await enrol(config, readFileSync(config.joinFile, 'utf8'), say)
    const agent = await runAgent(config, say)
    stayQuiet(config)
    const stop = async () => {
      await agent.stop()
      process.exit(0)
    }
    process.once('SIGTERM', stop)
    process.once('SIGINT', stop)
    // Whoever started it died: it does not stay behind. A service has nobody of the kind.
    process.once('disconnect', stop)
  }
}

/** The note alone goes to standard output: "fairlead-hub audit verify FILE --witness NOTE" takes it as it is. */
function showWitness(stateDir: string, word: string | undefined): void {
  if (word === 'forget') {
    const aside = forgetWitness(stateDir)
    return console.error(aside === undefined ? 'There was nothing to forget.' : `Set aside as ${aside}; start the agent again.`)
  }
  if (word !== undefined)
    throw new FairleadError('invalid_input', `"witness ${word}" is no verb of the agent; "witness" and "witness forget" are.`)
  const seen = readWitness(stateDir)
  if (seen === undefined) return console.error('This host has seen nothing of an audit trail yet.')
  process.stdout.write(seen.note)
  if (seen.contradiction === null) return
  const { why, atMs, note } = seen.contradiction
  console.error(`Since ${new Date(atMs).toISOString()} the hub contradicts it (${why}); it then showed:\n\n${note}`)
  process.exitCode = codes.conflict.exit
}

function settings() {
  try {
    return readConfig(process.env)
  } catch (error) {
    console.error((error as Error).message)
    process.exit(78)
  }
}

main(process.argv[2], process.argv[3]).catch((error: unknown) => {
  console.error(error instanceof FairleadError ? error.message : error)
  process.exit(codes[codeOf(error)].exit)
})
