import { readConfig, type Config } from '../config.ts'
import { checkOrders } from './doctor-acme.ts'
import { checkDatabase } from './doctor-database.ts'
import { checkMachine, failed, fine, type Finding } from './doctor-machine.ts'
import { wrongUse } from './ask.ts'

/** Looks at everything that a hub needs, changes nothing, and says what mends what is wrong. Ends with 1 when something is. */
export async function doctor(args: readonly string[]): Promise<number> {
  if (args.length > 1 || (args[0] !== undefined && args[0] !== '--json')) wrongUse('doctor [--json]')
  const findings = await lookAtAll()
  const out = args[0] === '--json' ? `${JSON.stringify(findings)}\n` : findings.map(lineOf).join('')
  process.stdout.write(out)
  return findings.some(({ state }) => state === 'failed') ? 1 : 0
}

async function lookAtAll(): Promise<Finding[]> {
  let config: Config
  try {
    config = readConfig(process.env)
  } catch (error) {
    return [failed('settings', (error as Error).message, 'mend the settings named here; README lists them all')]
  }
  const orders = config.acme === undefined ? [] : [await checkOrders(config.dataDir, config.acme)]
  return [fine('settings', 'they can be read'), ...(await checkMachine(config)), ...orders, ...(await checkDatabase(config))]
}

const marks = { ok: 'ok    ', warning: 'warn  ', failed: 'FAILED' }

function lineOf({ name, state, says, mend }: Finding): string {
  return `${marks[state]}  ${name.padEnd(12)}  ${says}\n${mend === '' ? '' : `${' '.repeat(22)}-> ${mend}\n`}`
}
