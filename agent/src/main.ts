import { readFileSync } from 'node:fs'
import { codes, codeOf, FairleadError } from '@fairlead/protocol/errors.ts'
import { jsonLine } from '@fairlead/protocol/line.ts'
import { readConfig } from './config.ts'
import { readPin } from './identity.ts'
import { enrol } from './enrol.ts'
import { stayQuiet } from './quiet.ts'
import { runAgent, type Say } from './run.ts'
import { version } from './version.ts'

/** One JSON object a line; control characters cannot break out of it. */
const say: Say = (level, message, facts = {}) => console.log(jsonLine({ time: new Date().toISOString(), level, message, ...facts }))

async function main(argv: readonly string[]): Promise<void> {
  const [verb] = argv
  if (verb === '--version') return console.log(version)
  if (verb === 'run' && argv.length === 1) return run()
  // Nothing of it is in the memory of an agent that runs.
  const { runCli } = await import('./cli/cli.ts')
  await runCli(version, argv)
}

async function run(): Promise<void> {
  const config = settings()
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

function settings() {
  try {
    return readConfig(process.env)
  } catch (error) {
    console.error((error as Error).message)
    process.exit(78)
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof FairleadError ? error.message : error)
  process.exit(codes[codeOf(error)].exit)
})
