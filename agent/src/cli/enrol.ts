import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { keyWords } from '@fairlead/protocol/join.ts'
import { enrol } from '../enrol.ts'
import type { Pin } from '../pin.ts'
import type { Cli } from './verb.ts'
import { writeDown } from './host.ts'
import { asOwner } from './owner.ts'

export async function run(cli: Cli): Promise<void> {
  const line = readFileSync(0, 'utf8')
  const pin = await asOwner(cli.config.stateDir, () =>
    enrol(cli.config, line, (_level, message, { reason, inMs } = {}) => cli.warn(`${message}: ${String(reason)} (in ${String(inMs)} ms)`)),
  )
  writeDown(cli, { verb: 'enrol', facts: { hub: pin.address.slice(0, 256) } }, 'ok')
  const words = keyWords(createHash('sha256').update(pin.hubKey).digest()).join(' ')
  cli.say({ address: pin.address, host: pin.host, hubKeyWords: words }, () => wordsFor(pin, words))
}

function wordsFor({ address, host }: Pick<Pin, 'address' | 'host'>, words: string): string {
  return `Enrolled with ${address} as host ${host}. The hub’s key in words: ${words}.
The console shows them beside the line. If it shows others, this host follows a hub that is not yours: remove the agent (sudo fairlead-agent uninstall), and take another line from a console that you trust.`
}
