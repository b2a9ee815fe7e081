import { readFileSync } from 'node:fs'
import { codes, codeOf, FairleadError } from '@fairlead/protocol/errors.ts'
import { jsonLine } from '@fairlead/protocol/line.ts'
import { readConfig, type Config } from './config.ts'
import { waitForOther } from './local.ts'
import { readPin } from './pin.ts'
import { stayQuiet } from './quiet.ts'
import { runAgent } from './run.ts'
import type { Say } from './say.ts'
import { version } from './version.ts'

/** One JSON object a line; control characters cannot break out of it. */
const say: Say = (level, message, facts = {}) => console.log(jsonLine({ time: new Date().toISOString(), level, message, ...facts }))

async function main(argv: readonly string[]): Promise<void> {
  const [verb] = argv
  if (verb === '--version') return console.log(version)
  if (verb === 'run' && argv.length === 1) return run()
  if (verb === '--self-test') {
    const { selfTest } = await import('./updates/self-test.ts')
    selfTest(process.env)
    return console.log(version)
  }
  // Nothing of it is in the memory of an agent that runs.
  const { runCli } = await import('./cli/cli.ts')
  await runCli(version, argv)
}

async function run(): Promise<void> {
  const config = settings()
  if (config.starterStays !== undefined && process.ppid !== config.starterStays) return
  await waitForOther(config.stateDir)
  if (config.joinFile !== undefined && readPin(config.stateDir) === undefined) {
    const { enrol } = await import('./enrol.ts')
    await enrol(config, readFileSync(config.joinFile, 'utf8'), say)
  }
  // Whoever asks again while it stops, as a starter and a service both do, is waiting already.
  let ending: Promise<void> | undefined
  const end = (how: () => void) => void (ending ??= agent.stop().then(how))
  // First: what a compiler once touched of the program stays in memory.
  const quiet = stayQuiet(config)
  const agent = await runAgent(config, say, { restart: () => end(() => beginAnew(config)), onAsked: quiet.asked })
  const stop = () => end(() => process.exit(0))
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  // Whoever started it died: it does not stay behind. A service has nobody of the kind.
  process.once('disconnect', stop)
  endWithStarter(config, stop)
}

/** Said to the starter: it is to look again which program runs. */
const anewExit = 79
const starterMs = 1000

/** As the same process, so that a service or a person keeps what it started; where Node cannot, whoever started it does it again. */
function beginAnew({ starter, starterStays }: Config): void {
  if (starter !== undefined && starterStays === undefined && typeof process.execve === 'function')
    process.execve(starter, [starter, 'run'], process.env as Record<string, string>)
  process.exit(anewExit)
}

/** A starter that was killed begins anew, and two agents of one host would run. Its number is its own word: it may be gone before this looks. */
function endWithStarter({ starterStays }: Config, stop: () => void): void {
  if (starterStays === undefined) return
  const look = () => void (process.ppid !== starterStays && stop())
  look()
  setInterval(look, starterMs).unref()
}

function settings() {
  try {
    return readConfig(process.env)
  } catch (error) {
    console.error((error as Error).message)
    process.exit(78)
  }
}

main(process.argv.slice(2)).catch(async (error: unknown) => {
  // It may quote what a hub said.
  const { clean } = await import('./cli/show.ts')
  console.error(error instanceof FairleadError ? clean(error.message) : error)
  process.exit(codes[codeOf(error)].exit)
})
