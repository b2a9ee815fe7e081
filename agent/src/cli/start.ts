import { change } from './change.ts'
import type { Cli } from './verb.ts'

export const run = (cli: Cli) => change(cli, 'start')
