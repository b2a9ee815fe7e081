import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { codes, codeOf, FairleadError } from '@fairlead/protocol/errors.ts'
import { keyWords } from '@fairlead/protocol/join.ts'
import { readConfig } from './config.ts'
import { readPin } from './identity.ts'
import { enrol } from './enrol.ts'
import { runAgent, version, type Say } from './run.ts'

const usage = `fairlead-agent ${version}

  fairlead-agent run        connect to the hub and serve it
  fairlead-agent enrol      join a hub; the join string comes on standard input
  fairlead-agent status     which hub this host belongs to
  fairlead-agent --version
`

/** One JSON object a line; control characters cannot break out of it. */
const say: Say = (level, message, facts = {}) => console.log(JSON.stringify({ time: new Date().toISOString(), level, message, ...facts }))

/** For a person at a terminal. */
const tell: Say = (_level, message, { reason, inMs } = {}) => console.error(`${message}: ${String(reason)} (in ${String(inMs)} ms)`)

async function main(verb: string | undefined): Promise<void> {
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
    case 'run':
      return run()
    default:
      throw new FairleadError('invalid_input', `"${verb}" is no verb of the agent.\n\n${usage}`)
  }

  async function run(): Promise<void> {
    if (config.joinFile !== undefined && readPin(config.stateDir) === undefined)
      await enrol(config, readFileSync(config.joinFile, 'utf8'), say)
    const agent = await runAgent(config, say)
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

function settings() {
  try {
    return readConfig(process.env)
  } catch (error) {
    console.error((error as Error).message)
    process.exit(78)
  }
}

main(process.argv[2]).catch((error: unknown) => {
  console.error(error instanceof FairleadError ? error.message : error)
  process.exit(codes[codeOf(error)].exit)
})
