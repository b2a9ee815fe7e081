import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { keyWords } from '@fairlead/protocol/join.ts'
import { enrol } from '../enrol.ts'
import type { Cli } from './cli.ts'
import { writeDown } from './host.ts'

export async function run(cli: Cli): Promise<void> {
  const pin = await enrol(cli.config, readFileSync(0, 'utf8'), (_level, message, { reason, inMs } = {}) =>
    cli.warn(`${message}: ${String(reason)} (in ${String(inMs)} ms)`),
  )
  writeDown(cli, { verb: 'enrol', facts: { hub: pin.address.slice(0, 256) } }, 'ok')
  const words = keyWords(createHash('sha256').update(pin.hubKey).digest()).join(' ')
  cli.say(
    { address: pin.address, host: pin.host, hubKeyWords: words },
    () => `Enrolled with ${pin.address} as host ${pin.host}. The hub’s key in words: ${words}.`,
  )
}
